"""A worker at its work: messages are merged, handed over and recorded."""
