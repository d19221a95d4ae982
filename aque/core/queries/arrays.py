"""Arrays as PostgreSQL reads them, written in one go: the driver's own way looks at each element many times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def columns(rows: Sequence[Any], names: Iterable[str]) -> dict[str, list[Any]]:
    """The values of some attributes of all rows, by their names; these the driver writes."""
    return {name: [getattr(row, name) for row in rows] for name in names}


def plain(values: Iterable[object]) -> str:
    """An array of numbers, times or words of an enumeration, some of which may be None."""
    return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"  # nothing else of these has that word


def texts(values: Iterable[str | None]) -> str:
    """An array of texts of any kind, some of which may be None."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
