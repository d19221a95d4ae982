"""aque init"""

from __future__ import annotations

import click

from ..core.broker import get_broker
from .options import broker_option


@click.command("init")
@click.option("--reset", is_flag=True, help="Drop everything first: all tasks, results and outputs.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --reset.")
@broker_option
def command(reset: bool, yes: bool, broker: str | None) -> None:
    """Create the broker's schema, or bring it up to date."""
    if reset and not yes:
        click.confirm("Drop all tasks, results and outputs of this broker?", abort=True, err=True)
    version = get_broker(broker).database.initialise(from_scratch=reset)
    click.echo(f"the schema is version {version}", err=True)
