"""One broker's database: a connection that is kept, and a pool beside it for when that is in use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..errors import SchemaError
from ..version import __version__
from .failures import translated
from .kept import Kept, probe
from .migrate import found, is_shared, migrate, owner, reset, share
from .source import Connection, Source
from .watchdog import limited

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

_PATIENCE: Final = 10.0  # seconds to wait for a connection
_MOST: Final = 8  # connections of the pool
_LIMIT: Final = 60.0  # seconds for all that is done with a connection in one go


class Database:
    """Connections to one broker, each in autocommit mode and with its errors translated."""

    def __init__(self, url: str) -> None:
        self.source = Source(url)
        self._lock = threading.Lock()
        self._kept: Kept | None = None
        self._pool: ConnectionPool[Connection] | None = None

    @contextmanager
    def connection(self, limit: float = _LIMIT) -> Iterator[Connection]:
        """A connection for `limit` seconds at most; the first one also sees to the schema.

        Raises BrokerUnavailable, or SchemaError where the schema is missing, old or too new.
        """
        with translated(), self._lent() as conn, limited(conn, limit):
            yield conn

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        with self.prepare().lent() as conn:
            if conn:
                yield conn
                return
        with self._opened().connection(timeout=_PATIENCE) as conn:
            yield conn

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
            kept, self._kept = self._kept, None
            pool, self._pool = self._pool, None
        if kept:
            kept.close()
        if pool:
            pool.close()

    def prepare(self) -> Kept:
        """Connect, unless that was done. It fails at once, where a pool would try again until its patience ends."""
        with self._lock:
            if self._kept is None:
                self._kept = Kept(self._first())
            return self._kept

    def _first(self) -> Connection:
        with translated():
            conn = self.source.connect()
            try:
                self._see_to_schema(conn)
            except BaseException:
                conn.close()
                raise
        return conn

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

    def _opened(self) -> ConnectionPool[Connection]:
        from psycopg_pool import ConnectionPool  # half as much again as all else that a command loads

        with self._lock:
            if self._pool is None:
                # The errors tell what it would write to stderr.
                logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())
                self._pool = ConnectionPool(
                    kwargs=self._arguments,
                    configure=self.source.configure,
                    check=probe,
                    min_size=0,
                    max_size=_MOST,
                    open=True,
                    name="aque",
                )
            return self._pool

    def _arguments(self) -> dict[str, object]:
        return {**self.source.conninfo(), "autocommit": True}
