"""What Masthead brings itself where no servers are configured: Redis, and its own processes."""
