"""aque workers"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from .options import broker_option, echo_json, json_option, open_broker
from .table import Cell, Column, render

if TYPE_CHECKING:
    from ..core.queries.tasks import WorkerRow

_SILENT: Final = 5.0  # seconds: several heartbeats are missing
_GIB: Final = 2**30
_COLUMNS: Final = tuple(
    map(Column, ("ID", "NAME", "STATE", "TASKS", "CPUS", "MEMORY", "LOAD", "BEAT", "QUEUES", "TAGS"))
)


@click.command("workers")
@json_option
@broker_option
def command(as_json: bool, broker: str | None) -> None:
    """Show the workers that live, what they have in use, and when they were last heard of.

    CPUS and MEMORY are what their tasks have, of all that they offer; LOAD is the load average of their host.

    \b
    Examples:
      aque workers
      aque workers --json | jq '[.name, .running]'
    """
    rows = open_broker(broker).workers()
    for row in rows if as_json else ():
        echo_json(row)
    if rows and not as_json:
        for line in render(_COLUMNS, [[Cell(text) for text in _cells(row)] for row in rows], None):
            click.echo(line)
    if not rows:
        click.echo("no worker is alive: start one with `aque worker`", err=True)


def _cells(row: WorkerRow) -> tuple[str, ...]:
    return (
        str(row.id),
        row.name,
        _state(row),
        str(row.running),
        f"{min(row.cpus_used, row.cpus):g}/{row.cpus:g}",
        f"{row.memory_used / _GIB:.1f}/{row.memory / _GIB:.1f}G",
        "-" if row.load is None else f"{row.load:.2f}",
        f"{row.silent_for:.0f}s",
        ",".join(row.queues) if row.queues else "all",
        ",".join(row.tags) or "-",
    )


def _state(row: WorkerRow) -> str:
    """What it does, by the first that applies."""
    states = (("silent", row.silent_for > _SILENT), ("draining", row.draining), ("busy", row.running))
    return next((name for name, applies in states if applies), "idle")
