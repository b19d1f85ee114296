"""People and their consent: who may be written to, why, and who must not be."""
