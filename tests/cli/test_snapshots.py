"""What people see of commands, as files in snapshots/: `pytest tests/cli/test_snapshots.py --snapshot-update`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from aque.core import farm
from aque.core.broker import Broker
from aque.core.queries import registry, work
from aque.core.queries.work import Outcome
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from tests.broker.backlog import info
from tests.snapshots import Snapshot

from .conftest import Aque

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|\d\d:\d\d:\d\d"
)  # of today without its date, else without seconds
_BEAT = re.compile(r"\d+s +all")
_OLD = """
update aque.task set created_at = clock_timestamp() - interval '3 hours',
    started_at = case when started_at is not null then clock_timestamp() - interval '2 hours' end,
    finished_at = case when finished_at is not null then clock_timestamp() - interval '1 hour' end;
update aque.attempt set started_at = clock_timestamp() - interval '2 hours',
    finished_at = clock_timestamp() - interval '1 hour' where number > 0;
update aque.attempt a set finished_at = t.finished_at from aque.task t where t.id = a.task_id and a.number = 0;
update aque.worker set last_active = clock_timestamp()
"""


@pytest.fixture
def film(broker: Broker) -> Broker:
    """A film of three frames and what was done to it; one frame failed, and one runs. All of it is hours old."""
    common = {"user": "me", "cwd": "/film", "environ": {"SCENE": "1"}, "pattern": "shell"}
    frames = [{**common, "name": name, "args": ["render", name], "cpus": 2} for name in ("frame-1", "frame-2")]
    wide = {**common, "name": "日本語", "args": "render \x1b[31m wide", "hold": True, "queue": "render", "memory": "2G"}
    movie = {**common, "name": "movie", "args": ["join"], "dependencies": [*frames, wide]}
    credits = {**common, "name": "credits", "args": ["join", "credits"], "dependencies": [(movie, "complete")]}
    ids = list(broker.submit([*frames, wide, movie, credits], {}))
    worker = broker.read(registry.register, info(name="w1", memory=8 << 30, cpus=4.0, tags=["gpu"]))
    first, _ = broker.read(work.claim, worker, 4.0, 8 << 30, 10)
    now = datetime.now(UTC).timestamp()
    broker.read(work.complete, [Outcome(first.id, first.lease, State.SUCCESS, now, now, 0)])
    Steering(broker).prioritise(Selection.of(ids[2:]), 50, is_relative=True)
    Steering(broker).undo()
    Steering(broker).edit(Selection.of(text="name:movie"), {"timeout": "1h"})
    farm.limit(broker, ["render"], 4)
    with broker.database.connection() as conn:
        for statement in _OLD.split(";"):
            conn.execute(statement.encode())
    return broker


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("status-tree", ["status", "-x"]),
        ("status-list", ["status", "-x", "--flat"]),
        ("status-verbose", ["status", "-v", "1,4"]),
        ("why", ["why", "2-5"]),
        ("queues", ["queues"]),
        ("workers", ["workers"]),
        ("events", ["events"]),
        ("kill-preview", ["kill", "-n", "2,3"]),
        ("undo-preview", ["undo", "-n"]),
        ("help", ["help"]),
        ("help-undo", ["help", "undo"]),
        ("help-fields", ["help", "fields"]),
        ("help-filters", ["help", "filters"]),
        ("help-settings", ["help", "settings"]),
        ("help-states", ["help", "states"]),
    ],
)
@pytest.mark.usefixtures("film")
def test_people_see_what_the_snapshot_has(aque: Aque, snapshot: Snapshot, name: str, args: list[str]) -> None:
    done = aque(*args)
    assert done.returncode == 0
    shown = done.stdout + "".join(f"stderr: {line}\n" for line in done.stderr.splitlines())
    snapshot(f"{name}.txt", _BEAT.sub("0s    all", _TIME.sub("2030-01-31 12:00:00", shown)))
