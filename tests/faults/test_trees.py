"""No process of a task outlives its worker, whatever is killed, and however the process came about."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import aque
from aque.core.broker import Broker
from tests.waiting import wait_for

from .farm import alive, kill
from .workers import Start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans cannot be adopted")

# A shell that forked, a group of its own, a session of its own, and a daemon by two forks; each notes its pid.
TREE = """
note() {{ echo $$ >> {path}; exec sleep 600; }}
export -f note
bash -c note & bash -c 'set -m; bash -c note & wait' & setsid bash -c note &
(setsid bash -c '(bash -c note &) ; exit' &)
wait
"""
MANY = 4


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
