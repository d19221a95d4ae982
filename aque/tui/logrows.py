"""How lines of a log lie in rows of a width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Final, Self

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment

from .loglines import LogLine
from .sgr import plain

_TIME: Final = 14  # cells of the time before a line
_WIDER: Final = "\u0300"  # from here on characters may take other than one cell


@dataclass(frozen=True, slots=True)
class Face:
    """How lines are shown: which streams, whether they go on in the next row, and what stands before them."""

    streams: frozenset[int] = frozenset({0, 1, 2})
    wraps: bool = False
    times: bool = False
    tags: bool = False

    def prefix(self, line: LogLine) -> str:
        """What stands before a line."""
        time = f"{line.at.astimezone():%H:%M:%S.%f}"[:-3] + "  " if self.times else ""
        mark = {1: "", 2: "│ ", 0: ""}[line.stream]
        return time + (f"[{line.key[0]}] " if self.tags else "") + mark

    def room(self, line: LogLine) -> int:
        """The cells of that."""
        return (_TIME if self.times else 0) + (len(f"[{line.key[0]}] ") if self.tags else 0) + (line.stream == 2) * 2


@dataclass(frozen=True, slots=True)
class LogRows:
    """Lines as rows of so many cells; `widest` has the cells of the longest line."""

    lines: Sequence[LogLine] = ()
    face: Face = Face()
    width: int = 1
    widest: int = 0
    _starts: Sequence[int] = (0,)
    """The first row of each line, and how many rows there are."""
    _known: Mapping[tuple[int, int, int], tuple[str, int]] = field(default_factory=dict)
    """Texts of lines, and their cells."""

    @classmethod
    def of(cls, lines: Iterable[LogLine], face: Face, width: int, before: LogRows) -> Self:
        """Those lines that are to be shown; what was measured before is known."""
        shown = [each for each in lines if each.stream in face.streams]
        known = {each.key: _measured(each, before._known.get(each.key)) for each in shown}
        cells = [face.room(each) + known[each.key][1] for each in shown]
        rows = (
            len(starts(_whole(line, face), width)) if face.wraps and size > width else 1
            for line, size in zip(shown, cells, strict=True)
        )
        widest = width if face.wraps else max(cells, default=0)
        return cls(shown, face, width, widest, (0, *accumulate(rows)), known)

    def __len__(self) -> int:
        return self._starts[-1]

    def line_at(self, row: int) -> int:
        """The line that a row belongs to; their number, behind the last."""
        return bisect_right(self._starts, row) - 1

    def row_of(self, line: int) -> int:
        """The first row of a line."""
        return self._starts[line]

    def place_of(self, key: tuple[int, int, int] | None) -> int | None:
        """The first line of a key; None where it is not there."""
        places = (index for index, each in enumerate(self.lines) if each.key == key)
        return None if key is None else next(places, None)

    def key_at(self, line: int | None) -> tuple[int, int, int] | None:
        """The key of a line, where there is one."""
        return self.lines[line].key if line is not None and line < len(self.lines) else None

    def find(self, is_sought: Callable[[str], bool], first: int, *, backwards: bool) -> int | None:
        """The next line that is sought, from one on."""
        places = range(first, -1, -1) if backwards else range(first, len(self.lines))
        return next((index for index in places if is_sought(self.lines[index].text)), None)

    def span(self, row: int) -> tuple[int, int | None]:
        """Where in its line a row begins and ends, in characters of what is shown of that."""
        line = self.line_at(row)
        found = _starts_again(_whole(self.lines[line], self.face), self.width)
        place = row - self._starts[line]
        return found[place], found[place + 1] if place + 1 < len(found) else None


def _measured(line: LogLine, known: tuple[str, int] | None) -> tuple[str, int]:
    """The text of a line, and its cells, as they are known or anew."""
    if known and known[0] == line.text:
        return known
    shown = plain(line.text)
    return line.text, len(shown) if shown.isascii() else cell_len(shown)


def _whole(line: LogLine, face: Face) -> str:
    return face.prefix(line) + plain(line.text)


def starts(text: str, width: int) -> Sequence[int]:
    """The characters at which the rows of a line begin: none that is put over the one before it."""
    if max(text, default="") < _WIDER:
        return range(0, max(1, len(text)), width)
    found, at, room = [0], 0, width
    for each in _letters(text):
        size = cell_len(each)
        if size > room:
            found.append(at)
            room = width
        at += len(each)
        room -= size
    return found


_starts_again: Final = lru_cache(maxsize=8)(starts)
"""The rows of a long line are painted one by one."""


def _letters(text: str) -> Iterator[str]:
    """Characters, each with those after it that take no cell of their own."""
    letter = ""
    for each in text:
        if letter and get_character_cell_size(each):
            yield letter
            letter = ""
        letter += each
    yield letter


def cut(segments: Iterable[Segment], start: int, end: int | None) -> Iterator[Segment]:
    """What stands between two characters. (Cut at cells, what takes none would be in both parts, or in neither.)"""
    at = 0
    for text, style, _ in segments:
        part = text[max(0, start - at) : None if end is None else max(0, end - at)]
        if part:
            yield Segment(part, style)
        at += len(text)
