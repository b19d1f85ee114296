"""People to files: chosen by list, state and segment, streamed, harmless to spreadsheets."""
