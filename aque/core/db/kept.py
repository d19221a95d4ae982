"""A connection that is kept for whoever needs one next. Most commands need no other, and so no pool."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
from psycopg.pq import TransactionStatus

from ..alarm import wait_ready
from .source import Connection
from .watchdog import limited

_PROBE: Final = 5.0  # seconds for a connection that was at rest to answer
_SHORT: Final = 1.0  # seconds of rest


class Kept:
    """Lends its connection to one at a time."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._hang_up = weakref.finalize(self, _close, conn, os.getpid())
        self._rests_since = time.monotonic()
        self._turn = threading.Lock()
        self._is_over = False

    @contextmanager
    def lent(self) -> Iterator[Connection | None]:
        """The connection; None where another has it, or it leads to the server no more."""
        if not self._turn.acquire(blocking=False):
            yield None
            return
        try:
            yield self._conn if self._is_good() else None
        finally:
            self._rests_since = time.monotonic()
            if self._is_over or self._conn.info.transaction_status != TransactionStatus.IDLE:
                self._hang_up()
            self._turn.release()

    def close(self) -> None:
        """Close it now, or when it comes back."""
        self._is_over = True
        if self._turn.acquire(blocking=False):
            self._hang_up()
            self._turn.release()

    def _is_good(self) -> bool:
        return not self._conn.closed and (self._is_fresh() or answers(self._conn))

    def _is_fresh(self) -> bool:
        """Whether it rested so short a time that a server which is gone would show by an end of the connection."""
        return time.monotonic() - self._rests_since < _SHORT and not wait_ready([self._conn.fileno()], 0)


def _close(conn: Connection, owner: int) -> None:
    if os.getpid() == owner:  # in a fork it is the parent's
        conn.close()


def probe(conn: Connection) -> None:
    """Raise OperationalError where a connection that was at rest leads to the server no more."""
    with limited(conn, _PROBE):
        conn.execute("")


def answers(conn: Connection) -> bool:
    """Whether a connection that was at rest still leads to the server; one that does not is closed."""
    try:
        probe(conn)
    except psycopg.OperationalError:
        with suppress(psycopg.Error):
            conn.close()
        return False
    return True
