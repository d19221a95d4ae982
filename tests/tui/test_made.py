"""Rows that are made when they are looked at."""

from __future__ import annotations

from aque.tui.made import Made
from aque.tui.widgets.column import Row


def test_only_what_is_looked_at_is_made_and_once() -> None:
    """Else two screens of rows that nobody sees are made ten times a second."""
    made: list[int] = []

    def make(key: int, thing: str) -> Row:
        made.append(key)
        return Row({"name": thing})

    rows = Made({1: "one", 2: "two", 3: None}, make)
    assert (1 in rows, 4 in rows, len(rows), made) == (True, False, 3, [])
    assert rows.get(2) == Row({"name": "two"})
    assert rows.get(2) is rows[2]
    assert (rows.get(3), rows.get(4)) == (None, None)
    assert made == [2]
