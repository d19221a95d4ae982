"""What functions share their process with, from the submission to what is stored of their runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import aque
from aque.core.broker import Broker
from tests import work
from tests.waiting import wait_for
from tests.work import running_worker


@pytest.fixture
def queue(broker: Broker) -> Iterator[aque.Queue]:
    """With room for one at a time, so that two that may share a process do."""
    with running_worker(broker, cpus=1.0):
        yield aque.Queue(broker=broker)


def processes(queue: aque.Queue, count: int = 3, **fields: object) -> int:
    """In how many processes so many functions ran."""
    futures = queue.submit_many([{"func": "os:getpid", **fields} for _ in range(count)])
    return len({future.result(30) for future in futures})


def test_functions_have_processes_of_their_own_unless_they_say(queue: aque.Queue) -> None:
    assert processes(queue) == 3
    assert processes(queue, isolation="process") == 3
    assert processes(queue, isolation="shared") == 1


def test_a_queue_says_it_for_its_tasks(queue: aque.Queue) -> None:
    shared = aque.Queue(broker=queue.broker, isolation="shared")
    assert (processes(shared), processes(shared, isolation="process")) == (1, 3)


def test_a_parent_says_it_for_its_children(queue: aque.Queue) -> None:
    parent = {"func": "operator:add", "args": [1, 2], "isolation": "shared"}
    queue.submit_many([parent])
    assert processes(queue, parent=parent) == 1


def test_a_worker_says_it_for_those_that_do_not(broker: Broker) -> None:
    with running_worker(broker, cpus=1.0, isolation="shared"):
        queue = aque.Queue(broker=broker)
        assert (processes(queue), processes(queue, isolation="process")) == (1, 3)


def test_anything_else_is_refused_at_once(broker: Broker) -> None:
    with pytest.raises(aque.UsageError, match="isolation: 'mine' is not process or shared"):
        aque.Queue(broker=broker).submit_ex(work.add, (1, 2), isolation="mine")


def test_results_errors_output_and_progress_of_shared_functions_are_their_own(queue: aque.Queue) -> None:
    shared = aque.Queue(broker=queue.broker, isolation="shared")
    told = [shared.submit(print, number) for number in range(20)]
    failed = shared.submit(work.fail, "no")
    slow = shared.submit(work.slowly, ("a", 1))
    assert [future.result(30) for future in told] == [None] * 20
    assert [future.output() for future in told] == [b"%d\n" % number for number in range(20)]
    assert isinstance(failed.exception(30), ValueError)
    assert slow.result(30) == ("a", 1)


def test_a_shared_function_with_a_file_of_its_own_has_a_process_of_its_own(queue: aque.Queue, tmp_path: Path) -> None:
    queue.submit_ex(print, ("words",), isolation="shared", stdout=tmp_path / "{id}").result(30)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["words\n"]


def test_a_shared_function_that_is_killed_is_killed_alone(queue: aque.Queue, tmp_path: Path) -> None:
    shared = aque.Queue(broker=queue.broker, isolation="shared")
    endless = shared.submit(work.mark_and_wait, str(tmp_path / "mark"))
    behind = [shared.submit(work.add, number, 1) for number in range(5)]
    wait_for((tmp_path / "mark").exists, 30)
    queue.broker.kill([endless.id])
    assert isinstance(endless.exception(30), aque.TaskKilled)
    assert [future.result(30) for future in behind] == [1, 2, 3, 4, 5]
    assert not psutil.pid_exists(int((tmp_path / "mark").read_text()))


def test_that_shared_functions_run_is_announced(queue: aque.Queue) -> None:
    """Also of those that end before anybody could have been told."""
    heard: list[int] = []
    queue.broker.bind("task_status.running", lambda event: heard.extend(each for span in event.ids for each in span))
    queue.broker.listener.wait(10)
    futures = queue.submit_many([{"func": "os:getpid", "isolation": "shared"} for _ in range(50)])
    assert os.getpid() not in {future.result(30) for future in futures}
    wait_for(lambda: set(heard) >= {future.id for future in futures}, 30)


def test_tasks_that_end_as_soon_as_they_are_captured_come_in_a_row(queue: aque.Queue) -> None:
    """A worker that waits for its next heartbeat after each two of them would take minutes."""
    for future in queue.submit_many([{"pattern": "group"} for _ in range(300)]):
        future.result(30)
