"""aque status"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from ..core.broker import Broker, get_broker
from ..core.errors import UsageError
from ..core.filter import Term
from ..core.filter.ast import terms
from ..core.selection import Selection
from ..core.sorting import Sort, parse_sort
from ..core.tree import Line
from ..core.view import View
from .completing import field_lists
from .formats import Format, csv_format, json_format, pattern_format
from .listing import columns, draw_list, draw_tree
from .options import Whole, broker_option, color_option, json_option, selecting

_LIMIT: Final = 100  # tasks for people
_WIDTH: Final = 20  # dependencies of one task in a tree
_FORMATS: Final[dict[str, Callable[[Any], Format]]] = {
    "as_json": lambda _: json_format(),
    "names": csv_format,
    "pattern": pattern_format,
}


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


@click.command("status")
@selecting(required=False)
@click.option("--flat", "is_flat", is_flag=True, help="A list, instead of trees of dependencies.")
@click.option("-d", "--depth", type=Whole(0), metavar="N", help="So many levels below the roots of a tree.")
@click.option(
    "--sort",
    default="-id",
    show_default=True,
    metavar="FIELDS",
    shell_complete=field_lists,
    help="Such as -priority,id; - descends.",
)
@click.option(
    "-n",
    "--limit",
    type=Whole(0),
    metavar="N",
    help=f"At most so many; 0: all. Default {_LIMIT} for people, else all.",
)
@click.option(
    "--csv", "names", metavar="FIELDS", shell_complete=field_lists, help="Comma-separated values of these fields."
)
@click.option("--pattern", metavar="FORMAT", help="A line for each, such as '{id:>6} {name}'.")
@json_option
@click.option("-v", "--verbose", "is_full", is_flag=True, help="All that is known of each; --json IDS has it as well.")
@click.option("--environ", is_flag=True, help="With -v, and the values of their environments.")
@click.option("-x", "--all-users", "are_all_users", is_flag=True, help="Tasks of all users, not yours alone.")
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Redraw in place, until Ctrl-C.")
@color_option
@broker_option
def command(
    selection: Selection,
    is_flat: bool,
    depth: int | None,
    sort: str,
    limit: int | None,
    are_all_users: bool,
    is_watched: bool,
    is_full: bool,
    environ: bool,
    color: bool,
    broker: str | None,
    **formats: Any,
) -> int:
    """Show tasks: trees of dependencies, the latest first.

    Those of ids that are given as JSON, or with --verbose, have all that is known of them: dependencies, attempts,
    result, streams. The values of environment variables are shown where --environ asks for them, and nowhere else.

    \b
    Examples:
      aque status
      aque status -f 'state:error age<1h' --flat --sort -finished_at
      aque status -v 12
      aque status --json 12 | jq .attempts
    """
    keys = parse_sort(sort)
    chosen = [(name, value) for name, value in formats.items() if value]
    if len(chosen) + is_watched > 1:
        raise UsageError("give one of --csv, --pattern, --json and --watch")
    place = get_broker(broker)
    View(place).check(selection)
    mine = selection if are_all_users or not _wants_own(selection) else selection.where(Term("user", ":", ("me",)))
    is_full = is_full or environ
    if is_full and (is_watched or set(formats) & {"names", "pattern"} & {name for name, _ in chosen}):
        raise UsageError("-v is for people and for --json")
    shown = _LIMIT if limit is None else limit or None
    request = Request(mine, are_all_users, is_flat, depth, keys, shown, color)
    if is_watched:
        return _watch(place, request)
    if is_full or (formats["as_json"] and selection.ids):
        found = _print_full(place, mine, keys, limit or None, as_json=formats["as_json"], environ=environ)
    elif chosen:
        found = _print(place, mine, keys, limit or None, _FORMATS[chosen[0][0]](chosen[0][1]))
    else:
        found = _show(place, request)
    return 0 if found else _nothing(selection, is_narrowed=mine is not selection)


def _wants_own(selection: Selection) -> bool:
    """Whether it leaves open whose tasks it is about."""
    names_users = selection.filter is not None and any(term.field == "user" for term in terms(selection.filter))
    return selection.ids is None and not names_users


def _print(broker: Broker, selection: Selection, sort: Sort, limit: int | None, write: Format) -> bool:
    view = View(broker)
    count = 0
    for count, row in enumerate(view.rows(selection, sort, limit), 1):  # noqa: B007
        write(row, view.now)
    return count > 0


def _print_full(
    broker: Broker, selection: Selection, sort: Sort, limit: int | None, *, as_json: bool, environ: bool
) -> bool:
    from .detail import show

    view = View(broker)
    ids = [row.id for row in view.rows(selection, sort, limit)]
    return bool(show(broker, ids, view.now, as_json=as_json, environ=environ))


def _show(broker: Broker, request: Request) -> bool:
    lines, is_cut = draw(broker, request, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    for line in lines:
        click.echo(line, color=request.is_coloured)
    if is_cut:
        click.echo("… and more: --limit 0 shows all, -f FILTER fewer", err=True)
    return bool(lines)


def _nothing(asked: Selection, *, is_narrowed: bool) -> int:
    if asked.ids is None and asked.filter is None:
        click.echo("no tasks yet: try `aque submit echo hello`, and `aque worker -2` to run it", err=True)
        return 0
    hint = ": -x looks among the tasks of all users" if is_narrowed else ""
    click.echo(f"nothing matches{hint}", err=True)
    return 1


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


def _watch(broker: Broker, request: Request) -> int:
    from .live import redraw

    def frame(width: int, height: int) -> str:
        lines, _ = draw(broker, request, width)
        return "\n".join(lines[: height - 1]) or "no tasks"

    return redraw(broker, frame, request.is_coloured)
