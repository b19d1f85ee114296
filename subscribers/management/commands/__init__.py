"""Commands about people, a module each."""
