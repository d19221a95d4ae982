"""aque events"""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from ..core.errors import UsageError
from .options import Whole, broker_option, color_option, duration, echo_json, json_option, open_broker
from .table import Cell, Column, render

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.queries.events import EventRow, Wanted

_LIMIT: Final = 20  # acts for people
_TURN: Final = 1.0  # seconds between two looks for more
_COLUMNS: Final = (
    Column("EVENT", is_number=True),
    Column("WHEN"),
    Column("WHO"),
    Column("ACTION"),
    Column("TASKS", is_number=True),
    Column("WHAT", is_flexible=True),
)
Write = Callable[[Sequence["EventRow"]], None]


@click.command("events")
@click.option(
    "-n",
    "--limit",
    type=Whole(0),
    metavar="N",
    help=f"The last N; 0: all. Default {_LIMIT} for people, else all.",
)
@click.option("--since", metavar="AGE", callback=duration, help="Those of the last 90, 1.5h or 2d.")
@click.option("--user", "who", metavar="ROLE", help="Those of one role of the server.")
@click.option("--action", "actions", multiple=True, metavar="ACTION", help="Those of a kind, such as kill; repeatable.")
@click.option("-w", "--watch", "-f", "--follow", "is_followed", is_flag=True, help="And what comes, until Ctrl-C.")
@click.option("--csv", "is_csv", is_flag=True, help="Comma-separated values.")
@json_option
@color_option
@broker_option
def command(
    limit: int | None,
    since: float | None,
    who: str | None,
    actions: tuple[str, ...],
    is_followed: bool,
    is_csv: bool,
    as_json: bool,
    color: bool,
    broker: str | None,
) -> int:
    """Show who did what to which tasks, queues and workers; the latest last.

    `aque undo` takes one of them back.

    \b
    Examples:
      aque events
      aque events -n 5 --action kill --action rm
      aque events --since 1h --json | jq -c '[.who, .action, .tasks]'
      aque events -w
    """
    from ..core.queries.events import Wanted

    if is_csv and as_json:
        raise UsageError("give one of --csv and --json")
    place = open_broker(broker)
    begin = None if since is None else place.now() - timedelta(seconds=since)
    wanted = Wanted(begin, who, actions or None)
    write = _json if as_json else _csv() if is_csv else _table(color)
    shown = limit if limit is not None else None if as_json or is_csv else _LIMIT
    last = _show(place, wanted, shown or None, write)
    if is_followed:
        _follow(place, wanted, last, write)
    is_narrowed = wanted != Wanted()
    if not last:
        click.echo("nothing matches" if is_narrowed else "nobody has done anything yet", err=True)
    return int(is_narrowed and not last)


def _show(broker: Broker, wanted: Wanted, limit: int | None, write: Write) -> int:
    """Show acts, the latest last; the number of that one, or 0."""
    from ..core.queries import events

    found = broker.read(events.latest, limit, wanted)[::-1]
    if found:
        write(found)
    return found[-1].id if found else 0


def _follow(broker: Broker, wanted: Wanted, last: int, write: Write) -> None:
    rest = threading.Event()
    while True:
        sys.stdout.flush()
        rest.wait(_TURN)
        last = _show(broker, replace(wanted, after=last), None, write) or last


def _json(rows: Sequence[EventRow]) -> None:
    for row in rows:
        told = {name: json.loads(getattr(row, name) or "null") for name in ("selection", "before", "after")}
        echo_json({**asdict(row), **told})


def _csv() -> Write:
    from .formats import echo_csv

    echo_csv(("id", "at", "who", "action", "tasks", "what", "undone_by"))

    def write(rows: Sequence[EventRow]) -> None:
        for row in rows:
            values = (row.id, row.at.isoformat(), row.who, row.action, row.tasks, _what(row), row.undone_by or "")
            echo_csv(map(str, values))

    return write


def _table(color: bool) -> Write:
    """Lines of a table; its head once."""
    is_new = True

    def write(rows: Sequence[EventRow]) -> None:
        nonlocal is_new
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        lines = render(_COLUMNS, [_cells(row) for row in rows], width)
        for line in lines if is_new else lines[1:]:
            click.echo(line, color=color)
        is_new = False

    return write


def _cells(row: EventRow) -> list[Cell]:
    when = row.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    texts = (str(row.id), when, row.who, row.action, str(row.tasks or "-"), _what(row))
    return [Cell(text, is_dim=row.undone_by is not None) for text in texts]


def _what(row: EventRow) -> str:
    from ..core.acts import describe

    return describe(row) + (f"  (undone by {row.undone_by})" if row.undone_by is not None else "")
