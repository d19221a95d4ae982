"""Connections that are kept for whoever needs one next."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
from psycopg.pq import TransactionStatus

from ..alarm import wait_ready
from ..errors import BrokerUnavailable
from .source import Connection
from .watchdog import limited

_PROBE: Final = 5.0  # seconds for a connection that was at rest to answer
_SHORT: Final = 1.0  # seconds of rest
_PAUSE: Final = 0.25  # seconds between two tries to connect


class Pool:
    """Lends up to `most` connections at a time, each to one thread. Who finds none waits, for `patience` seconds.

    What comes back is lent again, the last first, if it still leads to the server. There are no threads behind it.
    """

    def __init__(self, connect: Callable[[], Connection], most: int, patience: float) -> None:
        self._connect = connect
        self._patience = patience
        self._room = threading.BoundedSemaphore(most)
        self._resting: list[tuple[Connection, float]] = []
        self._lock = threading.Lock()
        self._is_closed = False
        weakref.finalize(self, _close, self._resting, os.getpid())

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One of them. Raises BrokerUnavailable where there is none in time, be it for want of a server."""
        until = time.monotonic() + self._patience
        if not self._room.acquire(timeout=self._patience):
            raise BrokerUnavailable(f"no connection to the broker was free for {self._patience:g} s")
        try:
            conn = self._rested() or self._made(until)
            try:
                yield conn
            finally:
                self.give(conn)
        finally:
            self._room.release()

    def give(self, conn: Connection) -> None:
        """Keep a connection that nobody uses any more; one that is in the middle of something is closed."""
        with self._lock:
            if not self._is_closed and not conn.closed and conn.info.transaction_status == TransactionStatus.IDLE:
                self._resting.append((conn, time.monotonic()))
                return
        conn.close()

    def close(self) -> None:
        """Close those that rest, and each of the others as it comes back."""
        with self._lock:
            self._is_closed = True
            _close(self._resting, os.getpid())

    def _rested(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._resting:
                    return None
                conn, since = self._resting.pop()
            if _is_fresh(conn, since) or answers(conn):
                return conn

    def _made(self, until: float) -> Connection:
        while True:
            try:
                return self._connect()
            except BrokerUnavailable:
                if time.monotonic() + _PAUSE > until:
                    raise
            time.sleep(_PAUSE)


def _close(resting: list[tuple[Connection, float]], owner: int) -> None:
    """Close what rests; not in a fork, where it is the parent's."""
    while resting and os.getpid() == owner:
        resting.pop()[0].close()


def _is_fresh(conn: Connection, since: float) -> bool:
    """Whether it rested so short a time that a server which is gone would show by an end of the connection."""
    return time.monotonic() - since < _SHORT and not conn.closed and not wait_ready([conn.fileno()], 0)


def answers(conn: Connection) -> bool:
    """Whether a connection that was at rest still leads to the server; one that does not is closed."""
    try:
        with limited(conn, _PROBE):
            conn.execute("")
    except psycopg.OperationalError:
        with suppress(psycopg.Error):
            conn.close()
        return False
    return True
