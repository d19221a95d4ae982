"""aque workers"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from .options import broker_option, json_option, open_broker
from .rows import show_rows
from .table import Column

if TYPE_CHECKING:
    from ..core.queries.tasks import WorkerRow

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
    nothing = "no worker is alive: start one with `aque worker`"
    show_rows(open_broker(broker).workers(), _COLUMNS, _cells, nothing, as_json=as_json)


def _cells(row: WorkerRow) -> tuple[str, ...]:
    return (
        str(row.id),
        row.name,
        row.state(row.silent_for),
        str(row.running),
        f"{min(row.cpus_used, row.cpus):g}/{row.cpus:g}",
        f"{row.memory_used / _GIB:.1f}/{row.memory / _GIB:.1f}G",
        "-" if row.load is None else f"{row.load:.2f}",
        f"{row.silent_for:.0f}s",
        ",".join(row.queues) if row.queues else "all",
        ",".join(row.tags) or "-",
    )
