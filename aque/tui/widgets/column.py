"""Columns as data, and how much of a line each one gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.cells import cell_len, set_cell_size

GAP: Final = 2  # cells between two columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `width` cells, which takes `grow` parts of what a line has left.

    Where a line is too short for all, those of the lowest `rank` come first, and what fits beside them. `toned` columns
    are painted in the tone of their row. `sort`: the name of the field that orders by it, where one does.
    """

    name: str
    title: str
    width: int
    grow: int = 0
    rank: int = 0
    right: bool = False
    toned: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What a line shows, by column, the tone that it is painted in, and whether it has a mark."""

    cells: Mapping[str, str] = field(default_factory=dict)
    tone: str = ""
    marked: bool = False


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that have room in a line of `width` cells, with the width of each."""
    found: list[Column] = []
    for each in sorted(columns, key=lambda each: each.rank):
        if not found or _needed([*found, each]) <= width:
            found.append(each)
    kept = [each for each in columns if each in found]
    spare = max(0, width - _needed(kept))
    parts = sum(each.grow for each in kept)
    shares = [spare * each.grow // parts if parts else 0 for each in kept]
    growing = [index for index, each in enumerate(kept) if each.grow]
    if growing:
        shares[growing[-1]] += spare - sum(shares)
    return [(each, each.width + share) for each, share in zip(kept, shares, strict=True)]


def cell(text: str, width: int, right: bool = False) -> str:
    """A text that takes exactly `width` cells: filled up, or cut with an ellipsis."""
    missing = width - cell_len(text)
    if missing < 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return " " * missing + text if right else text + " " * missing


def _needed(columns: Sequence[Column]) -> int:
    return sum(each.width for each in columns) + GAP * (len(columns) - 1)
