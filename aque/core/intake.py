"""Takes prototypes in: few in one statement, many as a stream in one transaction. All are stored, or none."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, TypeAlias

from .db.failures import translated
from .db.source import Connection, Source
from .graph import Graph, Node
from .queries import storing, submission
from .queries.storing import Batch
from .queries.submission import Change, Span, spans
from .states import State
from .submit import Encoder

_PART: Final = 2000  # tasks to a statement

Expect: TypeAlias = Callable[[Sequence[int]], object]


class Intake:
    """One submission. `expect` hears the ids of the prototypes that were given, before anybody can see the tasks."""

    def __init__(self, conn: Connection, source: Source, defaults: Mapping[str, Any], expect: Expect) -> None:
        self.asked = array("q")
        self._conn = conn
        self._source = source
        self._expect = expect
        self._graph = Graph()
        self._ids = array("q")
        self._new: dict[State, list[Span]] = {}
        self._encoder = Encoder(self._graph, self._ids, defaults, lambda task: submission.inheritance(conn, task))

    def take(self, prototypes: Iterable[Mapping[str, Any]]) -> None:
        """Store prototypes, and all that they depend on, and tell others of them.

        An iterable may be of any length: only a part of it is held here at a time, in a transaction that stays open.
        Raises UsageError, PatternMissingError, EncodeError or DependencyResolutionError; nothing is stored then.
        """
        rest = iter(prototypes)
        part = list(islice(rest, _PART))
        if len(part) == _PART:
            ended = self._take_stream(part, rest)
        else:
            nodes, asked = self._graph.add(part)
            ended = self._take_few(nodes, asked) if len(nodes) <= _PART else self._take_graph(nodes, asked)
        submission.announce_new(self._conn, self._new)
        submission.announce(self._conn, ended)

    def _take_few(self, nodes: list[Node], asked: list[int]) -> list[Change]:
        self._number(nodes, asked)
        return storing.submit(self._conn, self._encode(nodes, 0), self._encoder.ties)

    def _take_graph(self, nodes: list[Node], asked: list[int]) -> list[Change]:
        with _stream(self._source) as stream:
            self._store(stream, nodes, asked)
            return stream.link(self._encoder.ties)

    def _take_stream(self, part: list[Mapping[str, Any]], rest: Iterator[Mapping[str, Any]]) -> list[Change]:
        with _stream(self._source) as stream:
            while part:
                self._store(stream, *self._graph.add(part))
                part.clear()
                self._graph.forget()
                part = list(islice(rest, _PART))
            return stream.link(self._encoder.ties)

    def _store(self, stream: _Stream, nodes: list[Node], asked: list[int]) -> None:
        start = len(self._ids)
        self._number(nodes, asked)
        for each in range(0, len(nodes), _PART):
            batch = self._encode(nodes[each : each + _PART], start + each)
            storing.prepare(self._conn, batch)  # apart: nobody shall wait for the end of a long transaction
            stream.store(batch)

    def _number(self, nodes: list[Node], asked: list[int]) -> None:
        self._ids.extend(storing.next_ids(self._conn, len(nodes)))
        own = [self._ids[place] for place in asked]
        self._expect(own)
        self.asked.extend(own)

    def _encode(self, nodes: list[Node], start: int) -> Batch:
        batch = self._encoder.batch(nodes, start)
        for state, held in ((State.PENDING, False), (State.PAUSED, True)):
            ids = (row["id"] for row in batch.rows if row.get("hold", batch.common["hold"]) == held)
            self._new.setdefault(state, []).extend(spans(ids))
        return batch


class _Stream:
    """A transaction that stores one part while the next is made."""

    def __init__(self, conn: Connection, helper: ThreadPoolExecutor) -> None:
        self._conn = conn
        self._helper = helper
        self._stored: Future[None] | None = None

    def store(self, batch: Batch) -> None:
        self._wait()
        self._stored = self._helper.submit(storing.store, self._conn, batch)

    def link(self, ties: storing.Ties) -> list[Change]:
        self._wait()
        return storing.link(self._conn, ties) if ties else []

    def _wait(self) -> None:
        if self._stored:
            self._stored.result()


@contextmanager
def _stream(source: Source) -> Iterator[_Stream]:
    with translated(), source.connect() as conn, conn.transaction(), ThreadPoolExecutor(1, "aque-store") as helper:
        yield _Stream(conn, helper)
