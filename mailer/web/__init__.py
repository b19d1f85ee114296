"""What the web shows of issues and mailings: the public archive, the pictures, the admin."""
