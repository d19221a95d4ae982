"""What tasks wrote, in pieces: from a place on, of many tasks at once, and the last lines of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..units import tell_memory

_SQL: Final = statements(__name__)
STREAMS: Final = (1, 2)
"""stdout and stderr."""
GAP: Final = 0
"""The stream of what stands in the place of output that was not kept."""
BATCH: Final = 256
"""As many pieces, each of 64 KiB at most, are read at once; fewer mean that there are no more."""
_END: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OutputPiece:
    """A piece of a task's output, as it came; stream is 1 for stdout, 2 for stderr, and GAP for a mark."""

    id: int
    attempt: int
    seq: int
    stream: int
    data: bytes

    @property
    def left_out(self) -> int:
        """How many bytes, of both streams, are missing in the place of a mark."""
        return int(self.data) if self.stream == GAP else 0


def gap_line(left_out: int) -> bytes:
    """How a gap is shown to people: a line of its own."""
    return f"… {tell_memory(left_out)[0]} left out …\n".encode()


@dataclass(frozen=True, slots=True)
class Place:
    """How far a task's output has been read: the piece that comes next; no attempt: the start of the latest."""

    attempt: int | None = None
    seq: int = 0

    @classmethod
    def after(cls, piece: OutputPiece) -> Place:
        """The place of the piece that follows."""
        return cls(piece.attempt, piece.seq + 1)


def pieces(
    conn: Connection, places: Mapping[int, Place], *, streams: Sequence[int] = STREAMS, last: int | None = None
) -> list[OutputPiece]:
    """The next pieces of tasks, each from its place on, and those of later attempts up to attempt `last`.

    Each task's pieces come in order; fewer than BATCH where there are no more.
    """
    return _pieces(conn, _SQL["pieces"], places, streams, last)


def _pieces(
    conn: Connection, statement: LiteralString, places: Mapping[int, Place], streams: Sequence[int], last: int | None
) -> list[OutputPiece]:
    parameters = {
        "ids": list(places),
        "attempts": [place.attempt for place in places.values()],
        "seqs": [place.seq for place in places.values()],
        "streams": list(streams),
        "last": last,
        "limit": BATCH,
    }
    with conn.cursor(row_factory=class_row(OutputPiece), binary=True) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def in_order(
    conn: Connection, places: Mapping[int, Place], *, streams: Sequence[int] = STREAMS, last: int | None = None
) -> list[OutputPiece]:
    """As `pieces`, but all of one task before the next, in the order of `places`."""
    return _pieces(conn, _SQL["in_order"], places, streams, last)


def attempts(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The number of the latest attempt of tasks, by id; 0 where there was none."""
    return {row[0]: row[1] for row in conn.execute(_SQL["attempts"], {"ids": list(ids)})}


def heads(conn: Connection, ids: Sequence[int]) -> dict[int, Place]:
    """The last piece that tasks have written, by id; those that wrote nothing are left out."""
    return {row[0]: Place(row[1], row[2]) for row in conn.execute(_SQL["heads"], {"ids": list(ids)})}


def tail(
    conn: Connection, task: int, attempt: int, lines: int, *, streams: Sequence[int] = STREAMS
) -> list[OutputPiece]:
    """The last lines of an attempt, in order; the first piece is cut where they begin."""
    kept: list[OutputPiece] = []
    wanted = lines
    for piece in _backwards(conn, task, attempt, streams):
        data = piece.data if kept else piece.data.removesuffix(b"\n")  # the last line's end begins none
        if wanted <= data.count(b"\n"):
            start = _start_of_last(data, wanted)
            return [OutputPiece(task, attempt, piece.seq, piece.stream, piece.data[start:]), *reversed(kept)]
        wanted -= data.count(b"\n")
        kept.append(piece)
    return kept[::-1]


def _start_of_last(data: bytes, lines: int) -> int:
    """Where, in data that begins further lines, the last `lines` begin."""
    start = len(data)
    for _ in range(lines):
        start = data.rindex(b"\n", 0, start)
    return start + 1


def _backwards(conn: Connection, task: int, attempt: int, streams: Sequence[int]) -> Iterator[OutputPiece]:
    before = _END
    while True:
        parameters = {"id": task, "attempt": attempt, "before": before, "streams": list(streams)}
        with conn.cursor(row_factory=class_row(OutputPiece), binary=True) as cursor:
            found = cursor.execute(_SQL["last_pieces"], parameters).fetchall()
        if not found:
            return
        yield from found
        before = found[-1].seq
