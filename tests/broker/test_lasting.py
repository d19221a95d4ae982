"""What the one thread that listens has to outlive, so that nobody in its process waits for ever."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator

import pytest

import aque
from aque.core import listener as listening
from aque.core.broker import Broker
from aque.core.db.source import Connection, Source
from aque.core.errors import BrokerUnavailable
from aque.core.listener import Event, Listener
from aque.core.queries import submission
from aque.core.queries.submission import Change
from aque.core.states import State
from tests import work
from tests.waiting import wait_for
from tests.work import running_worker


def test_a_notification_of_somebody_elses_stops_no_listener(broker: Broker) -> None:
    heard: list[Event] = []
    broker.bind("task_status", heard.append)
    broker.listener.wait(10)
    with broker.database.connection() as conn:
        for payload in ("", "nonsense", "success x", "success 1-", "finished 7"):
            conn.execute("select pg_notify('aque_task', %s)", [payload])
        submission.announce(conn, [Change(7, State.SUCCESS)])
    wait_for(lambda: any(event.state == State.SUCCESS for event in heard))


def test_an_end_that_was_never_announced_is_found_while_others_are(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may die between its commit and its announcement, and a broker may never be quiet."""
    monkeypatch.setattr(listening, "_POLL", 0.5)
    future = aque.Queue(broker=broker).submit(work.add, 1, 2)
    wait_for(lambda: broker.listener.wait(10))
    done = threading.Event()

    def chatter() -> None:
        with broker.database.connection() as conn:
            while not done.wait(0.05):
                submission.announce(conn, [Change(10**9, State.SUCCESS)])

    thread = threading.Thread(target=chatter)
    thread.start()
    with broker.database.connection() as conn:
        conn.execute(
            "update aque.task set state = 'killed', finished_at = clock_timestamp() where id = %s", [future.id]
        )
    try:
        wait_for(future.done)
    finally:
        done.set()
        thread.join()


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """More than `select` can tell apart."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for each in opened:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_descriptors")
def test_futures_and_workers_live_in_processes_with_many_open_files(broker: Broker) -> None:
    with running_worker(broker):
        assert aque.Queue(broker=broker).submit(work.add, 1, 2).result(30) == 3


class Counted(Source):
    """Where nobody listens, and how often it was tried."""

    tries = 0

    def connect(self) -> Connection:
        self.tries += 1
        raise BrokerUnavailable("nobody there")


def test_a_server_that_is_gone_is_not_tried_without_a_pause() -> None:
    source = Counted("postgresql://127.0.0.1:1/nowhere")
    listener = Listener(source)
    for _ in range(3):
        listener.bind("work", lambda event: None)
    wait_for(lambda: source.tries >= 4)  # after 0.1, 0.2 and 0.4 s
    listener.close()
    assert source.tries < 8


def test_a_broker_that_was_closed_tells_futures_and_workers_again(broker: Broker) -> None:
    queue = aque.Queue(broker=broker)
    with running_worker(broker):
        assert queue.submit(work.add, 1, 2).result(30) == 3
    broker.close()
    told: list[Event] = []
    with running_worker(broker):
        broker.bind("task_status", told.append)
        assert queue.submit(work.add, 2, 2).result(8) == 4  # sooner than by looking, every 10 s
        assert any(not event.resync for event in told)


def test_brokers_that_are_closed_leave_no_descriptors(broker: Broker) -> None:
    def use() -> None:
        with Broker(broker.to_url()) as other:
            other.bind("work", lambda event: None)
            other.listener.wait(10)

    use()
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        use()
    wait_for(lambda: len(os.listdir("/dev/fd")) <= before + 1)


def test_a_fork_has_connections_and_a_listener_of_its_own(broker: Broker) -> None:
    queue = aque.Queue(broker=broker)
    with running_worker(broker):
        assert queue.submit(work.add, 1, 2).result(30) == 3
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if queue.submit(work.add, 2, 2).result(30) == 4 else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert queue.submit(work.add, 3, 2).result(30) == 5
