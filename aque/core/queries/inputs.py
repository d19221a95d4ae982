"""What the runs of tasks are given of those that they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from . import arrays

_SQL: Final = statements(__name__)


class Inputs(NamedTuple):
    """What a task's process is told of those that it depends on, an object in JSON with a list for each field, and the
    ids of those whose results it may not have.
    """

    told: str = "{}"
    barred: Sequence[int] = ()


class Stdout(NamedTuple):
    """What a task (`id`) wrote to stdout, for one that depends on it; none, where all that this asks for is too much.

    `size`: bytes of all that it asks for. `is_cut`: not all that was written was kept.
    """

    task_id: int
    id: int
    size: int
    is_cut: bool
    stdout: bytes | None


def inputs(conn: Connection, tasks: Sequence[int]) -> dict[int, Inputs]:
    """What each of some tasks is given, if it depends on any."""
    rows = conn.execute(_SQL["inputs"], {"ids": arrays.plain(tasks)}).fetchall()
    return {task: given for ids, *rest in rows for given in [Inputs(*rest)] for task in ids}


def stdouts(conn: Connection, pairs: Iterable[tuple[int, int]], most: int) -> list[Stdout]:
    """The stdout that tasks ask for (pairs of one and what it depends on), no more than `most` bytes for each."""
    readers, needs = map(arrays.plain, zip(*pairs, strict=True))
    with conn.cursor(row_factory=class_row(Stdout)) as cursor:
        return cursor.execute(_SQL["stdouts"], {"readers": readers, "needs": needs, "most": most}).fetchall()
