"""Who is written to, and when: the audience is written to the ledger, in waves."""
