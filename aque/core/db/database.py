"""One broker's database: a pool of connections, opened when first used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import SchemaError
from ..version import __version__
from .failures import translated
from .migrate import found, is_shared, migrate, owner, reset, share
from .pool import Pool
from .source import Connection, Source
from .watchdog import limited

_MOST: Final = 8  # connections
_PATIENCE: Final = 10.0  # seconds to wait for a connection
_LIMIT: Final = 60.0  # seconds for all that is done with a connection in one go


class Database:
    """Connections to one broker, each in autocommit mode and with its errors translated."""

    def __init__(self, url: str) -> None:
        self.source = Source(url)
        self._lock = threading.Lock()
        self._pool: Pool | None = None

    @contextmanager
    def connection(self, limit: float = _LIMIT) -> Iterator[Connection]:
        """A connection from the pool, for `limit` seconds at most; the first one also sees to the schema.

        Raises BrokerUnavailable, or SchemaError where the schema is missing, old or too new.
        """
        pool = self.prepare()
        with translated(), pool.connection() as conn, limited(conn, limit):
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
            pool, self._pool = self._pool, None
        if pool:
            pool.close()

    def prepare(self) -> Pool:
        """Fail at once and clearly where a pool would only try again until its patience ends."""
        with self._lock:
            if self._pool is None:
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> Pool:
        with translated():
            conn = self.source.connect()
            try:
                self._see_to_schema(conn)
            except BaseException:
                conn.close()
                raise
        pool = Pool(self.source.connect, _MOST, _PATIENCE)
        pool.give(conn)
        return pool

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
