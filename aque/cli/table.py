"""Aligned columns for people: measured as terminals draw them, and with nothing in them that a terminal obeys."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import click

from ..core.text import clean

_GAP: Final = "  "
_LEAST: Final = 12  # cells of a flexible column that is cut


@dataclass(frozen=True)
class Column:
    """A column; a flexible one is cut where the terminal is too narrow. One without content is left out."""

    header: str
    is_number: bool = False
    is_flexible: bool = False


@dataclass(frozen=True)
class Cell:
    """A text and how it is to look: the arguments of click.style."""

    text: str
    color: str | None = None
    is_dim: bool = False


def render(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], width: int | None) -> list[str]:
    """Lines of a table, the header first; no wider than `width` cells, if that can be."""
    cleaned = [[Cell(clean(cell.text), cell.color, cell.is_dim) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place].text for row in cleaned)]
    shown = [columns[place] for place in used]
    head = [Cell(column.header, is_dim=True) for column in shown]
    body = [head, *([row[place] for place in used] for row in cleaned)]
    widths = _widths(shown, body, width)
    return [_line(shown, row, widths) for row in body]


def _widths(columns: Sequence[Column], body: Sequence[Sequence[Cell]], width: int | None) -> list[int]:
    widths = [max(cells(row[place].text) for row in body) for place in range(len(columns))]
    if width is None:
        return widths
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for place in reversed(range(len(columns))):
        if columns[place].is_flexible and over > 0:
            cut = min(over, max(widths[place] - _LEAST, 0))
            widths[place] -= cut
            over -= cut
    return widths


def _line(columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int]) -> str:
    parts = [_padded(column, cell, width) for column, cell, width in zip(columns, row, widths, strict=True)]
    return _GAP.join(parts).rstrip()


def _padded(column: Column, cell: Cell, width: int) -> str:
    text = cut(cell.text, width)
    space = " " * (width - cells(text))
    styled = click.style(text, fg=cell.color, dim=cell.is_dim or None) if text and (cell.color or cell.is_dim) else text
    return space + styled if column.is_number else styled + space


def cells(text: str) -> int:
    """How many cells of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """A text of at most so many cells; … stands for what is cut off."""
    if cells(text) <= width:
        return text
    room, kept = width - 1, ""
    for char in text:
        if (room := room - _cell(char)) < 0:
            break
        kept += char
    return f"{kept}…"
