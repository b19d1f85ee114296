"""Ways out: which mail server, the connections to it, and the keys that sign."""
