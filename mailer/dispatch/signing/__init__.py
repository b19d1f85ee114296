"""Sign-off: who must sign an edition, who did, and what may not leave without it."""
