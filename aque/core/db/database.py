"""One broker's database: a pool of connections, opened when first used."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg_pool import ConnectionPool

from ..alarm import wait_ready
from ..errors import SchemaError
from ..version import __version__
from .failures import translated
from .migrate import found, is_shared, migrate, owner, reset, share
from .source import Connection, Source
from .watchdog import limited

logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())  # the errors tell what it would write to stderr
_PATIENCE: Final = 10.0  # seconds to wait for a connection
_PROBE: Final = 5.0  # seconds for a connection that was at rest to answer
_FRESH: Final = 1.0  # seconds after an answer in which a connection on which nothing came needs no probe
_LIMIT: Final = 60.0  # seconds for all that is done with a connection in one go


class Database:
    """Connections to one broker, each in autocommit mode and with its errors translated."""

    def __init__(self, url: str) -> None:
        self.source = Source(url)
        self._lock = threading.Lock()
        self._pool: ConnectionPool[Connection] | None = None
        self._used: weakref.WeakKeyDictionary[Connection, float] = weakref.WeakKeyDictionary()

    @contextmanager
    def connection(self, limit: float = _LIMIT) -> Iterator[Connection]:
        """A connection from the pool, for `limit` seconds at most; the first one also sees to the schema.

        Raises BrokerUnavailable, or SchemaError where the schema is missing, old or too new.
        """
        pool = self.prepare()
        with translated(), pool.connection(timeout=_PATIENCE) as conn, limited(conn, limit):
            yield conn
            self._used[conn] = time.monotonic()

    @contextmanager
    def transaction(self, limit: float = _LIMIT) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end of the block."""
        with self.connection(limit) as conn, conn.transaction():
            yield conn

    def initialise(self, *, from_scratch: bool = False, shared: bool = False) -> int:
        """Create the schema or bring it up to date; returns its version. `from_scratch` drops everything first.

        `shared`: roles that do not trust each other use it from now on; what was shared stays so.
        Raises SchemaError, or PermissionDenied where this role may not do it.
        """
        with translated(), self.source.connect() as conn:
            if from_scratch:
                shared = shared or is_shared(conn)
                reset(conn)
            version = migrate(conn, __version__)
            if shared:
                share(conn)
            return version

    def version(self) -> int:
        """The version of the broker's schema; 0 where there is none."""
        with translated(), self.source.connect() as conn:
            return found(conn).version

    def close(self) -> None:
        """Close all connections; more may be asked for later."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.close()

    def prepare(self) -> ConnectionPool[Connection]:
        """Fail at once and clearly where a pool would only try again until its patience ends."""
        with self._lock:
            if self._pool is None:
                with translated(), self.source.connect() as conn:
                    self._see_to_schema(conn)
                self._pool = self._new_pool()
            return self._pool

    def _see_to_schema(self, conn: Connection) -> None:
        have = found(conn)
        if have.is_current():
            return
        if not self.source.embedded:
            state = f"has another schema (version {have.version})" if have.version else "has no aque schema yet"
            other = owner(conn)
            whose = f"ask its owner, {other}, to run" if other else "run"
            raise SchemaError(f"the broker {state}: {whose} `aque init`")
        migrate(conn, __version__)

    def _new_pool(self) -> ConnectionPool[Connection]:
        return ConnectionPool(
            kwargs=self._arguments,
            configure=self.source.configure,
            check=self._check,
            min_size=0,
            max_size=8,
            open=True,
            name="aque",
        )

    def _check(self, conn: Connection) -> None:
        """Probe a connection that was at rest for long, or that has something to say: that it was ended, mostly."""
        if time.monotonic() - self._used.get(conn, 0.0) > _FRESH or wait_ready([conn.fileno()], 0.0):
            _probe(conn)

    def _arguments(self) -> dict[str, object]:
        return {**self.source.conninfo(), "autocommit": True}


def answers(conn: Connection) -> bool:
    """Whether a connection that was at rest still leads to the server; one that does not is closed."""
    try:
        _probe(conn)
    except psycopg.OperationalError:
        conn.close()
        return False
    return True


def _probe(conn: Connection) -> None:
    with limited(conn, _PROBE):
        ConnectionPool.check_connection(conn)
