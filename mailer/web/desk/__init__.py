"""The desk: where editors make an issue, send it, and read what became of it."""
