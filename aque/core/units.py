"""Quantities as people write them: memory, durations, cpus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from .errors import UsageError

Number = TypeVar("Number", int, float)
_UNIT: Final = re.compile("([KMGTP])$")
_NUMBER: Final = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-zA-Z]*)\s*")
_MEMORY: Final = {
    "": 1,
    "b": 1,
    **{letter: 1024**power for power, letter in enumerate("kmgtp", 1)},
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgtp", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgtp", 1)},
}
_MOST_MEMORY: Final = 2.0**63
_SECONDS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def parse_memory(value: float | str) -> int:
    """Bytes from a number or a text such as `8MB` (millions), `1.5GiB` or `4G` (powers of 1,024, as htop shows them).

    Raises UsageError for a text that is no amount of memory.
    """
    if isinstance(value, int | float):
        return int(_within("memory", value, _MOST_MEMORY))
    match = _NUMBER.fullmatch(value)
    if not match or match[2].lower() not in _MEMORY:
        raise UsageError(f"not an amount of memory: {value!r} (write 512M, 8MB or 1.5GiB)")
    return int(_within("memory", float(match[1]) * _MEMORY[match[2].lower()], _MOST_MEMORY))


def parse_duration(value: float | str) -> float:
    """Seconds from a number or a text such as `90`, `1.5h` or `2h30m`.

    Raises UsageError for a text that is no duration.
    """
    if isinstance(value, int | float):
        return _real("duration", float(value))
    seconds, position = 0.0, 0
    while match := _NUMBER.match(value, position):
        if match[2].lower() not in _SECONDS:
            break
        seconds += float(match[1]) * _SECONDS[match[2].lower()]
        position = match.end()
    if not value.strip() or position < len(value):
        raise UsageError(f"not a duration: {value!r} (write 90, 1.5h or 2h30m)")
    return _real("duration", seconds)


def _within(what: str, value: Number, most: float) -> Number:
    if not 0 <= value < most:
        raise UsageError(f"{what} must be a number from 0 to {most:.2g}: {value}")
    return value


def _real(what: str, value: float) -> float:
    """What the broker can keep of a number in four bytes; what is next to nothing there is 0."""
    return _within(what, value, 1e38) if not 0 < value < 1e-37 else 0.0


@dataclass(frozen=True, slots=True)
class Cpus:
    """A demand for cpus: a number of them, or the `share`-th part of whichever host runs the task."""

    count: float = 1.0
    share: int = 0

    @classmethod
    def parse(cls, value: float | str | Cpus) -> Cpus:
        """From `2`, `0.5` or `"/4"`; raises UsageError for anything else."""
        if isinstance(value, Cpus):
            return value
        try:
            if isinstance(value, str) and value.startswith("/"):
                return cls(0.0, _share(int(value[1:])))
            return cls(_real("cpus", float(value)))
        except ValueError:
            raise UsageError(f"not a number of cpus: {value!r} (write 2, 0.5 or /4)") from None

    def on(self, host_cpus: float) -> float:
        """How many cpus this is on a host that has `host_cpus`."""
        return host_cpus / self.share if self.share else self.count

    def __str__(self) -> str:
        return f"/{self.share}" if self.share else f"{self.count:g}"


def _share(number: int) -> int:
    if not 1 <= number < 2**31:
        raise ValueError
    return number


def show_memory(count: float) -> str:
    """Bytes as people read them, in powers of 1,024 and three digits: `1.5G`."""
    power = 0
    while count >= 1023.5 and power < 5:
        count, power = count / 1024, power + 1
    return f"{count:.{0 if count >= 99.5 else 3}{'f' if count >= 99.5 else 'g'}}{' KMGTP'[power].strip()}"


def write_memory(count: int) -> str:
    """Bytes as `parse_memory` reads the same number from them: `1.5G`, or the number where that would not be exact."""
    shown = show_memory(count)
    return shown if parse_memory(shown) == count else str(count)


def tell_memory(*counts: int) -> tuple[str, ...]:
    """Amounts in a sentence, such as `1.2 GiB`; in bytes where they would read alike."""
    told = tuple(_UNIT.sub(r" \1iB", show_memory(count)) if count >= 1023.5 else f"{count} bytes" for count in counts)
    return told if len(set(told)) == len(set(counts)) else tuple(f"{count:,} bytes" for count in counts)


_PAIRS: Final = ((3600, "m", 60, "s", 1), (86400, "h", 3600, "m", 60), (float("inf"), "d", 86400, "h", 3600))


def show_duration(seconds: float) -> str:
    """Seconds as people read them, in the two largest units: `45s`, `3m20s`, `2h05m`, `4d07h`."""
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{round(seconds, 1):g}s" if 0 < seconds < 9.95 else f"{whole}s"
    large, size, small, step = next(pair[1:] for pair in _PAIRS if whole < pair[0])
    return f"{whole // size}{large}{whole % size // step:02}{small}"


def show_units(amounts: Mapping[str, int]) -> str:
    """Units of named limits as they are given: `gpu,licence=2`."""
    return ",".join(name if amount == 1 else f"{name}={amount}" for name, amount in amounts.items())
