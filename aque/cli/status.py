"""aque status"""

from __future__ import annotations

import json

import click

from ..core import patterns
from ..core.broker import get_broker
from ..core.queries.tasks import TaskRow
from ..core.text import clean
from .options import broker_option, echo_json, ids_argument, json_option


@click.command("status")
@ids_argument(required=False)
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@json_option
@broker_option
def command(ids: list[int], limit: int, as_json: bool, broker: str | None) -> None:
    """Show tasks, the latest first."""
    rows = get_broker(broker).tasks(ids or None, limit)
    for row in rows:
        if as_json:
            echo_json(row)
        else:
            click.echo(f"{row.id:>8}  {row.state:<9}  {row.priority:>5}  {clean(row.name):<20.20}  {_command(row)}")
    if not rows:
        click.echo("no tasks yet: try `aque submit echo hello`, and `aque worker -2` to run it", err=True)


def _command(row: TaskRow) -> str:
    fields = {"func": row.func, "name": row.name, "args": json.loads(row.args or "[]")}
    return clean(patterns.describe(row.pattern, fields))[:60]
