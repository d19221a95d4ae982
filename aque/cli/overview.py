"""What `aque status` shows: lists and trees for people, formats for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from ..core.broker import Broker
from ..core.selection import Selection
from ..core.sorting import Sort
from ..core.tree import Line
from ..core.view import View
from .listing import columns, draw_list, draw_tree

_WIDTH: Final = 20  # dependencies of one task in a tree


@dataclass(frozen=True)
class Request:
    """What is to be shown to people, and how. `limit` None: all."""

    selection: Selection
    are_all_users: bool
    is_flat: bool
    depth: int | None
    sort: Sort
    limit: int | None
    is_coloured: bool


def write(broker: Broker, selection: Selection, sort: Sort, limit: int | None, form: str, value: Any) -> bool:
    """For programs, by the name of an option and what it was given; whether there was anything."""
    from . import formats

    make: dict[str, Callable[[Any], formats.Format]] = {
        "as_json": lambda _: formats.json_format(),
        "names": formats.csv_format,
        "pattern": formats.pattern_format,
    }
    one, view, is_any = make[form](value), View(broker), False
    for row in view.rows(selection, sort, limit):
        one(row, view.now)
        is_any = True
    return is_any


def show_all(
    broker: Broker, selection: Selection, sort: Sort, limit: int | None, *, as_json: bool, environ: bool
) -> bool:
    """All that is known of each; whether there was anything."""
    from . import detail

    view = View(broker)
    ids = [row.id for row in view.rows(selection, sort, limit)]
    return bool(detail.show(broker, ids, view.now, as_json=as_json, environ=environ))


def show(broker: Broker, request: Request) -> bool:
    """For people; whether there was anything."""
    lines, is_cut = draw(broker, request, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    for line in lines:
        click.echo(line, color=request.is_coloured)
    if is_cut:
        click.echo("… and more: --limit 0 shows all, -f FILTER fewer", err=True)
    return bool(lines)


def draw(broker: Broker, request: Request, width: int | None) -> tuple[list[str], bool]:
    """The lines of a table, and whether it is not all there is."""
    view, fields = View(broker), columns(request.are_all_users)
    if request.is_flat:
        page = view.page(request.selection, request.sort, request.limit)
        return draw_list(fields, page.rows, view.now, width), page.after is not None
    tree = view.tree(request.selection, request.sort, request.depth, request.limit, request.limit and _WIDTH)
    lines: list[Line] = list(tree.lines())
    shown = lines[: request.limit]
    return draw_tree(fields, shown, view.now, width), tree.is_cut or len(shown) < len(lines)


def watch(broker: Broker, request: Request) -> int:
    """Redraw it until it is interrupted; the exit status."""
    from .live import redraw

    def frame(width: int, height: int) -> str:
        lines, _ = draw(broker, request, width)
        return "\n".join(lines[: height - 1]) or "no tasks"

    return redraw(broker, frame, request.is_coloured)
