"""What processes do at the same moment leaves nobody waiting for ever, and never ends in a deadlock."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from aque.core.broker import Broker
from aque.core.queries import kill as killing
from aque.core.queries import steering, work
from aque.core.queries.work import Outcome
from aque.core.states import State
from tests.waiting import wait_for

from .backlog import register

_COUNT = 150
_GATE = 7_777_777
_WRONG = """
select t.id, t.state::text, t.blockers from aque.task t where t.state = 'pending' and t.blockers <> (
    select count(*) from aque.dependency d join aque.task p on p.id = d.needs_id
    where d.task_id = t.id and not aque.satisfies(p.state, d.condition))
"""


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        yield pool


def behind_the_gate(url: str, action: Callable[[Broker, Any], object], items: Sequence[Any]) -> None:
    """Do something to each of the items, in a process of its own, from the moment on when the gate opens."""
    with Broker(url) as broker:
        with broker.database.connection() as conn:
            conn.execute("select pg_advisory_xact_lock_shared(%s)", [_GATE])
        for item in items:
            action(broker, item)


def complete(broker: Broker, runs: Sequence[tuple[int, int]]) -> None:
    now = datetime.now(UTC).timestamp()
    with broker.database.transaction() as conn:
        work.complete(conn, [Outcome(task, lease, State.SUCCESS, now, now) for task, lease in runs])


def depend(broker: Broker, needs: Sequence[int]) -> None:
    broker.submit([{"func": "m:f", "user": "me", "dependencies": [(need, "complete") for need in needs]}], {})


def kill(broker: Broker, targets: Sequence[int]) -> None:
    with broker.database.transaction() as conn:
        killing.kill(conn, targets, 15, None, ends=True)


def at_once(broker: Broker, processes: ProcessPoolExecutor, *work: tuple[Any, Sequence[Any]]) -> None:
    """All of it at the same time."""
    with broker.database.source.connect() as conn:
        conn.execute("select pg_advisory_lock(%s)", [_GATE])
        running = [processes.submit(partial(behind_the_gate, broker.to_url()), *each) for each in work]
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"
        wait_for(lambda: conn.execute(waiting, [_GATE]).fetchone() == (len(work),), 60)
        conn.execute("select pg_advisory_unlock(%s)", [_GATE])
        for each in running:
            each.result(100)
        assert conn.execute(_WRONG).fetchall() == []


def capture(broker: Broker, count: int) -> list[tuple[int, int]]:
    """`count` tasks that run."""
    broker.submit([{"func": "m:f", "user": "me"} for _ in range(count)], {})
    with broker.database.connection() as conn:
        return [(run.id, run.lease) for run in work.claim(conn, register(conn, cpus=10_000), 10_000.0, 0, count)]


def test_two_parents_that_finish_together_both_count(broker: Broker, processes: ProcessPoolExecutor) -> None:
    runs = capture(broker, 2 * _COUNT)
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    for one, other in pairs:
        broker.submit([{"func": "m:f", "user": "me", "dependencies": [one[0], other[0]]}], {})
    at_once(broker, processes, (complete, [[one] for one, _ in pairs]), (complete, [[other] for _, other in pairs]))
    assert {row.blockers for row in broker.tasks() if row.state == "pending"} == {0}


def test_a_dependent_that_is_submitted_while_what_it_needs_completes_is_told(
    broker: Broker, processes: ProcessPoolExecutor
) -> None:
    runs = capture(broker, _COUNT)
    needs = [[task] for task, _ in runs]
    at_once(broker, processes, (complete, [[run] for run in runs]), (depend, needs), (depend, needs))
    assert {row.blockers for row in broker.tasks() if row.state == "pending"} == {0}


def test_whatever_meets_in_whatever_order_there_is_no_deadlock(broker: Broker, processes: ProcessPoolExecutor) -> None:
    chance = random.Random(1)
    runs = capture(broker, 4 * _COUNT)
    ids = [task for task, _ in runs]
    for _ in range(_COUNT):
        depend(broker, chance.sample(ids, 4))
    chance.shuffle(runs)
    some = [chance.sample(ids, 40) for _ in range(_COUNT)]
    batches = [runs[start : start + 12] for start in range(0, len(runs), 12)]
    waiting = [row.id for row in broker.tasks() if row.state == "pending"]
    chance.shuffle(waiting)
    kills = [waiting[start : start + 3] for start in range(0, len(waiting), 3)]
    at_once(
        broker,
        processes,
        (complete, batches[::2]),
        (complete, batches[1::2]),
        (depend, some),
        (kill, kills),
    )


def fail(broker: Broker, runs: Sequence[tuple[int, int]]) -> None:
    now = datetime.now(UTC).timestamp()
    with broker.database.transaction() as conn:
        work.complete(conn, [Outcome(task, lease, State.ERROR, now, now) for task, lease in runs])


def depend_and_wait(broker: Broker, needs: Sequence[int]) -> None:
    edges = [{"task": need, "otherwise": "wait"} for need in needs]
    broker.submit([{"func": "m:f", "user": "me", "dependencies": edges}], {})


def retry(broker: Broker, targets: Sequence[int]) -> None:
    with broker.database.transaction() as conn:
        steering.retry(conn, targets, dry=False)


def test_who_waits_for_a_retry_of_what_fails_and_is_retried_meanwhile_is_told(
    broker: Broker, processes: ProcessPoolExecutor
) -> None:
    """An edge that stays open at one end and is closed at another would keep its task for ever, or let it run early."""
    runs = capture(broker, _COUNT)
    needs = [[task] for task, _ in runs]
    for need in needs:
        depend_and_wait(broker, need)
    at_once(
        broker,
        processes,
        (fail, [[run] for run in runs]),
        (retry, needs),
        (depend_and_wait, needs),
        (complete, [[run] for run in reversed(runs)]),
    )
    rows = {row.id: row for row in broker.tasks()}
    ended = [rows[task].state for task, _ in runs]
    assert len(ended) == _COUNT
    waiting = [row for row in rows.values() if row.id not in dict(runs)]
    assert len(waiting) == 2 * _COUNT
    assert {row.state for row in waiting} == {"pending"}
    assert sum(row.blockers for row in waiting) == 2 * sum(state != "success" for state in ended)


def interrupt(broker: Broker, runs: Sequence[tuple[int, int]]) -> None:
    with broker.database.transaction() as conn:
        work.interrupt(conn, runs, is_loss=False, reason="so")


def _ids(runs: Sequence[tuple[int, int]]) -> list[int]:
    return [task for task, _ in runs]


@pytest.mark.parametrize(
    "action",
    [
        complete,
        interrupt,
        lambda broker, runs: kill(broker, _ids(runs)),
        lambda broker, runs: depend(broker, _ids(runs)),
        lambda broker, runs: broker.submit([{"func": "m:f", "user": "me", "parent": task} for task in _ids(runs)], {}),
    ],
    ids=["complete", "interrupt", "kill", "depend", "adopt"],
)
def test_all_lock_tasks_in_the_order_of_their_ids(broker: Broker, action: Callable[[Broker, Any], object]) -> None:
    """Two that lock the same tasks in different orders would wait for each other."""
    low, *_, high = capture(broker, 3)
    _expect_order(broker, low[0], high[0], lambda: action(broker, [high, low]))


def test_dependents_are_locked_in_the_order_of_their_ids(broker: Broker) -> None:
    first, second = capture(broker, 2)
    low = broker.submit([{"func": "m:f", "user": "me", "dependencies": [second[0]]}], {})[0]
    high = broker.submit([{"func": "m:f", "user": "me", "dependencies": [first[0]]}], {})[0]
    _expect_order(broker, low, high, lambda: complete(broker, [first, second]))


def _expect_order(broker: Broker, low: int, high: int, action: Callable[[], object]) -> None:
    """While the action waits for the lower one it has not locked the higher one."""
    lock = "select from aque.task where id = %s for update"
    waiting = "select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')"
    with broker.database.source.connect() as conn, ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            conn.execute(lock, [low])
            done = pool.submit(action)
            wait_for(lambda: conn.execute(waiting).fetchone() or done.done())
            assert not done.done(), done.result()
            conn.execute(lock + " nowait", [high])
        done.result(20)
