"""Idle workers hear at once of all that lets a task run, not with their next heartbeat."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aque.core import farm
from aque.core.broker import Broker
from aque.core.listener import listen
from aque.core.queries import registry, submission, work
from aque.core.queries.submission import Change
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from tests.waiting import wait_for

from .backlog import register, submit


def hold_back(broker: Broker) -> int:
    """What stands next in the order waits for one limit, and keeps from the others what it needs of another."""
    farm.set_limit(broker, "small", 1)
    farm.set_limit(broker, "other", 1)
    submit(broker, limits="other", priority=3000)
    ahead = submit(broker, limits="other small", priority=2000)
    submit(broker, limits="small")
    return ahead


def dependent(broker: Broker) -> int:
    """A task that another waits for to fail."""
    first = submit(broker)
    submit(broker, dependencies=[(first, "failure")])
    return first


Case = tuple[Callable[[Broker], int], Callable[[Broker, int], object]]
_CASES: dict[str, Case] = {
    "kill, of what must fail": (dependent, lambda broker, task: broker.kill([task])),
    "withdraw, of what must fail": (dependent, lambda broker, task: broker.withdraw([task])),
    "kill, of what is ahead": (hold_back, lambda broker, task: broker.kill([task])),
    "pause, of what is ahead": (hold_back, lambda broker, task: Steering(broker).pause(Selection.of([task]))),
    "a limit that is removed": (hold_back, lambda broker, task: farm.remove_limit(broker, "other")),
    "a limit that is raised": (hold_back, lambda broker, task: farm.set_limit(broker, "small", 2)),
    "resume": (
        lambda broker: submit(broker, hold=True),
        lambda broker, task: Steering(broker).resume(Selection.of([task])),
    ),
}


def undone(broker: Broker) -> int:
    task = dependent(broker)
    broker.kill([task])
    Steering(broker).undo()
    return task


_CASES["an undo that is undone"] = (undone, lambda broker, task: Steering(broker).undo(_last(broker)))


def _last(broker: Broker) -> int:
    with broker.database.connection() as conn:
        row = conn.execute("select max(id) from aque.event").fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("name", _CASES)
def test_who_sleeps_is_woken_by(broker: Broker, name: str) -> None:
    prepare, act = _CASES[name]
    with broker.database.source.connect() as conn:
        sleeper = register(conn)
        task = prepare(broker)
        before = {run.id for run in work.claim(conn, sleeper, 100.0, 1 << 40, 1)} if prepare is hold_back else set()
        assert len(before) == (prepare is hold_back)
        assert prepare is not hold_back or work.claim(conn, sleeper, 100.0, 1 << 40, 9) == []
        registry.set_idle(conn, sleeper, True)
        conn.execute("listen aque_work")
        act(broker, task)
        assert {notice.payload for notice in conn.notifies(timeout=5, stop_after=1)} == {""}, "nobody was woken"
        assert work.claim(conn, sleeper, 100.0, 1 << 40, 9), "what is there to do for who was woken?"


@pytest.mark.parametrize(
    ("fields", "woken"),
    [({}, True), ({"tags": "gpu"}, False), ({"cpus": 3}, True), ({"cpus": 5}, False), ({"hold": True}, False)],
)
@pytest.mark.parametrize("count", [1, 51])
def test_new_tasks_wake_those_alone_who_could_run_them(
    broker: Broker, fields: dict[str, object], woken: bool, count: int
) -> None:
    """Of many nobody looks who could run them: all who sleep hear."""
    with broker.database.source.connect() as conn:
        registry.set_idle(conn, register(conn, cpus=4), True)
        conn.execute("listen aque_work")
        listen(conn, "task_status")
        broker.submit([{"func": "m:f", "user": "me", **fields} for _ in range(count)], {})
        heard = []
        for notice in conn.notifies(timeout=5):
            heard.append(notice.channel)
            if notice.channel == "aque_new":
                break
        assert heard == ["aque_work"] * (woken or count > 50) + ["aque_new"]


def test_what_waits_is_told_to_those_alone_who_want_to_hear_of_it(broker: Broker) -> None:
    """A notification for each submission would have all who submit queue, and wake all who wait for results."""
    with broker.database.source.connect() as conn, broker.database.source.connect() as watcher:
        for channel in ("aque_task", "aque_new"):
            conn.execute(f"listen {channel}".encode())
        submit(broker)
        listen(watcher, "task_status")
        seen = [submit(broker)]
        watcher.close()
        submit(broker)
        submission.announce(conn, [Change(7, State.SUCCESS)])
        told = [(each.channel, each.payload) for each in conn.notifies(timeout=5, stop_after=2)]
        assert told == [("aque_new", f"pending {seen[0]}"), ("aque_task", "success 7")]


_HELD = """
create function aque.held() returns trigger language plpgsql as
$$ begin perform pg_advisory_xact_lock(77); return null; end $$;
create constraint trigger held after insert on aque.task deferrable initially deferred
for each row execute function aque.held()
"""
_IS_WAITING = "select exists (select from pg_locks where locktype = 'advisory' and objid = 77 and not granted)"


def test_who_falls_asleep_while_a_submission_is_committed_is_woken(broker: Broker) -> None:
    """It says that it sleeps, and looks once more, in vain: so it has to be looked for after the commit."""
    source = broker.database.source
    with source.connect() as conn, source.connect() as holder, ThreadPoolExecutor(1) as pool:
        sleeper = register(conn)
        conn.execute("listen aque_work")
        holder.execute(_HELD)
        holder.execute("select pg_advisory_lock(77)")
        try:
            submitted = pool.submit(submit, broker)
            wait_for(lambda: holder.execute(_IS_WAITING).fetchone() == (True,))
            registry.set_idle(conn, sleeper, True)
            assert work.claim(conn, sleeper, 1.0, 1 << 40, 1) == []
        finally:
            holder.execute("select pg_advisory_unlock(77)")
        assert list(conn.notifies(timeout=20, stop_after=1)), "nobody was woken"
        assert [run.id for run in work.claim(conn, sleeper, 1.0, 1 << 40, 1)] == [submitted.result()]
