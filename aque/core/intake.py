"""Takes prototypes in: few in one statement, many as a stream in one transaction. All are stored, or none."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import Any, Final, TypeAlias

import psycopg

from .db.database import Database
from .db.failures import one_line, translated
from .db.pipelines import send
from .db.source import Connection, Source
from .db.watchdog import limited
from .errors import BrokerError, BrokerUnavailable
from .graph import Graph, Node
from .hooks import FIELD
from .queries import storing, submission
from .queries.storing import Batch, Ties
from .queries.submission import Change, News, Span, spans
from .states import State
from .submit import Encoder

_PART: Final = 2000  # tasks to a statement
_STREAMED: Final = 5000  # the same in a stream: fewer moments at which either side waits for the other
_LIMIT: Final = 60.0  # seconds for a statement

Expect: TypeAlias = Callable[[Sequence[int]], object]


class _Turns:
    """The connection of the moment. It knows no intake: what was submitted is not to be held by a cycle."""

    conn: Connection

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """Take a connection for one of several steps."""
        with self._database.connection() as self.conn:
            yield self.conn

    def inheritance(self, task: int) -> Mapping[str, Any]:
        """The fields that children of a stored task take over."""
        return submission.inheritance(self.conn, task)


class Intake:
    """One submission. `expect` hears the ids of the prototypes that were given, before anybody can see the tasks, or at
    once when they are stored.

    `extra`: fields of no meaning here that all its tasks keep.
    """

    def __init__(
        self, database: Database, defaults: Mapping[str, Any], expect: Expect, extra: Mapping[str, Any]
    ) -> None:
        self.asked = array("q")
        self._database = database
        self._turns = _Turns(database)
        self._expect = expect
        self._graph = Graph(defaults.get(FIELD))
        self._ids = array("q")
        self._new: dict[State, list[Span]] = {}
        self._prepared: dict[str, str] = {}
        self._encoder = Encoder(self._graph, self._ids, defaults, self._turns.inheritance, extra)

    def take(self, prototypes: Iterable[Mapping[str, Any]]) -> None:
        """Store prototypes, and all that they depend on, and tell others of them.

        An iterable may be of any length: only a part of it is held here at a time, in a transaction that stays open.
        Raises UsageError, PatternMissingError, EncodeError or DependencyResolutionError; nothing is stored then.
        """
        rest = iter(prototypes)
        part = list(islice(rest, _PART))
        if len(part) == _PART:
            self._take_stream(part, rest)
        else:
            nodes, asked = self._graph.add(part)
            take = self._take_few if len(nodes) <= _PART else self._take_graph
            take(nodes, asked)

    def _take_few(self, nodes: list[Node], asked: list[int]) -> None:
        store = self._submit if any(node.edges or node.parent for node in nodes) else self._enter
        with self._turns.turn() as conn:
            store(conn, nodes, asked)

    def _submit(self, conn: Connection, nodes: list[Node], asked: list[int]) -> None:
        self._number(nodes, asked)
        batch = self._encode(nodes, 0)
        with _told_apart():
            ended = storing.submit(conn, batch, self._encoder.ties, News(self._new))
        self._announce(conn, ended)

    def _enter(self, conn: Connection, nodes: list[Node], asked: list[int]) -> None:
        """Tasks that nothing ties: nobody has to know their ids before, and they cost one turn less."""
        batch = self._encoder.batch(nodes, 0)
        with _told_apart():
            ids = storing.enter(conn, batch)
        self._know(ids, asked)

    def _take_graph(self, nodes: list[Node], asked: list[int]) -> None:
        with _stream(self._database.source) as stream:
            self._store(stream, nodes, asked)
            ended = stream.link(self._encoder.ties)
        self._announce_apart(ended)

    def _take_stream(self, part: list[Mapping[str, Any]], rest: Iterator[Mapping[str, Any]]) -> None:
        with _stream(self._database.source) as stream:
            while part:
                self._store(stream, *self._graph.add(part))
                part.clear()
                self._graph.forget()
                part = list(islice(rest, _STREAMED))
            ended = stream.link(self._encoder.ties)
        self._announce_apart(ended)

    def _store(self, stream: _Stream, nodes: list[Node], asked: list[int]) -> None:
        start = len(self._ids)
        with self._turns.turn():
            self._number(nodes, asked)
        for each in range(0, len(nodes), _STREAMED):
            with self._turns.turn() as conn:
                batch = self._encode(nodes[each : each + _STREAMED], start + each)
                self._prepare(conn, batch)
            stream.store(batch.parameters())

    def _prepare(self, conn: Connection, batch: Batch) -> None:
        """Apart: nobody shall wait for the end of a long transaction. Parts mostly need what those before them did."""
        if (wanted := batch.prerequisites()) != self._prepared:
            storing.prepare(conn, batch)
            self._prepared = wanted

    @staticmethod
    def _announce(conn: Connection, ended: Sequence[Change]) -> None:
        """Tell others. The tasks are stored: a failure here must not make anybody submit them a second time."""
        with suppress(BrokerError), translated():
            submission.announce(conn, ended)

    def _announce_apart(self, ended: Sequence[Change]) -> None:
        with suppress(BrokerError), self._turns.turn() as conn:
            submission.announce_new(conn, News(self._new))
            submission.announce(conn, ended)

    def _number(self, nodes: list[Node], asked: list[int]) -> None:
        self._know(storing.next_ids(self._turns.conn, len(nodes)), asked)

    def _know(self, ids: Sequence[int], asked: list[int]) -> None:
        self._ids.extend(ids)
        own = [self._ids[place] for place in asked]
        self._expect(own)
        self.asked.extend(own)

    def _encode(self, nodes: list[Node], start: int) -> Batch:
        batch = self._encoder.batch(nodes, start)
        placed = list(zip(batch.ids, batch.states(), strict=True))
        for state in (State.PENDING, State.PAUSED):
            self._new.setdefault(state, []).extend(spans(task for task, its in placed if its is state))
        return batch


class _Stream:
    """A transaction that stores one part while the next is made: what is sent is waited for at the end alone."""

    def __init__(self, conn: Connection, pipeline: ExitStack) -> None:
        self._conn = conn
        self._pipeline = pipeline

    def store(self, batch: Mapping[str, str]) -> None:
        """The parameters of a part; raises also what became of those before it."""
        with limited(self._conn, _LIMIT):
            storing.store(self._conn, batch)
            send(self._conn)

    def link(self, ties: Ties) -> list[Change]:
        with limited(self._conn, _LIMIT):
            self._pipeline.close()
            return storing.link(self._conn, ties) if ties else []


@contextmanager
def _told_apart() -> Iterator[None]:
    """Say of a commit that it may have been made, where the server could not."""
    try:
        yield
    except psycopg.OperationalError as error:
        if error.sqlstate is not None:
            raise
        raise BrokerUnavailable(
            f"the broker was lost: {one_line(error)}; the tasks may be stored all the same (a `key` keeps them from"
            " being stored twice)"
        ) from error


@contextmanager
def _stream(source: Source) -> Iterator[_Stream]:
    with translated(), source.connect() as conn, conn.transaction():
        conn.execute("set local idle_in_transaction_session_timeout = '10min'")  # who makes the tasks may be slow
        with ExitStack() as pipeline:
            pipeline.enter_context(conn.pipeline())
            yield _Stream(conn, pipeline)
