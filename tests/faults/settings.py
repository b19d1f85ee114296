"""Settings in which everything happens as always, only sooner."""

from __future__ import annotations

SETTINGS = {
    "MASTHEAD_SENDERS": "2",
    "MASTHEAD_BATCH_SIZE": "50",
    "MASTHEAD_LEASE": "8s",
    "MASTHEAD_SWEEP": "1s",
    "MASTHEAD_RETRY_DELAYS": "1s,1s,2s",
    "MASTHEAD_DEADLINE": "1h",
}
