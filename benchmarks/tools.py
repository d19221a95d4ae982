"""`true` two at once, through aque and through tools that run commands."""

from __future__ import annotations

from collections.abc import Iterator

from .__main__ import Asked
from .house import House
from .peers import ours, tools
from .report import Table
from .rounds import Contestant, compete


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Rates beside those of xargs, which is the limit: it keeps nothing."""
    parallel = ["parallel", "-j2", "true"]
    contestants = [
        Contestant("xargs -P2 -n1", tools.lines(2000, ["xargs", "-P2", "-n1", "true"]), (), ["xargs"]),
        Contestant("aque", ours.commands(1000)),
        Contestant("GNU parallel -j2", tools.lines(200, parallel), (), ["parallel"]),
        Contestant("task-spooler -S 2", tools.spooler(200), (), ["tsp"]),
        Contestant("HyperQueue", tools.hyperqueue(500), ["hyperqueue"]),
    ]
    yield compete(house, "Commands, two at once", "tasks a second, more is better", contestants, asked.rounds)
