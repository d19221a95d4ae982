"""Workers when things die under them: no task is lost, none runs twice at once, none ends twice."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

import aque
from aque.core import embedded
from aque.core.broker import Broker
from aque.core.worker.session import Session
from tests import work
from tests.waiting import wait_for

from .workers import Start


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def marking(path: Path, then: str = "sleep 600") -> dict[str, object]:
    """A command that leaves its pid in a file of its attempt, one line a run, and goes on until it is told to stop."""
    return {"pattern": "shell", "args": f"echo $$ >> {path}; {then}"}


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_dead(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def backend(broker: Broker, worker: int) -> int:
    """The server's process of a worker's session."""
    with broker.database.connection() as conn:
        row = conn.execute("select pid from pg_locks where locktype = 'advisory' and objid = %s", [worker]).fetchone()
    assert row
    return int(row[0])


def row(broker: Broker, task: int) -> tuple[str, int, int]:
    """State, attempt and losses of a task."""
    with broker.database.connection() as conn:
        found = conn.execute("select state::text, attempt, losses from aque.task where id = %s", [task]).fetchone()
    assert found
    return found  # type: ignore[return-value]


def test_the_tasks_of_a_worker_that_is_killed_die_with_it_and_run_again(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    first = start()
    wait_for(lambda: pids(mark), 30)
    first.kill()
    go.touch()
    start()
    assert future.result(60) == 0
    assert len(pids(mark)) == 2
    wait_for(lambda: is_dead(pids(mark)[0]), 10, "the task outlived its worker")
    assert row(broker, future.id) == ("success", 2, 1)


def test_a_task_that_takes_three_workers_down_is_an_error(queue: aque.Queue, broker: Broker, start: Start) -> None:
    # its parent is the runner, whose parent is the guardian, whose parent is the worker
    future = queue.submit_ex(pattern="shell", args="p=$$; for up in 1 2 3; do p=$(ps -o ppid= -p $p); done; kill -9 $p")
    for _ in range(3):
        start().wait(60)
    last = start()
    assert isinstance(future.exception(60), aque.TaskLost)
    assert last.poll() is None


def test_a_session_that_is_ended_costs_no_run(queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done; echo out")])[0]
    start()
    wait_for(lambda: pids(mark), 30)
    worker = broker.workers()[0].id
    for _ in range(3):
        old = backend(broker, worker)
        with broker.database.connection() as conn:
            conn.execute("select pg_terminate_backend(%s)", [old])
        wait_for(lambda old=old: is_back(broker, worker, old), 30, "the worker did not come back")  # type: ignore[misc]
    go.touch()
    assert (future.result(30), future.output()) == (0, b"out\n")
    assert (len(pids(mark)), row(broker, future.id)) == (1, ("success", 1, 0))


def is_back(broker: Broker, worker: int, old: int) -> bool:
    with broker.database.connection() as conn:
        found = conn.execute(
            "select 1 from pg_locks where locktype = 'advisory' and objid = %s and pid <> %s", [worker, old]
        ).fetchone()
    return found is not None


def test_a_backend_that_is_frozen_is_left_behind(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    start()
    wait_for(lambda: pids(mark), 30)
    frozen = backend(broker, broker.workers()[0].id)
    os.kill(frozen, signal.SIGSTOP)
    try:
        go.touch()
        assert future.result(60) == 0
    finally:
        os.kill(frozen, signal.SIGCONT)
    assert (len(pids(mark)), row(broker, future.id)) == (1, ("success", 1, 0))


def test_a_restart_of_the_server_costs_no_run(start: Start, tmp_path: Path, server: Path) -> None:
    home = server.parent / "restarted"
    mark, go = tmp_path / "mark", tmp_path / "go"
    with Broker(f"embedded:{home}") as broker:
        future = aque.Queue(broker=broker).submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
        start(url=broker.to_url())
        wait_for(lambda: pids(mark), 30)
        embedded.stop(home)
        go.touch()
        assert future.result(60) == 0
        assert (len(pids(mark)), row(broker, future.id)) == (1, ("success", 1, 0))
    embedded.stop(home)


def test_a_runner_that_is_killed_is_replaced_and_its_tasks_with_it(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    worker = psutil.Process(start().pid)
    wait_for(lambda: pids(mark), 30)
    runner = next(each for each in worker.children() if "boot.py" in " ".join(each.cmdline()))
    runner.kill()
    wait_for(lambda: len(pids(mark)) == 2, 30)
    wait_for(lambda: is_dead(pids(mark)[0]), 10, "a task of the dead runner lives on")
    go.touch()
    assert future.result(30) == 0
    assert row(broker, future.id) == ("success", 2, 1)


def test_the_second_term_ends_a_worker_and_its_tasks_wait_again_at_no_cost(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    future = queue.submit_many([marking(mark, "trap '' TERM; while :; do sleep 0.05; done")])[0]
    worker = start()
    wait_for(lambda: pids(mark), 30)
    worker.terminate()
    wait_for(lambda: broker.workers()[0].draining, 30)
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(30) == 0
    assert row(broker, future.id) == ("pending", 1, 0)
    assert is_dead(pids(mark)[0])
    assert broker.workers() == []


def test_a_run_that_the_broker_refuses_spoils_no_other_at_the_end(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    marks = [tmp_path / str(number) for number in range(4)]
    tasks = [{**marking(mark), "cpus": 0.5} for mark in marks]
    bad, *others = [future.id for future in queue.submit_many(tasks)]
    with broker.database.connection() as conn:
        conn.execute(
            f"create function public.refuse() returns trigger language plpgsql as $$ begin"
            f" if new.task_id = {bad} then raise exception 'refused'; end if; return new; end $$;"
            " create trigger refuse before insert on aque.attempt for each row execute function public.refuse()"
        )
    try:
        worker = start()
        wait_for(lambda: all(map(pids, marks)), 30)
        worker.terminate()
        wait_for(lambda: broker.workers()[0].draining, 30)
        worker.terminate()
        assert worker.wait(60) == 0
        assert {row(broker, task) for task in others} == {("pending", 1, 0)}
    finally:
        with broker.database.connection() as conn:
            conn.execute("drop function public.refuse cascade")


def test_a_worker_that_was_given_up_ends_its_tasks_and_starts_over(
    queue: aque.Queue, broker: Broker, start: Start, tmp_path: Path
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    start()
    wait_for(lambda: pids(mark), 30)
    with broker.database.connection() as conn:
        conn.execute("select aque.forsake(array(select id from aque.worker))")
    wait_for(lambda: len(pids(mark)) == 2, 30)
    assert is_dead(pids(mark)[0])
    go.touch()
    assert future.result(30) == 0
    assert row(broker, future.id) == ("success", 2, 1)


def test_what_a_worker_was_given_without_hearing_of_it_goes_back(
    queue: aque.Queue, broker: Broker, start: Start
) -> None:
    """A connection can be lost between a commit and its answer: the tasks would run for ever on paper."""
    start("-q", "other")
    wait_for(broker.workers, 30)
    worker = broker.workers()[0].id
    future = queue.submit(work.add, 1, 2)
    with broker.database.connection() as conn:
        conn.execute(
            "update aque.task set state = 'running', worker_id = %s, lease = nextval('aque.lease_id'), attempt = 1"
            " where id = %s",
            [worker, future.id],
        )
        conn.execute("select pg_terminate_backend(%s)", [backend(broker, worker)])
    wait_for(lambda: row(broker, future.id) == ("pending", 0, 0), 30)


@pytest.mark.usefixtures("worker")
def test_what_the_broker_cannot_store_fails_its_own_task_alone(queue: aque.Queue) -> None:
    bad = queue.submit(work.say_what_cannot_be_stored)
    good = [queue.submit(work.add, each, 1) for each in range(5)]
    assert [each.result(30) for each in good] == [1, 2, 3, 4, 5]
    assert "cannot be stored" in str(bad.exception(30))


@pytest.mark.usefixtures("worker")
def test_messages_that_make_no_sense_hurt_nobody(queue: aque.Queue) -> None:
    assert queue.submit(work.babble).result(30) == "done"


@pytest.mark.usefixtures("worker")
def test_a_task_gets_the_signal_that_is_to_end_it_once(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    """A program may take a second TERM for impatience; the worker looks for what is asked over and over."""
    heard, ready, go = tmp_path / "heard", tmp_path / "ready", tmp_path / "go"
    command = f"trap 'echo x >> {heard}' TERM; touch {ready}; while [ ! -e {go} ]; do sleep 0.05; done"
    future = queue.submit_ex(pattern="shell", args=command)
    wait_for(ready.exists, 30)
    broker.kill([future.id], grace=60.0)
    wait_for(heard.exists, 30)
    before = broker.workers()[0].last_active
    wait_for(lambda: (broker.workers()[0].last_active - before).total_seconds() > 2, 30)
    go.touch()
    assert isinstance(future.exception(30), aque.TaskKilled)
    assert heard.read_text() == "x\n"


def test_a_worker_without_room_does_not_spin_over_a_task_whose_time_has_come(
    queue: aque.Queue, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can do nothing for it until something ends: to look again and again would cost a cpu or two."""
    beats: list[float] = []
    beat = Session.beat

    def counted(self: Session, **told: Any) -> bool:
        beats.append(time.monotonic())
        return beat(self, **told)

    monkeypatch.setattr(Session, "beat", counted)
    with work.running_worker(broker, cpus=1):
        first = queue.submit_many([{"pattern": "shell", "args": "exec sleep 600"}])[0]
        wait_for(lambda: row(broker, first.id)[0] == "running")
        due = broker.now() + timedelta(seconds=0.1)
        second = queue.submit_many([{"pattern": "shell", "args": "true", "run_at": due}])[0]
        wait_for(lambda: broker.now() > due)
        begun = len(beats)
        until = time.monotonic() + 3
        wait_for(lambda: time.monotonic() > until)
        found = len(beats) - begun
        broker.kill([first.id], 9, None)
        assert second.result(30) == 0
    assert found < 20
