"""The people of a publication: its lists, who is on them, segments, imports, suppressions."""
