"""What became of each message: outcomes into the ledger, and the ledger into figures."""
