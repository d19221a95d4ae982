"""aque limits"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from ..core.errors import UsageError
from .options import TwoWords, Whole, broker_option, json_option, open_broker
from .rows import show_rows, tell_change
from .table import Column

if TYPE_CHECKING:
    from ..core.queries.limits import LimitRow

_COLUMNS: Final = (
    Column("NAME"),
    Column("IN USE", is_number=True),
    Column("SIZE", is_number=True),
    Column("WAITING", is_number=True),
)


@click.group("limits", invoke_without_command=True)
@json_option
@broker_option
@click.pass_context
def command(context: click.Context, as_json: bool, broker: str | None) -> None:
    """Show the named limits: units in use, units that there are, and tasks that wait.

    A task that was submitted with --limit NAME=N runs while N units of the limit are free for it on the whole farm. One
    that names a limit which is not set waits until it is.

    \b
    Examples:
      aque limits
      aque limits set licence 5
      aque submit --limit licence ./simulate
    """
    if context.invoked_subcommand is None:
        _show(as_json, broker)
    elif as_json:
        raise UsageError(f"write --json behind {context.invoked_subcommand}")


@command.command("set", cls=TwoWords, short_help="Let N units of a limit be in use at once.")
@click.argument("name", metavar="NAME")
@click.argument("size", type=Whole(0), metavar="N")
@json_option
@broker_option
def set_(name: str, size: int, as_json: bool, broker: str | None) -> None:
    """Let N units of a limit be in use at once, on the whole farm; what runs goes on.

    \b
    Examples:
      aque limits set licence 5
      aque limits set licence 0
    """
    from ..core import farm

    is_new = farm.set_limit(open_broker(broker), name, size)
    tell_change(name, is_new, f"at most {size} in use at once{'' if is_new else ' already'}", as_json=as_json)


@command.command("rm", short_help="Let a limit be set no more.")
@click.argument("name", metavar="NAME")
@json_option
@broker_option
def rm(name: str, as_json: bool, broker: str | None) -> int:
    """Let a limit be set no more: tasks that name it wait until it is set again.

    \b
    Examples:
      aque limits rm licence
    """
    from ..core import farm

    is_gone = farm.remove_limit(open_broker(broker), name)
    tell_change(name, is_gone, "removed" if is_gone else "no such limit is set", as_json=as_json)
    return 0 if is_gone else 1


def _show(as_json: bool, broker: str | None) -> None:
    from ..core import farm

    nothing = "no limit yet: aque limits set NAME N makes one"
    show_rows(farm.limits(open_broker(broker)), _COLUMNS, _cells, nothing, as_json=as_json)


def _cells(row: LimitRow) -> Sequence[str]:
    return row.name, str(row.used), "not set" if row.size is None else str(row.size), str(row.waiting)
