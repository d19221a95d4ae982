"""How many small tasks to hand over at once."""

from typing import Any

LARGEST = 64  # tasks that one process is given at most
MOST = 1000  # kinds of tasks that are known at a time
AHEAD = 0.02  # seconds of work to hand over at once


class Batches:
    """Knows how long tasks took lately, by what they have in common."""

    def __init__(self) -> None:
        """Take tasks of which nothing is known for long ones."""
        self._average: dict[Any, float] = {}

    def learn(self, key: Any, seconds: float) -> None:
        """One took so long."""
        average = self._average.pop(key, 1.0)
        if len(self._average) >= MOST:
            del self._average[next(iter(self._average))]  # of which nothing was heard for longest
        self._average[key] = average + (seconds - average) * 0.5

    def size(self, key: Any) -> int:
        """How many a process may have."""
        return max(1, min(LARGEST, int(AHEAD / max(self._average.get(key, 1.0), 1e-6))))
