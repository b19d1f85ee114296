"""Rendering and compiling an edition once, in all its variants, for every worker."""
