"""From work to a figure."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..rounds import Go


def rate(work: Callable[[], float]) -> Go:
    """Tasks a second; `work` returns how many it did."""

    def go() -> float:
        started = time.perf_counter()
        count = work()
        return count / (time.perf_counter() - started)

    return go
