"""An issue file and the Document that it says, in both directions. Pure."""
