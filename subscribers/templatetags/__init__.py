"""What the public pages' templates may use."""
