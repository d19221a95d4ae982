"""What monitoring counts: never twice, never backwards, and not for more than it is worth."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.metrics import BOUNDS, Census, Key, Meter, Tally
from aque.core.queries import metrics, steering, work
from aque.core.queries.work import Outcome
from aque.core.states import State

from . import backlog


def end(conn: Connection, worker: int, count: int) -> list[int]:
    """Let so many tasks end."""
    now = datetime.now(UTC).timestamp()
    runs = work.claim(conn, worker, 1000.0, 1 << 40, count) if count else []
    work.complete(conn, [Outcome(run.id, run.lease, State.SUCCESS, now, now, 0) for run in runs])
    return [run.id for run in runs]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["end", "retry", "remove", "look"]), st.integers(0, 3)), max_size=12))
def test_no_count_ever_falls(shared_broker: Broker, steps: list[tuple[str, int]]) -> None:
    """Not where tasks are run again, nor where they are removed; nor does it count anything that did not end."""
    with shared_broker.database.connection() as conn:
        worker = backlog.register(conn)
        shared_broker.submit([{"func": "m:f", "user": "me", "queue": "q"} for _ in range(40)], {})
        tally, seen, ends = Tally(), 0, 0
        before = tally.look(conn, datetime.now(UTC)).get(Key("q", "state", "success"))
        base = before.tasks if before else 0
        done: list[int] = []
        for what, number in [*steps, ("look", 0)]:
            if what == "end":
                new = end(conn, worker, number)
                done += new
                ends += len(new)
            elif what == "retry":
                steering.retry(conn, done[:number], dry=False)
                done = done[number:]
            elif what == "remove":
                steering.remove(conn, done[:number], dry=False)
                done = done[number:]
            else:
                found = tally.look(conn, datetime.now(UTC)).get(Key("q", "state", "success"))
                now = found.tasks if found else 0
                assert seen <= now <= base + ends
                seen = now


def test_what_ends_late_in_a_step_that_was_read_is_counted_once(conn: Connection, broker: Broker) -> None:
    """And what has settled is not read again, whatever becomes of it."""
    worker = backlog.register(conn)
    tally, now = Tally(), datetime.now(UTC)
    broker.submit([{"func": "m:f", "user": "me"} for _ in range(6)], {})
    key = Key("default", "state", "success")
    assert tally.look(conn, now) == {}
    end(conn, worker, 2)
    assert tally.look(conn, now)[key].tasks == 2
    end(conn, worker, 3)
    assert tally.look(conn, now)[key].tasks == 5
    later = now + timedelta(minutes=5)
    assert tally.look(conn, later)[key].tasks == 5
    conn.execute("delete from aque.task")
    assert tally.look(conn, later)[key].tasks == 5


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.010001, 1.0, 86400.0, 1e6])
def test_a_class_holds_its_upper_bound(conn: Connection, broker: Broker, seconds: float) -> None:
    """As `le` says: less or equal."""
    broker.submit([{"func": "m:f", "user": "me"}], {})
    conn.execute(
        "update aque.task set state = 'success', created_at = now(), started_at = now() + make_interval(secs => %(s)s),"
        " finished_at = now() + 2 * make_interval(secs => %(s)s)",
        {"s": seconds},
    )
    found = metrics.ends(conn, datetime.now(UTC) - timedelta(minutes=1), 5.0, BOUNDS)
    place = sum(bound < seconds for bound in BOUNDS)
    assert {(each.kind, each.key, each.tasks) for each in found} == {
        ("state", "success", 1),
        ("wait", str(place), 1),
        ("run", str(place), 1),
    }
    assert [each.seconds for each in found if each.kind != "state"] == pytest.approx([seconds, seconds])


def test_what_never_ran_has_neither_waited_nor_run(conn: Connection, broker: Broker) -> None:
    broker.kill(broker.submit([{"func": "m:f", "user": "me"}], {}))
    found = metrics.ends(conn, datetime.now(UTC) - timedelta(minutes=1), 5.0, BOUNDS)
    assert [(each.kind, each.key, each.tasks) for each in found] == [("state", "cancelled", 1)]


def test_a_large_backlog_is_counted_seldom(conn: Connection, broker: Broker) -> None:
    """However long it takes, a twentieth of the time goes into it."""
    times = iter([0.0, 3.0, 62.0, 63.5, 64.0])
    census = Census(lambda: next(times))
    now = datetime.now(UTC)
    assert census.look(conn, now) == ({}, now)
    backlog.submit(broker)
    assert census.look(conn, now + timedelta(seconds=10)) == ({}, now)  # it took 3 s
    found, counted_at = census.look(conn, now + timedelta(seconds=64))
    assert (found["default", "pending"].ready, counted_at) == (1, now + timedelta(seconds=64))


def test_a_reading_has_all_states_and_queues(broker: Broker) -> None:
    broker.submit([{"func": "m:f", "user": "me", "queue": "a", "hold": True}], {})
    with closing(Meter(broker)) as meter:
        reading = meter.recent()
    assert reading.standing.queues == ["a", "default"]
    assert (reading.waiting("a", "paused").tasks, reading.waiting("a", "running").tasks) == (1, 0)
    assert reading.ended("a", "success").tasks == 0
