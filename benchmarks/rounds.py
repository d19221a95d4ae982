"""Turns: each contestant once a round, so that what else the machine does hits all alike."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from .house import House
from .report import Line, Table

Go = Callable[[], float]
Open = Callable[[House], AbstractContextManager[Go]]
LESS_IS_MORE: Final = "milliseconds, less is better"


@dataclass(frozen=True, slots=True)
class Contestant:
    """`open` makes it ready; what that yields does the work once, and returns the figure."""

    name: str
    open: Open
    modules: Sequence[str] = ()
    programs: Sequence[str] = ()

    def lacks(self) -> str:
        """What it needs that is not installed here."""
        modules = [name for name in self.modules if importlib.util.find_spec(name) is None]
        return ", ".join(modules + [name for name in self.programs if not shutil.which(name)])


def compete(
    house: House, title: str, unit: str, contestants: Sequence[Contestant], rounds: int, note: str = ""
) -> Table:
    """Rounds of all that are installed here; one that fails is named with its error, and the others go on."""
    before, values, failed = os.getloadavg()[0], {each.name: list[float]() for each in contestants}, dict[str, str]()
    failed |= {each.name: f"not installed: {missing}" for each in contestants if (missing := each.lacks())}
    for _ in range(rounds):
        for each in contestants:
            if each.name not in failed:
                try:
                    values[each.name].append(_once(each, house))
                except Exception as error:  # a peer's own failure is part of the picture, and ends nobody else's round
                    failed[each.name] = f"{type(error).__name__}: {error}".partition("\n")[0][:120]
    lines = [
        Line(name, tuple(found) if name not in failed else (), failed.get(name, "")) for name, found in values.items()
    ]
    return Table(title, unit, lines, (before, os.getloadavg()[0]), note)


def _once(contestant: Contestant, house: House) -> float:
    """Nothing of one runs while another does its work."""
    with contestant.open(house) as go:
        return go()
