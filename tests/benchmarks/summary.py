"""Some milliseconds as the few figures that are told of them."""

from __future__ import annotations

import math


def summarise(times: list[float]) -> dict[str, float]:
    """Return the percentiles of some milliseconds."""
    ordered = sorted(times)

    def percentile(share: float) -> float:
        return round(ordered[max(math.ceil(share * len(ordered)) - 1, 0)], 1)

    return {
        "requests": len(ordered),
        "p50_ms": percentile(0.5),
        "p95_ms": percentile(0.95),
        "p99_ms": percentile(0.99),
        "max_ms": round(ordered[-1], 1),
    }
