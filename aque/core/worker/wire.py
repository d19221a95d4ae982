"""A worker's own connection to the broker: how it is made, talked over, listened to and lost.

Every call has a time limit on this side too. A call that finds the broker gone closes the connection and raises
BrokerUnavailable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from ..db.failures import translated
from ..db.pooler import has_session
from ..db.source import Connection, Source
from ..db.watchdog import limited
from ..errors import BrokerUnavailable
from ..listener import Event, listen, read_notice, take_in

_log: Final = logging.getLogger("aque.worker")
_POOLED: Final = (
    "a pooler stands before the broker: work is looked for twice a second, and should this worker die, its tasks run"
    " again after 30 s; connected to the server itself it would hear at once, and they would after 2 s"
)
_LIMIT: Final = 8.0  # seconds for all that is done in one go
_STALLED: Final = "10s"  # after which the transaction of a worker that is frozen holds nobody up any more


class Wire:
    """The connection, while there is one. `since`: when it was made, by the steady clock."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._conn: Connection | None = None
        self._told: Callable[[Event], object] = lambda event: None
        self.since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._conn is not None

    def fileno(self) -> int:
        """The descriptor on which the end of the connection shows."""
        assert self._conn
        return self._conn.fileno()

    @property
    def is_deaf(self) -> bool:
        """Whether nothing is told of work on this connection: a pooler stands before the broker."""
        return self._conn is not None and not has_session(self._conn)

    def bind(self, callback: Callable[[Event], object]) -> None:
        """Have it called with what others tell of work: while a statement runs, and when this is to `hear`."""
        self._told = callback

    def hear(self) -> bool:
        """Take in what was told, without waiting; False where the connection has ended."""
        if self._conn is None:
            return False
        try:
            told = take_in(self._conn)
        except psycopg.OperationalError:
            return False
        for notice in told:
            self._pass_on(notice)
        return True

    def connect(self) -> None:
        """Anew, whatever was before. Raises BrokerUnavailable."""
        self.close()
        self._conn = self._source.connect()
        self.since = time.monotonic()
        if not has_session(self._conn):
            _log.warning("%s", _POOLED)
            return
        with self.talking() as conn:
            conn.execute(sql.SQL("set idle_in_transaction_session_timeout = {}").format(_STALLED))
            conn.add_notify_handler(self._pass_on)
            listen(conn, "work")

    def close(self) -> None:
        """Hang up."""
        if self._conn:
            self._conn.close()
            self._conn = None

    @contextmanager
    def talking(self) -> Iterator[Connection]:
        """What is done on it in one go. Raises BrokerUnavailable, also where there is none."""
        if self._conn is None:
            raise BrokerUnavailable("the broker is not connected")
        try:
            with translated(), limited(self._conn, _LIMIT):
                yield self._conn
        except BaseException:
            if self._conn.closed or self._conn.info.transaction_status != TransactionStatus.IDLE:
                self.close()
            raise

    def _pass_on(self, notice: psycopg.Notify) -> None:
        """What this session told itself is no news."""
        event = read_notice(notice)
        if event and self._conn and notice.pid != self._conn.info.backend_pid:
            self._told(event)
