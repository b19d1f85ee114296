"""What the pages of the desk write in their own way."""
