"""aque workers"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ..core.text import clean
from .options import broker_option, echo_json, json_option, open_broker

if TYPE_CHECKING:
    from ..core.queries.tasks import WorkerRow

_SILENT: Final = 5.0  # seconds: several heartbeats are missing
_GIB: Final = 2**30
_HEAD: Final = ("ID", "NAME", "STATE", "TASKS", "CPUS", "MEMORY", "LOAD", "BEAT", "QUEUES", "TAGS")


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
        _echo_table([_HEAD, *map(_cells, rows)])
    if not rows:
        click.echo("no worker is alive: start one with `aque worker`", err=True)


def _cells(row: WorkerRow) -> tuple[str, ...]:
    return (
        str(row.id),
        clean(row.name),
        _state(row),
        str(row.running),
        f"{min(row.cpus_used, row.cpus):g}/{row.cpus:g}",
        f"{row.memory_used / _GIB:.1f}/{row.memory / _GIB:.1f}G",
        "-" if row.load is None else f"{row.load:.2f}",
        f"{row.silent_for:.0f}s",
        clean(",".join(row.queues)) if row.queues else "all",
        clean(",".join(row.tags)) or "-",
    )


def _state(row: WorkerRow) -> str:
    """What it does, by the first that applies."""
    states = (("silent", row.silent_for > _SILENT), ("draining", row.draining), ("busy", row.running))
    return next((name for name, applies in states if applies), "idle")


def _echo_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
