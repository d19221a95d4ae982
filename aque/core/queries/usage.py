"""What running tasks use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..db.source import Connection
from ..db.statements import statements
from . import arrays

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Used:
    """What a run uses now: cpu in percent of one core, rss and its peak in bytes, of all its processes together."""

    id: int
    lease: int
    cpu: float
    rss: int
    peak: int


def store(conn: Connection, worker: int, used: Sequence[Used]) -> None:
    """Let these be what the runs of a worker use now: others of its have no row any more."""
    with conn.transaction():
        conn.execute("set local synchronous_commit = off")
        conn.execute(_SQL["store"], {"worker": worker, **arrays.columns(used, Used.__slots__)})
