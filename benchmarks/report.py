"""What was measured, as a text for the terminal or for docs/performance.md."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PACKAGES: Final = (
    "aque",
    "psycopg",
    "asyncpg",
    "pgqueuer",
    "procrastinate",
    "rq",
    "huey",
    "distributed",
    "hyperqueue",
)
_PROGRAMS: Final = {
    "redis-server": ["redis-server", "--version"],
    "xargs": ["xargs", "--version"],
    "GNU parallel": ["parallel", "--version"],
    "task-spooler": ["tsp", "-V"],
}


@dataclass(frozen=True, slots=True)
class Line:
    """One contestant: a figure for each round; none where it did not take part, and then why."""

    name: str
    values: tuple[float, ...] = ()
    skipped: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def spread(self) -> str:
        return f"{figure(min(self.values))} - {figure(max(self.values))}"


@dataclass(frozen=True, slots=True)
class Table:
    """Contestants in alternating rounds; ratios are to the median of the first, which all are held to."""

    title: str
    unit: str
    lines: Sequence[Line]
    load: tuple[float, float]
    note: str = ""

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Name, median, spread and ratio; of those that were skipped the name and the reason."""
        base = next((line.median for line in self.lines if line.values), 1.0)
        for line in self.lines:
            if line.values:
                yield line.name, figure(line.median), line.spread(), f"{line.median / base:.2f}"
            else:
                yield line.name, f"skipped: {line.skipped}", "", ""


def ahead(table: Table) -> list[str]:
    """The contestants that did better than aque's best, and how many times; none where all are aque's."""
    took_part = [line for line in table.lines if line.values]
    sign = -1 if "less is better" in table.unit else 1
    best = max((line.median * sign for line in took_part if line.name.startswith("aque")), default=None)
    if not best:
        return []
    found = [(line.name, (line.median * sign / best) ** sign) for line in took_part if line.median * sign > best]
    return [f"{name} ({figure(times)} x)" for name, times in found if not name.startswith("aque")]


def figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_text(table: Table) -> str:
    lines = [f"\n{table.title} ({table.unit}); load {table.load[0]:.1f} to {table.load[1]:.1f}"]
    lines += [f"  {name:42} {median:>10}   {spread:22} {ratio:>6}" for name, median, spread, ratio in table.rows()]
    return "\n".join([*lines, *([f"  {table.note}"] if table.note else [])])


def as_markdown(tables: Iterable[Table]) -> str:
    return "\n".join([_HEAD, machine(), "", *(line for table in tables for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.title}\n"
    yield f"In {table.unit}. Load average {table.load[0]:.1f} at the beginning, {table.load[1]:.1f} at the end."
    if table.note:
        yield table.note
    yield f"\n| | median | spread | to {table.lines[0].name} |\n|---|---:|---:|---:|"
    yield from (f"| {name} | {median} | {spread} | {ratio} |" for name, median, spread, ratio in table.rows())
    if better := ahead(table):
        yield f"\nAhead of aque: {'; '.join(better)}."
    yield ""


def machine() -> str:
    """What it ran on, and the versions of all that took part."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    found = [f"{name} {version}" for name in _PACKAGES if (version := _package(name))]
    found += [f"{name} {version}" for name, argv in _PROGRAMS.items() if (version := _program(argv))]
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return (
        f"{os.cpu_count()} cpus ({_cpu()}), {memory:.0f} GiB, {system}, "
        f"Python {platform.python_version()}; PostgreSQL with fsync on. {', '.join(found)}."
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _package(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _program(argv: Sequence[str]) -> str:
    try:
        text = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20).stdout
    except OSError:
        return ""
    words = text.partition("\n")[0].replace("v=", "").split()
    return next((word.strip("v,()") for word in words if word.strip("v,()")[:1].isdigit()), "")


_HEAD: Final = """# Performance

Written by `python -m benchmarks --markdown docs/performance.md`. All contestants of a table take turns in the same run,
round by round, each with the same work; a figure is the median of the rounds, the spread goes from the worst to the
best. What others did on the machine meanwhile is in the spread and in the load average: trust ratios, not figures, and
no ratio beyond what the spreads allow.
"""
