"""No process of a task outlives its worker, whatever is killed, and however the process came about."""

from __future__ import annotations

import itertools
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import aque
from aque.core.broker import Broker
from aque.core.queries import registry
from aque.core.worker.sweep import sweep
from tests.waiting import wait_for

from .farm import alive, kill
from .workers import Start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans cannot be adopted")

# A shell that forked, a group of its own, a session of its own, one that throws its environment away, and a daemon by
# two forks; each notes its pid.
TREE = """
note() {{ echo $$ >> {path}; exec sleep 600; }}
export -f note
bash -c note & bash -c 'set -m; bash -c note & wait' & setsid bash -c note &
env -i bash -c 'echo $$ >> {path}; exec sleep 600' &
(setsid bash -c '(bash -c note &) ; exit' &)
wait
"""
MANY = 5


def the_worker_and_all_below_it_that_is_ours(worker: psutil.Process) -> list[psutil.Process]:
    guardian = worker.children()[0]
    return [worker, *guardian.children()]


def the_worker_and_the_guardian(worker: psutil.Process) -> list[psutil.Process]:
    return [worker, *worker.children()]


def the_worker(worker: psutil.Process) -> list[psutil.Process]:
    return [worker]


def the_guardian(worker: psutil.Process) -> list[psutil.Process]:
    return worker.children()


def all_that_is_ours(worker: psutil.Process) -> list[psutil.Process]:
    """Nobody is left who knows of the tasks; the next worker of this host ends them."""
    guardian = worker.children()[0]
    return [worker, guardian, *guardian.children()]


CASES = [
    all_that_is_ours,
    the_worker_and_all_below_it_that_is_ours,
    the_worker_and_the_guardian,
    the_worker,
    the_guardian,
]


@pytest.mark.parametrize("victims", CASES, ids=lambda case: case.__name__)
def test_trees_die_with_their_worker(
    victims: Callable[[psutil.Process], list[psutil.Process]], broker: Broker, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "pids"
    queue = aque.Queue(broker=broker)
    queue.submit_many([{"pattern": "shell", "args": ["bash", "-c", TREE.format(path=path)]} for _ in range(2)])
    worker = psutil.Process(start().pid)
    wait_for(lambda: path.exists() and len(path.read_text().split()) == 2 * MANY, 30)
    tree = [psutil.Process(int(pid)) for pid in path.read_text().split()]
    ours = list(itertools.chain([worker], worker.children(recursive=True)))
    kill(victims(worker))
    if victims is all_that_is_ours:
        start()
    wait_for(lambda: not any(map(alive, tree)), 20, "a process of a task outlived its worker")
    if victims is not the_guardian:  # its worker starts another
        wait_for(lambda: not any(map(alive, ours)), 10, "a process of the worker outlived it")


def test_what_a_worker_starts_after_it_was_given_up_does_not_die_with_what_it_left(
    broker: Broker, start: Start, tmp_path: Path
) -> None:
    """It is a new worker then: were its mark the old one's, the next look at the old one would kill its tasks."""
    path = tmp_path / "pids"
    aque.Queue(broker=broker).submit_many([{"pattern": "shell", "args": f"echo $$ >> {path}; exec sleep 600"}])
    start()
    wait_for(lambda: path.exists() and len(path.read_text().split()) == 1, 30)
    before = psutil.Process(int(path.read_text()))
    with broker.database.connection() as conn:
        registry.forsake(conn, [1])
    wait_for(lambda: len(path.read_text().split()) == 2, 30, "it did not begin anew")
    again = psutil.Process(int(path.read_text().split()[1]))
    with broker.database.connection() as conn:
        old = registry.marks(conn, [1], socket.gethostname())
    assert len(old) == 1
    sweep(old)
    wait_for(lambda: not alive(before), 10, "the old run goes on beside the new one")
    assert alive(again)


def test_a_worker_that_runs_as_a_task_goes_with_all_its_own(broker: Broker, start: Start, tmp_path: Path) -> None:
    """Its tasks bear its own mark, which nobody looks for."""
    path = tmp_path / "pids"
    inner = {"pattern": "shell", "args": f"echo $$ >> {path}; exec sleep 600", "queue": "inner"}
    command = [sys.executable, "-m", "aque", "worker", "-c", "1", "-q", "inner", "--broker", broker.to_url()]
    outer = {"pattern": "shell", "args": command, "queue": "outer"}
    aque.Queue(broker=broker).submit_many([outer, inner])
    worker = psutil.Process(start("-q", "outer").pid)
    wait_for(lambda: path.exists() and path.read_text(), 30)
    ours = [worker, *worker.children(recursive=True)]
    kill(all_that_is_ours(worker))
    start("-q", "none")
    wait_for(lambda: not any(map(alive, ours)), 20, "a process below the worker outlived it")
