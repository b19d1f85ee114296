"""People from files: read in bounds, mapped, judged row by row, written in bulk, resumable."""
