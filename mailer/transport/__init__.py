"""Handing messages to a mail server and saying what became of each. Pure: no database."""
