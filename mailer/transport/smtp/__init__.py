"""SMTP (RFC 5321): what replies mean, and the session that gets them."""
