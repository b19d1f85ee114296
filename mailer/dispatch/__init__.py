"""The pipeline's conductor: it alone knows in which order the stages run."""
