"""aque init"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .options import broker_option, open_broker

if TYPE_CHECKING:
    from ..core.broker import Broker

_FOREVER = "forever"


def _age(_: click.Context, parameter: click.Parameter, text: str | None) -> float | str | None:
    """Seconds, or what was given for ever."""
    from ..core.errors import UsageError
    from ..core.units import parse_duration

    try:
        return text if text in (None, _FOREVER) else parse_duration(text)
    except UsageError as error:
        raise click.BadParameter(f"{error}, nor {_FOREVER}", param=parameter) from None


@click.command("init")
@click.option("--reset", is_flag=True, help="Drop everything first: all tasks, results and outputs.")
@click.option(
    "--keep", metavar="AGE|forever", callback=_age, help="Remove tasks so long after their end; at first: forever."
)
@click.option(
    "--shared", is_flag=True, help="Let people share it who do not trust each other: roles, and rights for each."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --reset.")
@broker_option
def command(reset: bool, keep: float | str | None, shared: bool, yes: bool, broker: str | None) -> int:
    """Create the broker's schema, or bring it up to date; say how long it keeps what is complete.

    With --keep workers remove tasks that ended longer ago, with their results and output, unless one that is still to
    run needs them. It holds until it is changed, for all tasks of the broker; without --keep it stays as it is.

    With --shared each person is a role of PostgreSQL, who is granted aque_user, sees all tasks, and changes their own;
    aque_operator changes all, aque_worker captures and completes (docs/security.md). It stays so.

    \b
    Examples:
      aque init
      aque init --broker postgresql://farm/aque --keep 30d
      aque init --broker postgresql://farm/aque --shared
      aque init --reset
    """
    place = open_broker(broker)
    if shared and place.database.source.embedded:
        raise click.UsageError("--shared is for a server of many users; the embedded one is yours alone")
    database = place.database
    if reset and not yes and not _agreed(f"Drop all tasks, results and outputs of {database.source}?"):
        click.echo("nothing was dropped", err=True)
        return 1
    before = database.version()
    after = database.initialise(from_scratch=reset, shared=shared)
    kept = _keep(place, keep)
    click.echo(f"{_told(before, after, reset)} (schema version {after}); {kept}", err=True)
    return 0


def _keep(broker: Broker, asked: float | str | None) -> str:
    """Set how long tasks are kept, where that was asked for; how long they are."""
    from ..core import farm
    from ..core.units import show_duration

    if asked is not None:
        farm.keep_for(broker, None if isinstance(asked, str) else asked)
    seconds = farm.kept_for(broker)
    return f"complete tasks are kept {_FOREVER if seconds is None else f'for {show_duration(seconds)}'}"


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("--reset asks before it drops everything: without a terminal give --yes")
    return click.confirm(question, err=True)


def _told(before: int, after: int, reset: bool) -> str:
    if before == 0:
        return "created"
    if reset:
        return "dropped everything and created it anew"
    return "it was up to date" if before == after else f"brought up to date from version {before}"
