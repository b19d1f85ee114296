"""Sign-off at the desk: the chain, whose turn it is, what was changed, and what was said."""
