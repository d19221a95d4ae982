"""Transactions that wait for each other: the one that is ended begins anew, and nobody hears of it."""

from __future__ import annotations

import threading

import aque
from aque.core.broker import Broker
from tests import work
from tests.waiting import wait_for

_WAITS = "select 1 from pg_locks where not granted and pid <> pg_backend_pid()"
_LOCK = "select 1 from aque.task where id = %s for no key update"


def test_a_kill_that_meets_another_transaction_head_on_is_done_all_the_same(broker: Broker) -> None:
    first, second = (aque.Queue(broker=broker).submit_ex(work.add, (1, 2), hold=True).id for _ in range(2))
    states: list[str] = []
    killer = threading.Thread(target=lambda: states.extend(each.state for each in broker.kill([first, second])))
    with broker.database.transaction() as conn:
        conn.execute("set local deadlock_timeout = '10min'")  # the other one is to be ended
        conn.execute(_LOCK, [second])
        killer.start()
        with broker.database.connection() as other:
            wait_for(lambda: other.execute(_WAITS).fetchone())
        conn.execute(_LOCK, [first])
    killer.join(30)
    assert states == ["cancelled", "cancelled"]
