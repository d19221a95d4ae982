"""What a screen sees of a broker."""

from __future__ import annotations

import json
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Concatenate, Final, ParamSpec, TypeVar

from . import patterns
from .broker import Broker
from .db.failures import translated
from .db.kept import answers
from .db.source import Connection, public_url
from .errors import AqueError
from .queries import kill as killing
from .queries import listing, lists
from .rows import TaskRow
from .selection import Selection
from .sorting import OLDEST, Sort
from .states import State
from .why import Why, explain

P = ParamSpec("P")
T = TypeVar("T")
ALL: Final = Selection()
_CANCEL: Final = 1.0  # seconds
_REST: Final = 3.0  # seconds after which a connection may have been lost unnoticed


class Monitor:
    """A look at a broker over one connection of its own: what fails fails at once, and can be cancelled.

    Questions may be asked from one thread, `cancel` from any. All of them raise BrokerUnavailable where the server
    cannot be reached; the next one connects anew.
    """

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._conn: Connection | None = None
        self._turn = threading.Lock()
        self._asked = 0.0  # when, by time.monotonic()

    @property
    def place(self) -> str:
        """The broker's URL, without a password."""
        return public_url(self.broker.to_url())

    def ids(
        self, selection: Selection = ALL, sort: Sort = OLDEST, limit: int | None = None, since: int | None = None
    ) -> array[int]:
        """The ids of a selection in an order: all, or the first `limit`; in the order of ids those from `since`."""
        after = None if since is None else [since - 1]
        with self._connection() as conn:
            return listing.packed(conn, selection, self.broker.now(), sort, limit, after)

    def rows(self, ids: Sequence[int]) -> list[TaskRow]:
        """Tasks in the order of these ids, of long commands the beginning; those that are gone are left out."""
        with self._connection() as conn:
            return listing.brief(conn, ids, self.broker.now())

    def counts(self) -> dict[State, int]:
        """How many tasks are in each state that any is in."""
        with self._connection() as conn:
            return lists.counts(conn)

    def farm(self) -> lists.Farm:
        """What all living workers have together."""
        with self._connection() as conn:
            return lists.farm(conn)

    def falls(self, ids: Sequence[int]) -> int:
        """How many tasks that are still to run could not run any more if these were stopped."""
        with self._connection() as conn:
            return killing.fallout(conn, ids)

    def branches(self, ids: Sequence[int], *, upwards: bool) -> dict[int, list[lists.Branch]]:
        """What tasks depend on, or `upwards` what depends on them."""
        with self._connection() as conn:
            return lists.branches(conn, ids, upwards=upwards)

    def branching(self, ids: Sequence[int], *, upwards: bool) -> frozenset[int]:
        """Those of some tasks that have any branches."""
        with self._connection() as conn:
            return lists.branching(conn, ids, upwards=upwards)

    def vocabulary(self) -> dict[str, list[str]]:
        """Values that occur, by the name of their field: some of those that filters are about."""
        with self._connection() as conn:
            return lists.vocabulary(conn)

    def why(self, ids: Sequence[int], most: int = 1000) -> list[Why]:
        """Why tasks do not run, in the order of these ids; what stands before them is counted up to `most`."""
        with self._connection() as conn:
            return explain(conn, ids, most)

    def read(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the query layer with the connection."""
        with self._connection() as conn:
            return query(conn, *args, **kwargs)

    def cancel(self) -> None:
        """End the question that is being asked, if any: it raises BrokerUnavailable."""
        if (conn := self._conn) and not conn.closed:
            with suppress(AqueError), translated():
                conn.cancel_safe(timeout=_CANCEL)

    def close(self) -> None:
        """Close the connection; the view may be used again."""
        if conn := self._conn:
            self._conn = None
            conn.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._turn, translated():
            if not self._is_open():
                self.broker.database.prepare()
                self._conn = self.broker.database.source.connect()
            assert self._conn
            self._asked = time.monotonic()
            yield self._conn

    def _is_open(self) -> bool:
        if self._conn is None or self._conn.closed:
            return False
        return time.monotonic() - self._asked < _REST or answers(self._conn)


@lru_cache(4096)
def command_line(pattern: str, func: str | None, name: str, args: str | None) -> str:
    """One line that tells what a task does. `args` is a JSON text, or the beginning of one."""
    try:
        tree = json.loads(args or "[]")
    except ValueError:
        return args or pattern
    return patterns.describe(pattern, {"func": func, "name": name, "args": tree})
