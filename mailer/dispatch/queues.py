"""Every queue that wake-up calls travel through."""

from __future__ import annotations

DEFAULT = "default"
"""Planning, sweeping, reading what came back: short work for one worker."""

SEND = "send"
"""Sending batches: as many workers as the receiving servers bear."""
