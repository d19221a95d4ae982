"""A broker with a backlog, made by the server itself, and the plans of what is run in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.errors import Diagnostic

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import registry
from aque.core.queries.registry import WorkerInfo

_FILL = """
with demand as materialized (
    select n, aque.shape_of(row('default', 'me', 1, 0, n * 1048576, '{}', '', '{}', '{}', '')::aque.demand) as shape
    from generate_series(1, 3) n
), made as (
    insert into aque.task (id, shape_id, memory, state, blockers, attempt, started_at, finished_at)
    select nextval('aque.task_id'), d.shape, d.n * 1048576, s.state::aque.state, s.blockers, s.attempt, s.at, s.at
    from (values ('success', 0, 1, now()), ('error', 0, 1, now()), ('pending', 0, 0, null), ('pending', 1, 0, null))
             s (state, blockers, attempt, at)
    cross join generate_series(1, %(count)s) g
    join demand d on d.n = g %% 3 + 1
    returning id, state, blockers, attempt, finished_at
), spec as (
    insert into aque.spec (task_id, name, pattern, func, args) select id, 'f', 'generic', 'm:f', '[]' from made
), run as (
    insert into aque.attempt (task_id, number, state, finished_at, exit_code)
    select id, attempt, state, finished_at, 0 from made where attempt = 1
), result as (
    insert into aque.result (task_id, value) select id, '1' from made where state = 'success'
), ready as (
    select id, row_number() over (order by id) as nth from made where state = 'pending' and blockers = 0
), waiting as (
    select id, row_number() over (order by id) as nth from made where blockers = 1
)
insert into aque.dependency (needs_id, task_id) select r.id, w.id from ready r join waiting w using (nth)
"""
_TABLES = ("task", "spec", "dependency", "attempt", "result", "shape", "worker")


def fill(conn: Connection, count: int, *, analysed: bool = True) -> None:
    """`count` tasks each that succeeded, that failed, that are ready, and that need one of those."""
    conn.execute("set statement_timeout = 0")
    conn.execute(_FILL, {"count": count})
    if analysed:
        analyse(conn)


def analyse(conn: Connection) -> None:
    """Have the server renew its figures of the tables."""
    for table in _TABLES:
        conn.execute(f"vacuum analyze aque.{table}".encode())


def submit(broker: Broker, **fields: Any) -> int:
    """Store a task; its id."""
    return broker.submit([{"func": "m:f", "user": "me", **fields}], {})[0]


def register(conn: Connection, *, cpus: float = 1000, memory: int = 1 << 40, user: str = "me") -> int:
    """A worker that nothing runs in."""
    return registry.register(conn, WorkerInfo("w", "h", None, 1, "linux", user, False, cpus, memory, None, [], "0"))


def info(**given: Any) -> WorkerInfo:
    """A small worker, unless it is said otherwise."""
    fields = {
        "name": "w",
        "hostname": "h1",
        "ip": None,
        "pid": 1,
        "platform": "linux",
        "username": "me",
        "any_user": False,
        "cpus": 2.0,
        "memory": 1 << 40,
        "queues": None,
        "tags": [],
        "version": "0",
    }
    return WorkerInfo(**{**fields, **given})


@contextmanager
def plans(conn: Connection) -> Iterator[list[dict[str, Any]]]:
    """The plans of all that the session runs, also inside of functions, with what it really read."""
    found: list[dict[str, Any]] = []

    def note(notice: Diagnostic) -> None:
        head, _, text = (notice.message_primary or "").partition("plan:\n")
        if head.startswith("duration:"):
            found.append(json.loads(text))

    conn.execute("load 'auto_explain'")
    conn.add_notice_handler(note)
    for name, value in _EXPLAIN.items():
        conn.execute("select set_config(%s, %s, false)", [name, value])
    yield found
    conn.execute("set client_min_messages = warning")
    conn.remove_notice_handler(note)


_EXPLAIN = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "client_min_messages": "log",
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
