"""aque queues"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from ..core.errors import UsageError
from .completing import queue_names
from .options import TwoWords, broker_option, json_option, open_broker
from .rows import show_rows, tell_change
from .table import Column

if TYPE_CHECKING:
    from ..core.queries.farm import QueueRow

_COLUMNS: Final = (
    Column("NAME"),
    Column("PENDING", is_number=True),
    Column("RUNNING", is_number=True),
    Column("LIMIT", is_number=True),
    Column("PAUSED"),
)


def _most(_: click.Context, parameter: click.Parameter, text: str) -> int | None:
    if text != "none" and not (text.isascii() and text.isdecimal()):
        raise click.BadParameter(f"{text!r} is neither a number nor none", param=parameter)
    return None if text == "none" else int(text)


_names = click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=queue_names)


@click.group("queues", invoke_without_command=True)
@json_option
@broker_option
@click.pass_context
def command(context: click.Context, as_json: bool, broker: str | None) -> None:
    """Show the queues: tasks that are still to run and that run, limits, and who paused them.

    \b
    Examples:
      aque queues
      aque queues pause render
      aque queues limit render 4
    """
    if context.invoked_subcommand is None:
        _show(as_json, broker)
    elif as_json:
        raise UsageError(f"write --json behind {context.invoked_subcommand}")


@command.command("pause")
@_names
@json_option
@broker_option
def pause(names: Sequence[str], as_json: bool, broker: str | None) -> None:
    """Let no more tasks of queues begin; what runs goes on. It may be done before the first task comes.

    \b
    Examples:
      aque queues pause render
    """
    _move(names, broker, ("paused", "paused already"), paused=True, as_json=as_json)


@command.command("resume")
@_names
@json_option
@broker_option
def resume(names: Sequence[str], as_json: bool, broker: str | None) -> None:
    """Let tasks of paused queues begin again.

    \b
    Examples:
      aque queues resume render
    """
    _move(names, broker, ("resumed", "not paused"), paused=False, as_json=as_json)


@command.command("limit", cls=TwoWords, short_help="Set how many of their tasks may run at once.")
@_names
@click.argument("most", callback=_most, metavar="N|none")
@json_option
@broker_option
def limit(names: Sequence[str], most: int | None, as_json: bool, broker: str | None) -> None:
    """Set how many tasks of each queue may run at once; what runs goes on. It may be set before the first task comes.

    \b
    Examples:
      aque queues limit render 4
      aque queues limit render movies none
    """
    from ..core import farm

    place = open_broker(broker)
    new = farm.unknown(place, names, may_be_new=most is not None)
    farm.limit(place, names, most)
    told = "no limit" if most is None else f"at most {most} at once"
    for name in dict.fromkeys(names):
        _tell(name, True, told, new, as_json=as_json)


def _move(names: Sequence[str], broker: str | None, words: tuple[str, str], *, paused: bool, as_json: bool) -> None:
    """Pause queues, or resume those that are known, and tell it in the first word, or that it was so in the second."""
    from ..core import farm
    from ..core.steering import Steering

    place = open_broker(broker)
    new = farm.unknown(place, names, may_be_new=paused)
    steering = Steering(place)
    done = [name for name in dict.fromkeys(names) if steering.set_queue(name, paused=paused)]
    for name in dict.fromkeys(names):
        _tell(name, name in done, words[name not in done], new, as_json=as_json)


def _tell(name: str, is_news: bool, told: str, new: Sequence[str], *, as_json: bool) -> None:
    tell_change(name, is_news, f"{told} (a new queue)" if name in new else told, as_json=as_json)


def _show(as_json: bool, broker: str | None) -> None:
    from ..core import farm

    nothing = "no queue yet: the first task makes one"
    show_rows(farm.queues(open_broker(broker)), _COLUMNS, _cells, nothing, as_json=as_json)


def _cells(row: QueueRow) -> Sequence[str]:
    limit = "-" if row.max_running is None else str(row.max_running)
    paused = f"by {row.paused_by or '?'}" if row.paused else "-"
    return row.name, str(row.pending), str(row.running), limit, paused
