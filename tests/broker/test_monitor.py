"""What a screen sees of a broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import aque
from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.core.queries import reading
from aque.core.selection import Selection
from aque.core.sorting import NEWEST
from aque.core.states import State
from aque.core.steering import Steering
from tests.waiting import wait_for

from .backlog import register
from .test_retry import end, run


@pytest.fixture
def monitor(broker: Broker) -> Iterator[Monitor]:
    made = Monitor(broker)
    yield made
    made.close()


def submit(broker: Broker, count: int) -> list[int]:
    prototypes = [{"pattern": "shell", "args": "true"} for _ in range(count)]
    return [each.id for each in aque.Queue(broker=broker).submit_many(prototypes)]


def test_ids_come_in_order_and_whole(broker: Broker, monitor: Monitor) -> None:
    assert list(monitor.ids()) == list(monitor.ids(sort=NEWEST, limit=5)) == []
    ids = submit(broker, 300)
    assert list(monitor.ids()) == ids
    assert list(monitor.ids(since=ids[290])) == ids[290:]
    assert list(monitor.ids(sort=NEWEST, limit=7)) == ids[:-8:-1]


def test_rows_come_in_the_order_asked_for_without_those_that_are_gone(broker: Broker, monitor: Monitor) -> None:
    ids = submit(broker, 3)
    assert [row.id for row in monitor.rows([ids[2], 10**9, ids[0]])] == [ids[2], ids[0]]
    assert monitor.rows([ids[0]])[0].args == '"true"'


def test_sums(broker: Broker, monitor: Monitor) -> None:
    ids = submit(broker, 4)
    broker.kill(ids[:1])
    assert monitor.counts() == {State.PENDING: 3, State.CANCELLED: 1}
    assert monitor.farm().workers == 0


@pytest.mark.usefixtures("worker")
def test_the_farm_is_that_of_the_workers_that_live(monitor: Monitor) -> None:
    wait_for(lambda: monitor.farm().workers == 1)
    assert monitor.farm().cpus == 2.0


def test_falls_are_those_that_need_its_success_and_their_own(broker: Broker, monitor: Monitor) -> None:
    """Who runs after any end, or after a failure, is not hit by a kill."""
    queue = aque.Queue(broker=broker)
    first = queue.submit_ex(pattern="shell", args="true")
    second = queue.submit_ex(pattern="shell", args="true", dependencies=[first])
    queue.submit_ex(pattern="shell", args="true", dependencies=[second])
    queue.submit_ex(pattern="shell", args="true", dependencies=[(first.id, "complete")])
    queue.submit_ex(pattern="shell", args="true", dependencies=[(first.id, "failure")])
    assert monitor.falls([first.id]) == 2
    assert monitor.falls([second.id]) == 1


def test_what_has_had_its_need_does_not_fall_though_that_runs_again(broker: Broker, monitor: Monitor) -> None:
    """Neither what began before the retry, nor what waits for it."""
    first, second, _ = (task for task in _chain(broker, 3))
    worker = broker.read(register)
    end(broker, run(broker, worker), State.SUCCESS)
    assert run(broker, worker).id == second
    Steering(broker).retry(Selection.of([first]))
    assert monitor.falls([first]) == 0
    assert monitor.falls([second]) == 1


def _chain(broker: Broker, count: int) -> list[int]:
    made: list[int] = []
    for _ in range(count):
        made += broker.submit([{"func": "m:f", "user": "me", "dependencies": made[-1:]}], {})
    return made


def test_a_connection_that_was_lost_at_rest_is_replaced_unnoticed(
    broker: Broker, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the first kill from the screen after a restart of the server would fail."""
    monkeypatch.setattr("aque.core.monitor._REST", 0.0)
    monitor.ids()
    assert monitor._conn
    with broker.database.connection() as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 10000)", [monitor._conn.info.backend_pid])
    assert list(monitor.ids()) == []


@pytest.mark.usefixtures("worker")
def test_the_tail_of_an_output(broker: Broker, monitor: Monitor) -> None:
    future = aque.Queue(broker=broker).submit_ex(pattern="shell", args="echo one; sleep 0.3; echo two")
    assert future.result(20) == 0
    end = monitor.read(reading.extent, future.id)
    assert end

    def tail(limit: int) -> list[reading.TimedPiece]:
        return monitor.read(reading.backwards, future.id, end.attempt, end.pieces, limit)

    assert b"".join(piece.data for piece in tail(512)) == b"one\ntwo\n"
    assert tail(1)[0].data.endswith(b"two\n")


def test_what_is_being_asked_can_be_cancelled_and_asked_again(broker: Broker, monitor: Monitor) -> None:
    """Else whoever leaves the screen waits for the slowest query."""
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(aque.BrokerUnavailable):
            monitor.counts()
        ended.set()

    assert monitor.counts() == {}
    with broker.database.transaction() as conn:
        conn.execute("lock table aque.task in access exclusive mode")
        thread = threading.Thread(target=ask)
        thread.start()
        wait_for(lambda: monitor.cancel() or ended.is_set())
        thread.join(10)
    assert monitor.counts() == {}


def test_a_lost_connection_is_told_once_and_made_anew(broker: Broker, monitor: Monitor) -> None:
    assert monitor.counts() == {}
    with broker.database.connection() as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
    with pytest.raises(aque.BrokerError):
        monitor.counts()
    assert monitor.counts() == {}
