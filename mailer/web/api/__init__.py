"""What an institution's own programs may ask and tell, as JSON, with a token."""
