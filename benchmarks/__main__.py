"""aque beside others, all in the same run.

    python -m benchmarks [NAME…] [--rounds 5] [--scale 1.0] [--markdown docs/performance.md]

Without names: queues, tools, latency, graphs, clients, depth and submits. Any other module
of this folder can be named as well; it is then run by itself.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .house import House, house
from .report import Table, as_markdown, as_text, machine

MEASURES: Final = ("queues", "tools", "latency", "graphs", "clients", "depth", "submits")
_HELPERS: Final = {"__main__", "house", "demands", "rounds", "report", "peers", "bare"}


@dataclass(frozen=True, slots=True)
class Asked:
    """How many rounds, and by what all counts are multiplied."""

    rounds: int
    scale: float

    def count(self, usual: int) -> int:
        return max(int(usual * self.scale), 10)


def _arguments() -> argparse.Namespace:
    others = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])} - _HELPERS
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(sorted(others)))
    parser.add_argument("--rounds", type=int, default=5, help="how often all take their turns")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="multiplies the counts of all but queues and tools: 0.1 for a quick look",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there as well")
    asked = parser.parse_args()
    if unknown := set(asked.names) - others:
        parser.error(f"no such measure: {', '.join(sorted(unknown))} (known: {', '.join(sorted(others))})")
    return asked


def _tables(names: list[str], asked: Asked) -> Iterator[Table]:
    with house() as shared:
        for name in names:
            measure: Callable[[House, Asked], Iterator[Table]] = importlib.import_module(f"benchmarks.{name}").measure
            for table in measure(shared, asked):
                print(as_text(table), flush=True)
                yield table


def main() -> None:
    given = _arguments()
    names = given.names or list(MEASURES)
    for name in (each for each in names if each not in MEASURES):
        sys.argv = [name]
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    if chosen := [name for name in names if name in MEASURES]:
        print(machine(), flush=True)
        tables: list[Table] = []
        for table in _tables(chosen, Asked(given.rounds, given.scale)):
            tables.append(table)
            if given.markdown:  # each time: a long run may be broken off
                given.markdown.write_text(as_markdown(tables))


if __name__ == "__main__":
    main()
