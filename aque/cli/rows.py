"""What is the whole farm's, as lists: a table for people, a JSON object a line for programs; and what was changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from ..core.text import clean
from .options import echo_json
from .table import Cell, Column, render

Row = TypeVar("Row")


def show_rows(
    rows: Sequence[Row],
    columns: Sequence[Column],
    cells: Callable[[Row], Sequence[str]],
    nothing: str,
    *,
    as_json: bool,
) -> None:
    """Show rows; where there are none, `nothing` goes to stderr."""
    for row in rows if as_json else ():
        echo_json(row)
    if rows and not as_json:
        for line in render(columns, [[Cell(text) for text in cells(row)] for row in rows], None):
            click.echo(line)
    if not rows:
        click.echo(nothing, err=True)


def tell_change(name: str, changed: bool, words: str, *, as_json: bool) -> None:
    """Tell what became of one of them."""
    if as_json:
        echo_json({"name": name, "changed": changed})
    else:
        click.echo(f"{clean(name)}: {words}", err=True)
