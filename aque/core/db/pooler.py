"""Poolers, such as PgBouncer: they lend the sessions of the server, perhaps for one transaction at a time.

Nothing that belongs to a session can be relied upon behind one: prepared statements, settings, locks, notifications.
Whether it pools sessions or transactions cannot be found out for certain, and to be wrong would run tasks twice; so
nobody relies on a session behind any pooler.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

_REFUSAL: Final = "startup parameter"  # "unsupported startup parameter: options", and "… in options: jit" of newer ones
_PREPARED_AFTER: Final = 2  # executions of a statement


def refuses_options(error: psycopg.OperationalError) -> bool:
    """Whether it was the settings asked for at the start of a session that kept it from being made."""
    return _REFUSAL in str(error)


def adapt(conn: psycopg.Connection[Any], *, is_private: bool) -> None:
    """Find out of a new connection whether a pooler stands in between, and have it do without its session then.

    `is_private`: the server is known to be reached directly. Raises psycopg.Error.
    """
    is_lent = not is_private and _is_lent(conn)
    conn.prepare_threshold = None if is_lent else _PREPARED_AFTER
    if is_lent and conn.info.parameter_status("TimeZone") != "UTC":
        conn.execute("set timezone = 'UTC'")  # one of the few settings that poolers carry from session to session


def has_session(conn: psycopg.Connection[Any]) -> bool:
    """Whether a connection that was adapted has a session of the server for itself, as long as it lasts."""
    return conn.prepare_threshold is not None


def _is_lent(conn: psycopg.Connection[Any]) -> bool:
    """A pooler does not tell the process behind it, which cancels are for: it hands out keys of its own."""
    row = conn.execute("select pg_backend_pid()").fetchone()
    return row is None or row[0] != conn.info.backend_pid
