"""What is found in an edition before it is sent, and how its links answer."""
