"""aque workers"""

from __future__ import annotations

import click

from ..core.broker import get_broker
from .options import broker_option, clean, echo_json, json_option


@click.command("workers")
@json_option
@broker_option
def command(as_json: bool, broker: str | None) -> None:
    """Show the workers that live, and what they have in use."""
    rows = get_broker(broker).workers()
    for row in rows:
        if as_json:
            echo_json(row)
        else:
            load = f"{min(row.cpus_used, row.cpus):g}/{row.cpus:g} cpus"
            click.echo(f"{row.id:>6}  {clean(row.name):<30}  {load:<14}  pid {row.pid}")
    if not rows:
        click.echo("no worker lives: start one with `aque worker`", err=True)
