"""What the first line of the head has room for: the tabs' titles, the broker's name and how much of it, the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rich.cells import cell_len

_URL: Final = re.compile(r"\w+://(?:[^@/]*@)?(?P<host>[^/?]*)/?(?P<rest>[^?]*)")
_CLOCK: Final = 8
_SIGN: Final = 6
_EDGES: Final = 2
_APART: Final = 4  # cells around the name


@dataclass(frozen=True, slots=True)
class Look:
    """How the line is laid out; `has_titles`: also of the tabs that are not open."""

    name: str
    has_sign: bool
    has_titles: bool
    has_clock: bool
    gap: int
    """Cells between two tabs."""

    def room(self, width: int, tabs: Sequence[str], remark: str) -> int:
        """The cells that it leaves for the broker's name beside tabs such as `1 Tasks`."""
        keys = [tab if self.has_titles else tab.partition(" ")[0] for tab in tabs]
        here = 0 if self.has_titles else max(map(cell_len, tabs), default=0)
        told = sum(map(cell_len, keys)) + here + self.gap * len(tabs)
        beside = cell_len(remark) + bool(remark) + self.has_sign * _SIGN + self.has_clock * _CLOCK
        return width - told - beside - _EDGES - _APART


LOOKS: Final = (
    Look("roomy", True, True, True, 2),
    Look("close", False, True, True, 1),
    Look("narrow", True, False, True, 2),
    Look("tiny", False, False, False, 1),
)
"""The roomiest first, which is not for the shortest forms of a name."""


def chosen(width: int, tabs: Sequence[str], place: str, remark: str) -> tuple[Look, str]:
    """How the line is laid out, and as what the broker is named in it; not at all where no form fits."""
    for look in LOOKS:
        room = look.room(width, tabs, remark)
        for form in islice(forms(place), 2 if look is LOOKS[0] else None):
            if cell_len(form) <= room:
                return look, form
    return LOOKS[-1], ""


def forms(place: str) -> Iterator[str]:
    """A broker's URL, and what of it tells brokers apart, ever shorter."""
    yield place
    if found := _URL.match(place):
        host, rest = found["host"], found["rest"]
        name = host.partition(":")[0]
        label = name if name.replace(".", "").isdecimal() else name.partition(".")[0]
        yield from (f"{each}/{rest}".removesuffix("/") for each in (host, name, label))
    elif "/" in place:
        last = place.rstrip("/").rpartition("/")[2]
        yield f"{place.partition(':')[0]}:…/{last}"
        yield f"…/{last}"
