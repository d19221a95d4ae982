"""Two set the same thing at the same moment: the entry of each tells what was before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aque.core import farm
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.deeds import alone
from aque.core.queries import events, limits, retention
from aque.core.queries import farm as queues
from tests.waiting import wait_for

_WAITS = "select 1 from pg_locks where not granted and pid <> pg_backend_pid()"
_CASES: dict[str, tuple[Callable[[Connection], object], Callable[[Broker], object], Any]] = {
    "a limit": (
        lambda conn: limits.set_size(conn, "a", 5),
        lambda broker: farm.set_limit(broker, "a", 7),
        {"limits": {"a": {"size": 5}}},
    ),
    "a queue's limit": (
        lambda conn: queues.limit(conn, ["a"], 5),
        lambda broker: farm.limit(broker, ["a"], 7),
        {"queues": {"a": {"max_running": 5}}},
    ),
    "how long is kept": (
        lambda conn: retention.set_keep(conn, 500),
        lambda broker: farm.keep_for(broker, 700),
        {"retention": {"tasks": {"keep": 500}}},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_what_was_before_is_what_the_other_set(broker: Broker, name: str) -> None:
    first, second, before = _CASES[name]
    with ThreadPoolExecutor(1) as pool:
        with alone(broker.database) as other:
            first(other)
            done = pool.submit(second, broker)
            with broker.database.connection() as conn:
                wait_for(lambda: conn.execute(_WAITS).fetchone() or done.done())
        done.result(20)
    (entry,) = broker.read(events.latest, 1)
    assert json.loads(entry.before or "") == before
