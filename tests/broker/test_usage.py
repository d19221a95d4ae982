"""What tasks use and used, from the worker's look to what people are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.queries import listing
from aque.core.queries.detail import detail
from aque.core.rows import TaskRow
from aque.core.runner import processes
from aque.core.selection import Selection
from aque.core.view import View
from aque.core.why import explain
from tests.waiting import wait_for
from tests.work import running_worker

MIB = 1 << 20
HOLD = [sys.executable, "-c", f"import time; x = bytearray({60 * MIB}); time.sleep(15)"]
pytestmark = pytest.mark.skipif(not processes.LINUX, reason="only Linux tells of its processes so cheaply")


@pytest.fixture
def queue(broker: Broker) -> Iterator[aque.Queue]:
    with running_worker(broker):
        yield aque.Queue(broker=broker)


def matching(queue: aque.Queue, text: str) -> Sequence[TaskRow]:
    return View(queue.broker).page(Selection.of(None, text), limit=10).rows


def count(broker: Broker) -> Any:
    with broker.database.connection() as conn:
        row = conn.execute("select count(*) from aque.usage").fetchone()
    return row[0] if row else None


def shell(queue: aque.Queue, argv: list[str], **fields: Any) -> aque.Future:
    return queue.submit_many([{"pattern": "shell", "args": argv, **fields}])[0]


def test_lists_and_filters_know_what_a_running_task_uses_now_and_forget_it_at_its_end(queue: aque.Queue) -> None:
    future = shell(queue, HOLD, memory=30 * MIB)
    wait_for(lambda: matching(queue, "rss>50MiB over_memory:yes"), 20)
    row = matching(queue, "rss>50MiB cpu>=0")[0]
    assert (row.id, row.over_memory) == (future.id, True)
    listed = queue.broker.read(listing.brief, [future.id], queue.broker.now())[0]
    assert (listed.rss, listed.over_memory) == (row.rss, True)
    queue.broker.kill([future.id])
    with pytest.raises(aque.TaskKilled):
        future.result(30)
    assert not matching(queue, "rss>0")
    ended = matching(queue, "over_memory:yes max_rss>50MiB")[0]
    assert (ended.id, ended.rss, ended.cpu) == (future.id, None, None)
    wait_for(lambda: count(queue.broker) == 0, 20, "the row is still there")


def test_a_task_within_its_memory_is_not_marked(queue: aque.Queue) -> None:
    shell(queue, ["true"], memory="1GiB").result(30)
    shell(queue, ["true"]).result(30)
    assert not matching(queue, "over_memory:yes")
    assert len(matching(queue, "over_memory:no")) == 2


def test_a_worker_that_enforces_it_ends_what_uses_more_memory_and_says_how_much(broker: Broker) -> None:
    """An error of the task, not a loss: it is not started again for it."""
    with running_worker(broker, enforce_memory=True):
        future = shell(aque.Queue(broker=broker), HOLD, memory=30 * MIB)
        with pytest.raises(aque.MemoryExceeded, match=r"used [\d.]+ MiB of the 30 MiB it asked for"):
            future.result(30)
    row = broker.tasks([future.id])[0]
    assert (row.state, row.attempt, row.signal, row.over_memory) == ("error", 1, 9, True)
    assert "MiB of the 30 MiB" in broker.read(explain, [future.id])[0].reasons[0].text
    assert json.loads(row.error or "")["type"] == "aque.core.errors:MemoryExceeded"


def test_every_run_of_a_task_is_accounted_for(queue: aque.Queue) -> None:
    busy = (
        "import time; until = time.process_time() + 0.2\nwhile time.process_time() < until: pass\nraise SystemExit(3)"
    )
    future = shell(queue, [sys.executable, "-c", busy], retries=1)
    with pytest.raises(aque.TaskError, match="status 3"):
        future.result(30)
    first, second = queue.broker.read(detail, [future.id], queue.broker.now())[0].attempts
    assert (first.number, first.exit_code, first.state) == (1, 3, "error")
    assert (second.number, second.exit_code, second.state) == (2, 3, "error")
    assert (first.user_time or 0) + (first.system_time or 0) >= 0.19
    assert first.started_at
    assert (first.finished_at - first.started_at).total_seconds() >= 0.19
    assert (first.max_rss or 0) > MIB
    assert (first.read_bytes, first.written_bytes) != (None, None)
    assert first.hostname == second.hostname == queue.broker.workers()[0].hostname
    row = queue.broker.tasks([future.id])[0]
    assert (row.max_rss, row.user_time) == (second.max_rss, pytest.approx(second.user_time))
