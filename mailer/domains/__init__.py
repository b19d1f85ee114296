"""What the world's name servers say about a sender, and what receivers will make of it."""
