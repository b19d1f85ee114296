"""What is kept of an issue: its editions, and the pictures that they show."""
