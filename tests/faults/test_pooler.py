"""Behind a real PgBouncer that pools transactions: no session, so no notifications, locks or settings; all works."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import aque
from aque.core import embedded
from aque.core.broker import Broker
from aque.core.db.pooler import has_session
from aque.core.doctor import examine
from aque.core.selection import Selection
from aque.core.steering import Steering
from aque.core.worker import session
from tests import work
from tests.bouncer import Bouncer, bouncing, needed
from tests.waiting import wait_for

from .test_worker import is_dead, marking, pids, row
from .workers import Start

pytestmark = needed


@pytest.fixture(scope="module")
def bouncer(server: Path) -> Iterator[Bouncer]:
    with bouncing(embedded.ensure(server).conninfo) as made:
        yield made


@pytest.fixture
def pooled(broker: Broker, bouncer: Bouncer) -> Iterator[Broker]:
    """The broker by way of the pooler."""
    del broker  # which made the schema
    with Broker(bouncer.url) as made:
        yield made


@pytest.fixture
def queue(pooled: Broker) -> aque.Queue:
    return aque.Queue(broker=pooled)


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize("ignored", ["", "options"])
def test_a_pooler_is_found_out(mode: str, ignored: str, server: Path, broker: Broker) -> None:
    """Whether it refuses what a session is asked for, or drops it; and one of sessions is not relied upon either."""
    with bouncing(embedded.ensure(server).conninfo, mode, ignored) as made, Broker(made.url) as pooled:
        with pooled.database.source.connect() as conn:
            assert not has_session(conn)
            assert conn.info.parameter_status("TimeZone") == "UTC"
        task = pooled.submit([{"pattern": "shell", "args": "true"}], {})[0]
    assert row(broker, task) == ("pending", 0, 0)
    with broker.database.connection() as conn:
        assert has_session(conn)


def test_who_connects_to_the_server_itself_gets_its_session_back(pooled: Broker, broker: Broker) -> None:
    """With several hosts in a URL one may be a pooler, and another none."""
    source = pooled.database.source
    source.connect().close()
    info = broker.database.source.conninfo()
    source.url = f"postgresql://{info['user']}@/{info['dbname']}?host={info['host']}&port={info['port']}"
    with source.connect() as conn:
        assert has_session(conn)
        assert conn.execute("show statement_timeout").fetchone() == ("30s",)


def test_functions_and_commands_run_and_their_ends_are_seen(queue: aque.Queue, pooled: Broker) -> None:
    with work.running_worker(pooled):
        assert list(queue.map(work.add, range(3), range(3))) == [0, 2, 4]
        told = queue.submit_ex(pattern="shell", args="echo out; exit 3")
        assert "exit status 3" in str(told.exception(30))
        assert told.output() == b"out\n"


def test_priority_counts_and_work_that_comes_later_is_found(queue: aque.Queue, pooled: Broker, tmp_path: Path) -> None:
    order = tmp_path / "order"
    submitted = [
        queue.submit_ex(pattern="shell", args=f"echo {name} >> {order}", cpus=2) for name in ("first", "second")
    ]
    Steering(pooled).prioritise(Selection.of([submitted[1].id]), 500, is_relative=True)
    with work.running_worker(pooled):
        assert [each.result(30) for each in submitted] == [0, 0]
        assert order.read_text().split() == ["second", "first"]
        assert queue.submit(work.add, 2, 2).result(30) == 4


def test_a_kill_reaches_what_runs(queue: aque.Queue, pooled: Broker, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    future = queue.submit_many([marking(mark, "sleep 600")])[0]
    with work.running_worker(pooled):
        wait_for(lambda: pids(mark), 30)
        pooled.kill([future.id])
        assert isinstance(future.exception(30), aque.TaskKilled)
        wait_for(lambda: is_dead(pids(mark)[0]))


def test_a_worker_that_beats_is_not_judged_by_a_lock(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    """It holds none: others that have a session would take its tasks from it."""
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    with work.running_worker(queue.broker) as first, work.running_worker(broker, queues=["other"]) as other:
        wait_for(lambda: pids(mark), 30)
        seen = {each.id: each.last_active for each in broker.workers()}
        assert set(seen) == {first.id, other.id}
        with broker.database.connection() as conn:
            dead = conn.execute("select id from aque.dead_workers('30 s', true)").fetchall()
            locks = conn.execute("select objid from pg_locks where locktype = 'advisory' and granted").fetchall()
        wait_for(lambda: (broker.workers()[0].last_active - seen[first.id]).total_seconds() > 4, 30)
        go.touch()
        assert future.result(30) == 0
    assert (dead, locks) == ([], [(other.id,)])
    assert row(broker, future.id) == ("success", 1, 0)


_SHORT = pytest.param(3.0, id="short")
_REAL = pytest.param(session._GRACE, id="real", marks=pytest.mark.soak)


@pytest.mark.parametrize("grace", [_SHORT, _REAL])
def test_the_death_of_a_worker_shows_by_its_heartbeat(
    grace: float,
    queue: aque.Queue,
    broker: Broker,
    bouncer: Bouncer,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`grace` is that of the worker which buries the other."""
    monkeypatch.setattr(session, "_GRACE", grace)
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    first = start(url=bouncer.url)
    wait_for(lambda: pids(mark), 30)
    first.send_signal(signal.SIGKILL)
    go.touch()
    with work.running_worker(queue.broker):
        assert future.result(90) == 0
    assert len(pids(mark)) == 2
    assert row(broker, future.id) == ("success", 2, 1)


def test_a_pooler_that_is_started_again_costs_no_run(
    queue: aque.Queue, broker: Broker, bouncer: Bouncer, start: Start, tmp_path: Path
) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    future = queue.submit_many([marking(mark, f"while [ ! -e {go} ]; do sleep 0.05; done")])[0]
    start(url=bouncer.url)
    wait_for(lambda: pids(mark), 30)
    bouncer.stop()
    bouncer.start()
    go.touch()
    assert future.result(60) == 0
    assert (len(pids(mark)), row(broker, future.id)) == (1, ("success", 1, 0))


def test_nothing_stays_in_sessions_that_others_get_next(queue: aque.Queue, bouncer: Bouncer) -> None:
    """Prepared statements, locks and settings would meet somebody else."""
    with work.running_worker(queue.broker):
        assert queue.submit(work.add, 1, 2).result(30) == 3
        for _ in range(8):  # the pooler's sessions go round
            with psycopg.connect(bouncer.url, autocommit=True) as conn:
                left = conn.execute(
                    "select (select count(*) from pg_prepared_statements), (select count(*) from pg_locks"
                    " where locktype = 'advisory'), (select count(*) from pg_listening_channels()),"
                    " current_setting('idle_in_transaction_session_timeout')",
                    prepare=False,
                ).fetchone()
            assert left == (0, 0, 0, "0")


def test_the_doctor_tells_of_the_pooler_and_of_limits_that_it_keeps_back(pooled: Broker) -> None:
    found = {(each.check, each.level): each.says for each in examine(pooled)}
    assert "after 30 s" in found["pooler", "warning"]
    assert "statement_timeout" in found["limits", "warning"]
