"""aque init"""

from __future__ import annotations

import sys

import click

from .options import broker_option, open_broker


@click.command("init")
@click.option("--reset", is_flag=True, help="Drop everything first: all tasks, results and outputs.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --reset.")
@broker_option
def command(reset: bool, yes: bool, broker: str | None) -> int:
    """Create the broker's schema, or bring it up to date.

    \b
    Examples:
      aque init
      aque init --broker postgresql://farm/aque
      aque init --reset
    """
    database = open_broker(broker).database
    if reset and not yes and not _agreed(f"Drop all tasks, results and outputs of {database.source}?"):
        click.echo("nothing was dropped", err=True)
        return 1
    before = database.version()
    after = database.initialise(from_scratch=reset)
    click.echo(f"{_told(before, after, reset)} (schema version {after})", err=True)
    return 0


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
