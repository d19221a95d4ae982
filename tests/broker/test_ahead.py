"""What a worker captures ahead of its time, where tasks are short: it must cost nobody else, nor what comes behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from aque.core.selection import Selection
from aque.core.steering import Steering
from aque.core.worker import Worker
from tests.waiting import wait_for
from tests.work import running_worker


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


@pytest.fixture
def hasty(broker: Broker, queue: aque.Queue) -> Iterator[Worker]:
    """A worker that has had short tasks alone until now."""
    with running_worker(broker, cpus=2.0) as worker:
        for future in queue.submit_many({"args": ["true"]} for _ in range(100)):
            future.result(60)
        yield worker


def long(folder: Path, **more: object) -> dict[str, object]:
    """A task that leaves a file when it begins, and lasts until there is `over`."""
    line = f"touch {folder}/began-$AQUE_TASK_ID; until [ -e {folder}/over ]; do sleep 0.05; done"
    return {"pattern": "shell", "args": line, **more}


def begun(folder: Path) -> int:
    return len(list(folder.glob("began-*")))


@pytest.mark.usefixtures("hasty")
def test_long_tasks_behind_short_ones_run_on_whoever_has_room(
    queue: aque.Queue, broker: Broker, tmp_path: Path
) -> None:
    """One worker had all of them, and the others nothing to do for as long as they took."""
    futures = queue.submit_many([long(tmp_path) for _ in range(6)])
    wait_for(lambda: begun(tmp_path) == 2)
    with running_worker(broker, cpus=2.0):
        wait_for(lambda: begun(tmp_path) == 4, 20)
        (tmp_path / "over").touch()
        for future in futures:
            future.result(60)


@pytest.mark.usefixtures("hasty")
def test_a_big_task_that_has_to_wait_is_not_in_the_way_of_what_does_not_delay_it(
    queue: aque.Queue, tmp_path: Path
) -> None:
    """Captured ahead it stood before all others at its worker, whose free cpus did nothing until it could start."""
    first = queue.submit_many([long(tmp_path, duration=1000)])[0]
    wait_for(lambda: begun(tmp_path))
    big = queue.submit_ex(pattern="shell", args=["true"], cpus=2, priority=2000)
    for small in queue.submit_many({"args": ["true"], "duration": 0.1} for _ in range(50)):
        small.result(60)
    assert not first.done()
    assert not big.done()
    (tmp_path / "over").touch()
    big.result(60)


@pytest.mark.usefixtures("hasty")
def test_a_big_task_runs_on_who_has_room_for_it(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    """It waited at a worker that captured it ahead, for as long as what ran there."""
    queue.submit_many([long(tmp_path)])
    wait_for(lambda: begun(tmp_path))
    big = queue.submit_ex(pattern="shell", args=["true"], cpus=2)
    with running_worker(broker, cpus=2.0):
        big.result(20)
    (tmp_path / "over").touch()


def test_memory_is_asked_for_ahead_as_cpus_are(queue: aque.Queue, broker: Broker) -> None:
    """Tasks that ask for much of it were overtaken by others, though all of them ran one after another."""
    with running_worker(broker, cpus=1.0, memory=100):
        for future in queue.submit_many({"args": ["true"]} for _ in range(100)):
            future.result(60)
        made = queue.submit_many([{"args": ["true"], "memory": 60 * (place % 2), "hold": True} for place in range(60)])
        Steering(broker).resume(Selection.of([future.id for future in made]))
        for future in made:
            future.result(60)
    with broker.database.connection() as conn:
        ran = conn.execute(
            "select task_id from aque.attempt where task_id = any(%s) order by started_at",
            [[future.id for future in made]],
        ).fetchall()
    assert [row[0] for row in ran] == sorted(row[0] for row in ran)
