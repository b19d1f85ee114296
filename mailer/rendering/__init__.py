"""A Document as responsive HTML mail and as plain text. Pure.

Document → ``view`` → the theme's templates → MJML → ``mjml`` → ``inline`` → HTML, and beside it
Document → ``text``. ``render`` is the whole way; ``lint`` reads a theme before it is used.
"""
