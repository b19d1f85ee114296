"""Every fault by its name, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults import cells, clocks, disk, hands, kills, rivals, stores
from tests.faults.row import Effort, Row
from tests.faults.scene import Scene

Act = Callable[[Scene, Effort], Row]
ACTS: dict[str, Act] = {
    "kill": kills.kill_senders,
    "deploy": kills.deploy,
    "pause": hands.pause,
    "cancel": hands.cancel,
    "unsubscribe": hands.unsubscribe,
    "schedulers": rivals.run_two_schedulers,
    "click": rivals.click_twice,
    "lease": rivals.stop_past_lease,
    "database": stores.stop_database,
    "redis-flushed": stores.flush_redis,
    "redis-killed": stores.kill_redis,
    "redis-full": stores.fill_redis,
    "late": clocks.find_too_late,
    "clock": clocks.move_clocks,
    "cells": cells.try_cells,
    "late-reply": cells.try_late_and_cut,
    "disk": disk.fill_disk,
}
