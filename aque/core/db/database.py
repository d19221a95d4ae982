"""One broker's database: a pool of connections, opened when first used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from psycopg_pool import ConnectionPool

from ... import __version__
from ..errors import SchemaError
from .failures import translated
from .migrate import check, migrate, reset, schema_version
from .source import Connection, Source, configure

logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())  # the errors tell what it would write to stderr
_PATIENCE = 10.0  # seconds to wait for a connection


class Database:
    """Connections to one broker, each in autocommit mode and with its errors translated."""

    def __init__(self, url: str) -> None:
        self.source = Source(url)
        self._lock = threading.Lock()
        self._ready = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection from the pool; the first one also sees to the schema.

        Raises BrokerUnavailable, or SchemaError where the schema is missing, old or too new.
        """
        self.prepare()
        with translated(), self._pool.connection(timeout=_PATIENCE) as conn:
            yield conn

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end of the block."""
        with self.connection() as conn, conn.transaction():
            yield conn

    def initialise(self, *, from_scratch: bool = False) -> int:
        """Create the schema or bring it up to date; returns its version. `from_scratch` drops everything first."""
        with translated(), self.source.connect() as conn:
            if from_scratch:
                reset(conn)
            return migrate(conn, __version__)

    def close(self) -> None:
        """Close all connections."""
        if "_pool" in self.__dict__:
            self._pool.close()
            del self.__dict__["_pool"]

    def prepare(self) -> None:
        """Fail at once and clearly where a pool would only try again until its patience ends."""
        with self._lock:
            if not self._ready:
                with translated(), self.source.connect() as conn:
                    self._see_to_schema(conn)
                self._ready = True

    def _see_to_schema(self, conn: Connection) -> None:
        if check(version := schema_version(conn)):
            return
        if not self.source.embedded:
            state = "has no aque schema yet" if version == 0 else f"has an older schema (version {version})"
            raise SchemaError(f"the broker {state}: run `aque init`")
        migrate(conn, __version__)

    @cached_property
    def _pool(self) -> ConnectionPool[Connection]:
        return ConnectionPool(
            kwargs=self._arguments,
            configure=configure,
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=8,
            open=True,
            name="aque",
        )

    def _arguments(self) -> dict[str, object]:
        return {**self.source.conninfo(), "autocommit": True}
