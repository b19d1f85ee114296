"""A small world to send to: sample people, a mail server that behaves like many, and figures."""
