"""What is complete goes after a while, with all that belongs to it, and the tables stay small."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from aque.core import farm
from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.errors import CannotUndo, UsageError
from aque.core.queries import recording, registry, retention, work
from aque.core.queries.recording import Piece, Progress
from aque.core.queries.retention import Swept
from aque.core.queries.work import Outcome
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from aque.core.undo import Reset
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import register

_OF_TASKS = ("task", "spec", "dependency", "attempt", "result", "progress", "output")


def submit(broker: Broker, count: int = 1, **fields: Any) -> list[int]:
    return list(broker.submit([{"func": "m:f", "user": "me", **fields} for _ in range(count)], {}))


def run_all(conn: Connection, worker: int, state: State = State.SUCCESS) -> list[int]:
    """Claim what is ready, write for each, and end it."""
    runs = work.claim(conn, worker, 1e6, 1 << 40, 2000)
    recording.append(conn, [Piece(run.id, run.lease, 0, 1, b"x" * 500) for run in runs])
    recording.progress(conn, [Progress(run.id, run.lease, 1, None, None) for run in runs])
    now = datetime.now(UTC).timestamp()
    work.complete(conn, [Outcome(run.id, run.lease, state, now, now, 0, result="1") for run in runs])
    return [run.id for run in runs]


def age(conn: Connection, tasks: Sequence[int], days: float) -> None:
    """As if they had ended so long ago."""
    conn.execute(
        "update aque.task t set finished_at = finished_at - make_interval(secs => %s) where id = any(%s)",
        [days * 86400, list(tasks)],
    )


def left(conn: Connection) -> list[int]:
    return [row[0] for row in conn.execute("select id from aque.task order by id")]


def sweep(conn: Connection, most: int = 100) -> int:
    """A whole round."""
    removed, found = 0, Swept(is_more=True)
    while found.is_more:
        found = retention.expire(conn, most) or Swept()
        removed += found.removed
    return removed


def test_nothing_goes_unless_somebody_said_so(broker: Broker, conn: Connection) -> None:
    submit(broker, 3)
    tasks = run_all(conn, register(conn))
    age(conn, tasks, 10_000)
    assert (farm.kept_for(broker), sweep(conn)) == (None, 0)
    assert left(conn) == tasks


def test_what_is_old_goes_with_all_that_belongs_to_it(broker: Broker, conn: Connection) -> None:
    first = submit(broker)[0]
    submit(broker, dependencies=[first])
    worker = register(conn)
    old = run_all(conn, worker) + run_all(conn, worker)
    submit(broker, 2)
    recent = run_all(conn, worker)
    age(conn, old, 31)
    age(conn, recent, 29)
    farm.keep_for(broker, 30 * 86400)
    assert farm.kept_for(broker) == 30 * 86400
    assert sweep(conn) == 2
    assert left(conn) == recent
    counts = [conn.execute(f"select count(*) from aque.{table}".encode()).fetchone() for table in _OF_TASKS]
    assert counts == [(0,) if table == "dependency" else (2,) for table in _OF_TASKS]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_what_is_needed_stays_and_is_not_in_the_way(broker: Broker, conn: Connection, most: int) -> None:
    """Many that must stay, and ended in the same moment, would keep all younger ones from being looked at."""
    worker = register(conn)
    needed = submit(broker, 5)
    run_all(conn, worker)
    waiting = submit(broker, dependencies=needed, hold=True)[0]
    conn.execute("update aque.task set finished_at = '2020-01-01' where id = any(%s)", [needed])
    submit(broker, 4)
    age(conn, run_all(conn, worker), 40)
    farm.keep_for(broker, 86400)
    assert sweep(conn, most) == 4
    assert left(conn) == [*needed, waiting]
    assert sweep(conn, most) == 0
    broker.kill([waiting])
    assert sum(sweep(conn, most) for _ in range(5)) == 5, "a later round takes them"
    assert left(conn) == [waiting]


def test_one_sweeps_at_a_time(broker: Broker, conn: Connection) -> None:
    farm.keep_for(broker, 60)
    with broker.database.source.connect() as other, other.transaction():
        assert retention.expire(other, 10) == Swept(0, False)
        assert retention.expire(conn, 10) is None
        retention.tidy(conn, 10)
    assert retention.expire(conn, 10) == Swept(0, False)


def test_a_task_that_somebody_holds_is_left_for_later(broker: Broker, conn: Connection) -> None:
    """A submission that is about to depend on it holds it: the sweep neither waits nor breaks it."""
    tasks = submit(broker, 2)
    run_all(conn, register(conn))
    age(conn, tasks, 2)
    farm.keep_for(broker, 86400)
    with broker.database.source.connect() as other, other.transaction():
        other.execute("select from aque.task where id = %s for share", [tasks[0]])
        assert sweep(conn) == 1
    assert left(conn) == tasks[:1]
    assert sweep(conn) == 1


def test_workers_environments_and_signals_that_nobody_can_ask_for_go_too(broker: Broker, conn: Connection) -> None:
    gone, alive = register(conn), register(conn)
    submit(broker, environ={"A": "1"})
    tasks = run_all(conn, gone)
    submit(broker, environ={"B": "2"}, hold=True)
    conn.execute("insert into aque.signal (worker_id, lease, signal) values (%s, 1, 19), (%s, 1, 19)", [gone, alive])
    registry.leave(conn, gone)
    conn.execute("update aque.worker set ended_at = ended_at - interval '3 d' where id = %s", [gone])
    age(conn, tasks, 2)
    retention.tidy(conn, 100, 0)
    assert conn.execute("select worker_id from aque.signal").fetchall() == [(alive,)]
    assert conn.execute("select count(*) from aque.worker").fetchone() == (2,), "where all is kept, so are they"
    farm.keep_for(broker, 86400)
    assert sweep(conn) == 1
    retention.tidy(conn, 100)
    assert conn.execute("select id from aque.worker").fetchall() == [(alive,)]
    assert conn.execute("select count(*) from aque.environ").fetchone() == (2,), "they were asked for lately"
    retention.tidy(conn, 100, 0)
    assert conn.execute("select vars ->> 'B' from aque.environ").fetchall() == [("2",)]


def test_the_audit_trail_stays_without_what_only_undo_would_need(broker: Broker, conn: Connection) -> None:
    """That has the number of each task, and their values. A few at a time go, and none of what is young."""
    steering = Steering(broker)
    for _ in range(3):
        (task,) = submit(broker, 1)
        steering.pause(Selection.of([task]))
    conn.execute("update aque.event set at = at - interval '3 d' where id < (select max(id) from aque.event)")
    count = "select (select count(*) from aque.event), (select count(*) from aque.event_part)"
    retention.tidy(conn, 100)
    assert conn.execute(count).fetchone() == (3, 3), "where all is kept, so is this"
    conn.execute("update aque.retention set keep = '1 d'")
    for rest in (2, 1, 1):
        retention.tidy(conn, 1)
        assert conn.execute(count).fetchone() == (3, rest)
    assert len(steering.undo().tasks) == 1
    with pytest.raises(CannotUndo, match="older than complete tasks are kept"):
        steering.undo()


def test_environments_of_tasks_stay_however_many_tasks_there_are(broker: Broker, conn: Connection) -> None:
    """A round looks at some tasks at a time, and nothing goes before it has seen all of them."""
    farm.keep_for(broker, 86400)
    submit(broker, 501, environ={"A": "1"}, hold=True)
    submit(broker, environ={"B": "2"}, hold=True)
    conn.execute("insert into aque.environ (digest, vars, asked_at) values ('none', '{}', '2020-01-01')")
    conn.execute("update aque.environ set asked_at = '2020-01-01'")
    found = "select array_agg(vars::text order by id) from aque.environ"
    had = conn.execute(found).fetchone()
    assert had
    retention.tidy(conn, 100, 0)
    assert conn.execute(found).fetchone() == had
    retention.tidy(conn, 100, 0)
    assert conn.execute(found).fetchone() == ([each for each in had[0] if each != "{}"],)


def test_an_environment_that_is_asked_for_again_is_there(broker: Broker, conn: Connection) -> None:
    """It was asked for long ago; whoever asks again keeps it, or makes it anew."""
    ask = "select asked_at > clock_timestamp() - interval '1 min' from aque.environ where vars ->> 'A' = '1'"
    submit(broker, environ={"A": "1"}, hold=True)
    conn.execute("update aque.environ set asked_at = '2020-01-01'")
    submit(broker, environ={"A": "1"}, hold=True)
    assert conn.execute(ask).fetchall() == [(True,)]
    conn.execute("delete from aque.environ")
    (task,) = submit(broker, environ={"A": "1"}, hold=True)
    assert conn.execute(ask).fetchall() == [(True,)]
    found = conn.execute("select environ_id is not null from aque.spec where task_id = %s", [task])
    assert found.fetchone() == (True,)


def test_too_short_an_age_is_refused_and_changes_are_in_the_trail(broker: Broker, conn: Connection) -> None:
    for seconds in (0, 59.9, 1e11):
        with pytest.raises(UsageError, match="1m at least"):
            farm.keep_for(broker, seconds)
    assert farm.kept_for(broker) is None
    for age_asked in (60, 60, None):
        farm.keep_for(broker, age_asked)
    values = "(before #>> '{retention,tasks,keep}')::float8, (after #>> '{retention,tasks,keep}')::float8"
    told = conn.execute(f"select action, {values} from aque.event order by id".encode()).fetchall()
    assert told == [("keep", None, 60), ("keep", 60, None)]
    kept = []
    for _ in range(2):
        assert Steering(broker).undo().others == (Reset("retention", "tasks", True),)
        kept.append(farm.kept_for(broker))
    assert kept == [60, None]


def test_a_worker_sees_to_it(broker: Broker, conn: Connection) -> None:
    submit(broker, 120)
    tasks = run_all(conn, register(conn))
    age(conn, tasks, 2)
    farm.keep_for(broker, 86400)
    with running_worker(broker):
        wait_for(lambda: left(conn) == [])


def _sizes(conn: Connection) -> dict[str, int]:
    tables = (*_OF_TASKS, "environ", "worker", "signal")
    query = "select t, pg_total_relation_size('aque.' || t)::int from unnest(%s::text[]) t"
    return dict(conn.execute(query, [list(tables)]).fetchall())


def _stream(broker: Broker, conn: Connection, nth: int) -> None:
    """Tasks come and go, in environments and on workers of their own."""
    worker = register(conn)
    first = submit(broker, 150, environ={"N": str(nth)})
    submit(broker, 50, dependencies=first[:2], environ={"N": str(nth)})
    run_all(conn, worker)
    run_all(conn, worker)
    registry.leave(conn, worker)
    sweep(conn, 100)
    retention.tidy(conn, 1000, 0)


@pytest.fixture
def brief(conn: Connection) -> Connection:
    """Nothing is kept."""
    conn.execute("update aque.retention set keep = '0'")
    return conn


def test_tables_do_not_grow_with_what_came_and_went(broker: Broker, brief: Connection) -> None:
    def some(rounds: int) -> dict[str, int]:
        for nth in range(rounds):
            _stream(broker, brief, nth)
            for table in (*_OF_TASKS, "environ", "worker", "signal"):
                brief.execute(f"vacuum aque.{table}".encode())  # as the server does it, by and by
        return _sizes(brief)

    early, late = some(4), some(12)
    assert left(brief) == []
    assert {name: (early[name], size) for name, size in late.items() if size > early[name] * 1.5 + 65536} == {}


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_tables_do_not_grow_in_a_long_stream(broker: Broker, brief: Connection) -> None:
    """With nobody's help but the server's own."""
    sizes: list[dict[str, int]] = []
    for _ in range(3):
        end, nth = time.monotonic() + 100, 0
        while time.monotonic() < end:
            _stream(broker, brief, nth := nth + 1)
        sizes.append(_sizes(brief))
    early, late = sizes[0], sizes[-1]
    assert {name: (early[name], size) for name, size in late.items() if size > early[name] * 2 + 1048576} == {}
