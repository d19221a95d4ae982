"""Clocks that jump on a worker's host: no task is lost by it, and all times are the server's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from tests.waiting import wait_for

from .test_worker import marking, pids, row
from .workers import Start

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="needs a C compiler, and a loader that preloads"
)

Skewed = Callable[[str], dict[str, str]]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which the clocks are wrong by what stands in `wall` and `sleep`."""
    library = tmp_path / "skew.so"
    source = Path(__file__).with_name("skew.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    places = {"SKEW_WALL": str(tmp_path / "wall"), "SKEW_SLEEP": str(tmp_path / "sleep")}
    return {**os.environ, "AQUE_LOG": "ERROR", "LD_PRELOAD": str(library), **places}


def beats(broker: Broker, count: int) -> None:
    """Wait until each worker has beaten so often."""
    before = {each.id: each.last_active for each in broker.workers()}
    late = timedelta(seconds=count - 0.5)
    wait_for(lambda: all(each.last_active > before[each.id] + late for each in broker.workers()), 30)
    assert {each.id for each in broker.workers()} == before.keys(), "a worker was given up"


def test_a_clock_that_jumps_costs_no_run(broker: Broker, start: Start, tmp_path: Path, environ: dict[str, str]) -> None:
    mark, go, wall = tmp_path / "mark", tmp_path / "go", tmp_path / "wall"
    start(env=environ)
    wait_for(broker.workers, 30)
    before = broker.now()
    future = aque.Queue(broker=broker).submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    wait_for(lambda: pids(mark), 30)
    start()
    wait_for(lambda: len(broker.workers()) == 2, 30)
    for seconds in (3600, -86400, 10**8):
        wall.write_text(str(seconds))
        beats(broker, 2)
    go.touch()
    assert future.result(60) == 0
    assert (len(pids(mark)), row(broker, future.id)) == (1, ("success", 1, 0))
    task = broker.tasks([future.id])[0]
    assert task.started_at
    assert task.finished_at
    assert before <= task.started_at <= task.finished_at <= broker.now()


def test_a_host_that_slept_stops_its_tasks_for_others_may_have_them(
    broker: Broker, start: Start, tmp_path: Path, environ: dict[str, str]
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    start(env=environ)
    future = aque.Queue(broker=broker).submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    wait_for(lambda: pids(mark), 30)
    (tmp_path / "sleep").write_text("60")
    wait_for(lambda: len(pids(mark)) == 2, 30, "it went on as if it had not slept")
    go.touch()
    assert future.result(60) == 0
    assert row(broker, future.id) == ("success", 2, 0)
