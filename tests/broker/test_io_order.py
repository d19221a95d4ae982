"""Among equals, tasks go first whose files lie on file systems that are fast or idle for the worker: for real."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aque.core import mounts
from aque.core.broker import Broker
from aque.core.mounts import volume_of
from aque.core.selection import Selection
from aque.core.steering import Steering
from aque.core.task import local_defaults
from aque.core.why import explain
from aque.core.worker import Worker
from aque.core.worker.volumes import Ranking
from tests.waiting import wait_for
from tests.work import running_worker

_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick() -> Iterator[str]:
    """A folder that lies in memory."""
    mount = mounts.here().at(str(_MEMORY))
    if mount is None or not mount.is_memory:
        pytest.skip("this host has no file system in memory")
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        yield folder


def _submit(broker: Broker, *folders: str) -> list[int]:
    """Commands that differ in where their files lie, and in nothing else."""
    return broker.submit(
        [{"pattern": "shell", "args": ["true", f"{folder}/x"], "duration": 5, "cpus": 1} for folder in folders],
        local_defaults(),
    )


def _run(broker: Broker, ids: list[int], *, io_order: bool = True) -> list[int]:
    """The tasks in the order in which a worker of one cpu runs them."""
    Worker(broker, cpus=1.0, io_order=io_order).run(until_empty=True)
    rows = broker.tasks(ids)
    assert {row.state for row in rows} == {"success"}
    return [row.id for row in sorted(rows, key=lambda row: row.started_at)]


def test_what_lies_in_memory_goes_before_what_the_worker_cannot_reach(broker: Broker, quick: str) -> None:
    far = broker.submit([_far(), _far()], local_defaults())
    near = _submit(broker, quick, quick)
    assert _run(broker, [*far, *near]) == [*near, *far]


def _far() -> dict[str, object]:
    return {"pattern": "shell", "args": ["true"], "io_paths": ["/no-such/x"], "duration": 5}


def test_what_lies_in_memory_goes_before_what_lies_on_a_slower_disk(broker: Broker, quick: str, tmp_path: Path) -> None:
    names = [volume_of([folder], "/") for folder in (quick, str(tmp_path))]
    ranks = Ranking(mounts.here, dict).of(names, {}, 1.0)
    if ranks[names[0]].rank == ranks[names[1]].rank:
        pytest.skip("the disks of this host are as fast as its memory, as far as is known")
    disk, memory = _submit(broker, str(tmp_path), quick)
    assert _run(broker, [disk, memory]) == [memory, disk]


def test_it_can_be_turned_off(broker: Broker, quick: str) -> None:
    ids = [*broker.submit([_far()], local_defaults()), *_submit(broker, quick)]
    assert _run(broker, ids, io_order=False) == ids


def test_priority_and_duration_count_more(broker: Broker, quick: str) -> None:
    ids = [
        *broker.submit([{**_far(), "priority": 1001}, {**_far(), "duration": 6}], local_defaults()),
        *_submit(broker, quick),
    ]
    assert _run(broker, ids) == ids


def test_it_is_explained_and_the_workers_tell_of_it(broker: Broker, quick: str) -> None:
    """A task that was first by its id is told who is before it now, and why; an edit of its paths makes it first."""
    far, near = *broker.submit([_far()], local_defaults()), *_submit(broker, quick)
    sleep = broker.submit([{"pattern": "shell", "args": ["sleep", "60"], "priority": 2000}], local_defaults())
    with running_worker(broker, cpus=1.0):
        wait_for(lambda: [row for row in broker.workers() if row.volumes and row.running])
        (row,) = broker.workers()
        volumes = row.volumes or {}
        told = {each: broker.read(explain, [each], 100)[0] for each in (far, near)}
        Steering(broker).edit(Selection.of([far]), {"io_paths": f"{quick}/x"})
        edited = broker.read(explain, [far], 100)[0]
        broker.kill(sleep, 9)
    assert volumes["/no-such"] == {"rank": 9, "type": "", "speed": "missing", "load": ""}
    assert (volumes[str(_MEMORY)]["type"], volumes[str(_MEMORY)]["speed"]) == ("tmpfs", "fast")
    assert (told[far].ahead, told[near].ahead, edited.ahead) == (1, 0, 0)
    (line,) = [each.text for each in told[far].reasons if each.name == "line"]
    assert f"Its files lie on /no-such, rank 9 at {row.name} (missing)" in line
