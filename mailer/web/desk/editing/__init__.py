"""Writing an issue at the desk: parts, their forms, their history, and what becomes of them."""
