"""Finding people by a part of their name or address, among a million of them.

``trigrams`` is the index and what keeps it true, ``entering`` fills it behind the imports,
``finding`` asks it. PostgreSQL alone: SQLite is for fewer people, and reads them all.
"""
