"""A worker that is stopped for longer than its leases last: others have its tasks, and what it says later is void."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from tests.waiting import wait_for

from . import records
from .conftest import Report
from .test_worker import row
from .workers import Start

pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="needs flock(1)")


def begun(folder: Path, task: int) -> list[str]:
    """The records of a task so far."""
    return [each.kind for each in records.read(folder) if each.task == task] if (folder / "records").exists() else []


@pytest.mark.soak
def test_a_worker_that_is_stopped_for_40_s(broker: Broker, start: Start, tmp_path: Path, report: Report) -> None:
    queue = aque.Queue(broker=broker)
    shell = [records.SHELL.format(folder=tmp_path, seconds=seconds) for seconds in (8, 60)]
    first = start()
    wait_for(broker.workers, 30)
    old = broker.workers()[0].id
    short, long = queue.submit_many([{"pattern": "shell", "args": each, "timeout": 90} for each in shell])
    wait_for(lambda: begun(tmp_path, short.id) and begun(tmp_path, long.id), 30)
    first.send_signal(signal.SIGSTOP)
    start("--tag", "second")
    wait_for(lambda: len(begun(tmp_path, long.id)) == 2, 60, "nobody took its tasks over")
    taken = {each.id: row(broker, each.id) for each in (short, long)}
    wait_for(lambda: begun(tmp_path, short.id)[-1] == "E", 60)
    assert short.result(60) == 0
    first.send_signal(signal.SIGCONT)
    wait_for(lambda: {each.id for each in broker.workers()}.isdisjoint([old]) and len(broker.workers()) == 2, 30)
    assert long.result(100) == 0
    kinds = {each.id: "".join(begun(tmp_path, each.id)) for each in (short, long)}
    rows = {each.id: row(broker, each.id) for each in (short, long)}
    report(records=kinds, when_taken=taken, rows=rows)
    # the short one ended while its worker could not tell, the long one was stopped before its lease was given away
    assert kinds == {short.id: "BEBE", long.id: "BBE"}
    assert set(rows.values()) == {("success", 2, 1)}
