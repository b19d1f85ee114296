"""Masthead's pipeline; the folders read in the order that data takes.

issue file → ``content`` → ``rendering`` → ``message`` → ``subscribers.audience`` → ``dispatch``
→ ``transport`` → ``results``; and back: raw bytes → ``feedback`` → ``subscribers.suppression``.

``content``, ``rendering``, ``message`` and ``transport`` are pure: they know neither the
database nor Celery, nor one another. ``dispatch`` alone knows the order. ``types`` holds the
nouns that flow between stages, ``errors`` everything that can be refused.
docs/architecture.md has the whole map.
"""
