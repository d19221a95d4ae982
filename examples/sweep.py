"""A parameter sweep: the same descent with many settings, each a task, and one task that keeps the best of them all.

The tasks are small and many, so they share warm processes (`isolation="shared"`). What the last one returns is the only
result that travels back here.

    python examples/sweep.py
"""

from __future__ import annotations

import sys
from itertools import product

import aque

Run = tuple[float, float, float]
"""How far from the minimum it ended, its rate, and its momentum."""

RATES = [step / 10000 for step in range(1, 13)]
MOMENTA = [0.0, 0.5, 0.8, 0.9, 0.95]


def descend(rate: float, momentum: float, steps: int = 400) -> Run:
    """Walk down Rosenbrock's valley, whose lowest point is (1, 1)."""
    x, y, along_x, along_y = -1.0, 1.0, 0.0, 0.0
    for _ in range(steps):
        slope_x = -2 * (1 - x) - 400 * x * (y - x * x)
        slope_y = 200 * (y - x * x)
        along_x, along_y = momentum * along_x - rate * slope_x, momentum * along_y - rate * slope_y
        x, y = max(-9.0, min(9.0, x + along_x)), max(-9.0, min(9.0, y + along_y))
    return (x - 1) ** 2 + (y - 1) ** 2, rate, momentum


def better(one: Run, other: Run) -> Run:
    """The one that came nearer."""
    return min(one, other)


def main() -> int:
    queue = aque.Queue("sweep", isolation="shared")
    grid = list(product(RATES, MOMENTA))
    runs = [{"func": descend, "args": each, "name": "descend {} {}".format(*each)} for each in grid]
    (best,) = queue.submit_many([{"pattern": "reduce", "func": better, "dependencies": runs, "name": "best"}])
    aque.Worker(queue.broker, queues=[queue.name]).run(until_empty=True)
    distance, rate, momentum = best.result()
    print(f"{len(grid)} settings tried; the best: rate {rate}, momentum {momentum}, {distance:.6f} from the minimum")
    return 0 if (distance, rate, momentum) == min(descend(*each) for each in grid) else 1


if __name__ == "__main__":
    sys.exit(main())
