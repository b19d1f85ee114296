"""Test messages: through the same rendering, the same servers and limits, and no ledger."""
