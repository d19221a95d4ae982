"""What a process hears of a broker, and the verbs that a worker stands on."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from aque.core.listener import Event
from aque.core.queries import registry
from aque.core.queries.output import Place
from aque.core.worker.host import describe
from tests import work
from tests.waiting import wait_for
from tests.work import running_worker


class Sleeper:
    """A worker of somebody's own."""

    def __init__(self, broker: Broker) -> None:
        with broker.database.connection() as conn:
            self.id = registry.register(conn, describe("mine", 4.0, 1 << 30, None, ()))
            registry.set_idle(conn, self.id, True)
        self.woken = 0

    def wake_for_work(self) -> None:
        self.woken += 1


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def test_a_task_is_heard_of_by_state_and_by_id_until_it_is_unbound(queue: aque.Queue, broker: Broker) -> None:
    heard: list[tuple[str, object]] = []
    one, other = (queue.submit(work.add, each, 1) for each in (1, 2))

    def note(event: Event) -> None:
        if event.state not in (None, "pending"):
            heard.append((f"{event.state}", list(event.ids[0])))

    for topic in ("task_status.running", "task_status.success", f"task_status.{one.id}"):
        broker.bind(topic, note)
    broker.unbind("task_status.success", note)
    broker.listener.wait(10)
    with running_worker(broker, cpus=1.0):
        assert (one.result(30), other.result(30)) == (2, 3)
        wait_for(lambda: ("running", [other.id]) in heard)
    assert [(state, ids) for state, ids in heard if ids == [one.id]].count(("running", [one.id])) == 2  # by both topics
    assert ("success", [one.id]) in heard
    assert ("success", [other.id]) not in heard


@pytest.mark.usefixtures("worker")
def test_what_a_task_writes_is_heard_of_while_it_runs(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    go = tmp_path / "go"
    future = queue.submit_ex(
        pattern="shell", args=f"echo one; while [ ! -e {go} ]; do sleep 0.05; done; echo two", hold=False
    )
    place, read = [Place()], []

    def follow(event: Event) -> None:
        assert event.topic == "output"
        for piece in broker.output(future.id, place[0].seq):
            read.append(piece.data)
            place[0] = Place.after(piece)

    broker.bind(f"output.{future.id}", follow)
    wait_for(lambda: read == [b"one\n"], 30)
    go.touch()
    wait_for(lambda: read == [b"one\n", b"two\n"], 30)
    broker.unbind(f"output.{future.id}", follow)


def test_a_worker_is_woken_for_new_work_and_kept_by_a_weak_reference(queue: aque.Queue, broker: Broker) -> None:
    sleeper = Sleeper(broker)
    broker.register_worker(sleeper)
    broker.listener.wait(10)
    gone = weakref.ref(sleeper)
    before = sleeper.woken
    queue.submit(work.add, 1, 2)
    wait_for(lambda: (found := gone()) and found.woken > before)
    del sleeper
    gc.collect()
    assert gone() is None


def test_a_worker_that_is_registered_no_more_is_left_alone(queue: aque.Queue, broker: Broker) -> None:
    asleep, awake = Sleeper(broker), Sleeper(broker)
    for each in (asleep, awake):
        broker.register_worker(each)
    broker.listener.wait(10)
    wait_for(lambda: asleep.woken and awake.woken)
    broker.unregister_worker(asleep)
    before = asleep.woken, awake.woken
    queue.submit(work.add, 1, 2)
    wait_for(lambda: awake.woken > before[1])
    assert asleep.woken == before[0]


def test_what_is_captured_can_be_released_and_a_lease_counts_once(queue: aque.Queue, broker: Broker) -> None:
    sleeper = Sleeper(broker)
    future = queue.submit_ex(work.add, (1, 2), memory="1MB")
    assert broker.heartbeat(sleeper, cpus_used=1.0)
    assert broker.capture(sleeper, 4.0, 1000, 10) == []
    (captured,) = broker.capture(sleeper, 4.0, 1 << 30, 10)
    assert (captured.id, broker.tasks([future.id])[0].state) == (future.id, "running")
    assert broker.release([(captured.id, captured.lease)]) == [future.id]
    assert broker.release([(captured.id, captured.lease)]) == []
    assert broker.tasks([future.id])[0].state == "pending"
