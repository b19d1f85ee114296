"""Commands: thin, each calling the stages."""
