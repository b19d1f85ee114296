"""One flag for all processes of a Celery worker: end what you do, and begin nothing new.

A worker that is told to end (SIGTERM, as at a deploy) waits for its children's tasks, and a
sender's task goes on as long as there is work. The flag lies in memory that the children
share with their parent, as it is made before they are.
"""

from __future__ import annotations

import mmap

from celery.signals import worker_shutting_down

_FLAG = mmap.mmap(-1, 1)


def is_stopping() -> bool:
    """Tell whether this worker has been told to end."""
    return _FLAG[0] != 0


@worker_shutting_down.connect
def _raise_flag(**_: object) -> None:
    _FLAG[0] = 1
