"""How fast messages may leave, for all workers together."""
