"""Masthead's own Celery application on a clock that is wrong by MASTHEAD_ASTRAY seconds.

What time it is changes for everything in the process; how long something takes does not.
"""

from __future__ import annotations

import datetime as dt
import os

import time_machine

OFF_SECONDS = "MASTHEAD_ASTRAY"
_off = dt.timedelta(seconds=float(os.environ[OFF_SECONDS]))
time_machine.travel(dt.datetime.now(tz=dt.UTC) + _off, tick=True).start()

from mailer.celery import app  # noqa: E402 - the clock is wrong before anything else looks at it

__all__ = ["app"]
