"""A rendered issue as a MIME message, compiled once and joined per recipient. Pure."""
