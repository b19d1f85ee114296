"""What is counted while a mailing is sent, and what pauses it."""
