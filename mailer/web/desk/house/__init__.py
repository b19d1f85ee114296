"""Setting a publication up: who sends it, who works on it, its domain, its mail servers."""
