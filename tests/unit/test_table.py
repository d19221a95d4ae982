"""Tables for people: aligned in cells, cut to the terminal, and safe."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.cli.table import Cell, Column, cells, cut, render

COLUMNS = [
    Column("ID", is_number=True),
    Column("NAME", is_flexible=True),
    Column("NOTE"),
    Column("CMD", is_flexible=True),
]


def table(width: int | None, *rows: tuple[str, ...]) -> list[str]:
    return render(COLUMNS, [[Cell(text) for text in row] for row in rows], width)


def plain(lines: list[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def test_wide_characters_keep_columns_aligned_and_empty_columns_are_left_out() -> None:
    assert plain(table(None, ("1", "日本", "", "x"), ("22", "e\u0301t", "", "y"))) == [
        "ID  NAME  CMD",
        " 1  日本  x",
        "22  e\u0301t    y",
    ]


def test_the_last_flexible_column_is_cut_first() -> None:
    name, command = "n" * 20, "c" * 30
    assert plain(table(40, ("1", name, "", command)))[1] == f" 1  {name}  {'c' * 13}…"
    assert plain(table(30, ("1", name, "", command)))[1] == f" 1  {'n' * 11}…  {'c' * 11}…"


@pytest.mark.parametrize("hostile", ["\x1b[31m", "a\nb", "\x9b2J", "\u202edcba", "\r", "\x07"])
def test_nothing_that_a_terminal_obeys_is_left(hostile: str) -> None:
    lines = plain(table(None, ("1", hostile, "", "x")))
    assert all(line.isprintable() for line in lines)


@given(st.text(), st.integers(1, 20))
def test_what_is_cut_fits(text: str, width: int) -> None:
    assert cells(cut(text, width)) <= max(width, 1)


@given(st.lists(st.tuples(*[st.text(max_size=30)] * 4), min_size=1, max_size=4), st.integers(60, 80))
def test_all_lines_fit_where_the_fixed_columns_do(rows: list[tuple[str, ...]], width: int) -> None:
    short = [(row[0][:1], row[1], row[2][:1], row[3]) for row in rows]
    assert all(cells(line) <= width for line in plain(table(width, *short)))
