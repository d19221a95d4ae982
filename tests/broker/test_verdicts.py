"""What becomes of runs where two things happen to them at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aque
from aque.core.broker import Broker
from aque.core.db.source import Connection, Source, public_url
from aque.core.errors import UsageError
from aque.core.queries import listing, recording, registry
from aque.core.queries import work as verbs
from aque.core.queries.work import Captured, Outcome
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.task import stdout_of
from aque.core.worker.host import describe
from aque.core.worker.ledger import Ledger
from aque.core.worker.runs import Interruption
from tests import work
from tests.waiting import wait_for
from tests.work import running_worker


class Hand:
    """A worker moved by hand."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.id = registry.register(conn, describe("hand", 4.0, 1 << 30, None, ()))

    def capture(self) -> Captured:
        (captured,) = verbs.claim(self.conn, self.id, 4.0, 1 << 30, 1)
        return captured


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


@pytest.fixture
def hand(broker: Broker) -> Iterator[Hand]:
    with broker.database.source.connect() as conn:
        yield Hand(conn)


def ended(run: Captured, broker: Broker, state: State, exit_code: int, late: float = 0.0) -> Outcome:
    return Outcome(run.id, run.lease, state, None, broker.now().timestamp() + late, exit_code=exit_code)


def state_of(broker: Broker, task: int) -> str:
    return broker.tasks([task])[0].state


def test_a_task_that_fails_while_it_is_being_killed_is_not_retried(
    queue: aque.Queue, broker: Broker, hand: Hand
) -> None:
    future = queue.submit_ex(work.add, (1, 2), retries=3)
    run = hand.capture()
    broker.kill([future.id])
    verbs.complete(hand.conn, [ended(run, broker, State.ERROR, 1)])
    assert state_of(broker, future.id) == "error"


def test_a_task_that_is_given_back_while_it_is_being_killed_does_not_run(
    queue: aque.Queue, broker: Broker, hand: Hand
) -> None:
    future = queue.submit(work.add, 1, 2)
    after = queue.submit_ex(work.add, (1, 2), dependencies=[future])
    run = hand.capture()
    broker.kill([future.id])
    assert broker.release([(run.id, run.lease)]) == []
    assert (state_of(broker, future.id), state_of(broker, after.id)) == ("killed", "error")
    with pytest.raises(aque.TaskKilled):
        future.result(10)


def test_the_last_run_counts_whatever_the_clocks_said(queue: aque.Queue, broker: Broker, hand: Hand) -> None:
    """A worker whose host slept goes by a clock that is behind."""
    (future,) = queue.submit_many([{"args": ["true"], "retries": 1}])
    verbs.complete(hand.conn, [ended(hand.capture(), broker, State.ERROR, 1, late=60)])
    runs: list[Captured] = []
    wait_for(lambda: runs.extend(verbs.claim(hand.conn, hand.id, 4.0, 1 << 30, 1)) or runs)
    verbs.complete(hand.conn, [ended(runs[0], broker, State.SUCCESS, 0)])
    (ending,) = broker.outcomes([future.id])
    assert (ending.state, ending.exit_code) == ("success", 0)


def test_a_delay_beyond_all_times_stops_no_worker(queue: aque.Queue, broker: Broker, hand: Hand) -> None:
    (future,) = queue.submit_many([{"args": ["false"], "retries": 2, "retry_delay": 1e13}])
    verbs.complete(hand.conn, [ended(hand.capture(), broker, State.ERROR, 1)])
    assert state_of(broker, future.id) == "pending"


def test_globs_that_cannot_be_compared_are_refused(queue: aque.Queue, broker: Broker) -> None:
    """Or every claim of every worker would fail."""
    for glob in ("node[1", "![z-a]"):
        with pytest.raises(UsageError, match="host"):
            queue.submit_ex(work.add, (1, 2), host=glob)
    with running_worker(broker):
        assert queue.submit(work.add, 1, 2).result(30) == 3


def test_a_claim_that_is_committed_after_its_worker_was_given_up_is_taken_back(
    queue: aque.Queue, broker: Broker, hand: Hand
) -> None:
    future = queue.submit(work.add, 1, 2)
    with broker.database.source.connect() as other:
        with hand.conn.transaction():
            hand.capture()
            registry.forsake(other, [hand.id])
        assert state_of(broker, future.id) == "running"
        wait_for(lambda: hand.id in [each.id for each in registry.dead_workers(other, 30, settled=False)])
        registry.forsake(other, [hand.id])
    assert state_of(broker, future.id) == "pending"


def test_a_frozen_worker_holds_up_nobody_who_buries_it(queue: aque.Queue, broker: Broker, hand: Hand) -> None:
    """Whoever waited for it would not beat meanwhile, and be buried as well."""
    future = queue.submit(work.add, 1, 2)
    run = hand.capture()
    with broker.database.source.connect() as other:
        other.execute("set lock_timeout = '100ms'")
        with hand.conn.transaction():
            recording.progress(hand.conn, [recording.Progress(run.id, run.lease, 1, None, None)])
            verbs.complete(hand.conn, [ended(run, broker, State.SUCCESS, 0)])
            assert registry.forsake(other, [hand.id]) == []
        assert state_of(broker, future.id) == "success"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    "line",
    [
        '{"type": "progress", "done": 1%s}' % ("0" * 400),
        r'{"type": "progress", "done": 1, "message": "\ud800"}',
        '{"type": "error", "error": 5}',
        '{"type": "error", "error": {"type": [], "message": {}, "traceback": 7}}',
        r'{"type": "error", "error": {"type": "a\u0000", "message": "\ud800", "value": {"$no": 1}}}',
        '{"type": "result", "value": NaN}',
        '{"type": "result", "value": %s}' % ("[" * 900 + "]" * 900),
    ],
)
def test_what_a_task_tells_harms_neither_its_worker_nor_those_who_read_it(
    queue: aque.Queue, broker: Broker, line: str
) -> None:
    future = queue.submit(work.tell, line)
    with pytest.raises(aque.AqueError):
        future.result(30)
    assert queue.submit(work.add, 1, 2).result(30) == 3
    with broker.database.connection() as conn:
        listing.page(conn, Selection.of(text="error~nothing"), broker.now())


def test_tasks_that_are_stored_are_submitted_even_if_nobody_can_be_told(queue: aque.Queue, broker: Broker) -> None:
    """Or they would be submitted, and run, a second time."""
    with broker.database.connection() as conn:
        conn.execute("alter table aque.worker rename to elsewhere")  # announcements look there for sleepers
    few, many = queue.submit(work.add, 1, 2), queue.store_many({"func": work.add, "args": (1, 2)} for _ in range(2500))
    with broker.database.connection() as conn:
        conn.execute("alter table aque.elsewhere rename to worker")
    assert (few.id, len(many), len(broker.tasks(limit=5000))) == (1, 2500, 2501)


def test_a_claim_that_fails_costs_no_run_its_result(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    go = tmp_path / "go"
    (future,) = queue.submit_many([{"args": f"echo said; while [ ! -e {go} ]; do sleep 0.05; done"}])
    with running_worker(broker):
        wait_for(lambda: state_of(broker, future.id) == "running")
        with broker.database.connection() as conn:
            queue.submit_ex(work.add, (1, 2), host="nowhere")
            conn.execute("update aque.shape set host = '{node[1}' where host = '{nowhere}'")  # as an older aque did
            go.touch()
            assert future.result(30) == 0
            assert future.output() == b"said\n"
            conn.execute("update aque.shape set host = '{nowhere}' where host = '{node[1}'")
        assert queue.submit(work.add, 1, 2).result(30) == 3


@given(runs=st.integers(1, 5))
def test_a_run_that_cannot_be_stored_in_any_way_is_lost_alone(runs: int) -> None:
    ledger = Ledger()
    for lease in range(runs):
        run = ledger.open(captured(lease))
        ledger.write(run, 1, b"x")
        ledger.end(run, Outcome(lease, lease, State.SUCCESS, None, datetime.now(UTC).timestamp()))
    stored = []
    for _ in range(40):
        owed = ledger.owed()
        if any(each.lease == 0 for each in owed.outcomes):
            ledger.refuse(owed, "no")
        else:
            stored += owed.outcomes
            ledger.settle(owed)
            if isinstance(owed.parts and owed.parts[0].ending, Interruption):
                break
    while owed := ledger.owed():
        stored += owed.outcomes
        ledger.settle(owed)
    assert ledger.is_empty
    assert {each.lease for each in stored} == set(range(1, runs))


def captured(lease: int) -> Captured:
    fields = dict.fromkeys(Captured._fields)
    return Captured(**{**fields, "id": lease, "lease": lease, "cpus": 1.0, "memory": 0})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@host/base",
        "postgresql://me:s3@cret@host/base",
        "postgresql://host/base?user=me&password=s3cret&sslpassword=s3cret",
        "postgres+driver://me:s3cret@host/base",
        "host=host password=s3cret",
    ],
)
def test_passwords_are_never_shown(url: str) -> None:
    assert "cret" not in public_url(url)
    try:
        shown = str(Source(url))
    except UsageError as error:
        shown = str(error)
    assert "cret" not in shown
    assert "host" in shown


def test_urls_without_passwords_are_shown_as_they_are() -> None:
    for url in ("postgresql://me@host:5432/base?sslmode=require", "embedded:/some/where", "postgresql:///base"):
        assert public_url(url) == url


@pytest.mark.usefixtures("worker")
def test_a_task_that_asks_for_too_much_output_fails_alone(queue: aque.Queue, broker: Broker) -> None:
    """Its worker would try to read it for ever, and start nothing else."""
    loud = {"args": "yes | head -c 1000000"}
    (fine,) = queue.submit_many([{"func": work.count_lines, "args": [stdout_of(loud)]}])
    assert fine.result(30) == 500000
    (first, *_) = (row.id for row in broker.tasks() if row.pattern == "shell")
    with broker.database.connection() as conn:
        conn.execute(
            "insert into aque.output (task_id, attempt, seq, stream, data)"
            " select %s, 1, 1000 + n, 1, convert_to(repeat('x', 1048576), 'UTF8') from generate_series(1, 64) n",
            [first],
        )
    with pytest.raises(aque.TaskError, match="pass it in a file"):
        queue.submit(work.count_lines, stdout_of(first)).result(30)
    assert queue.submit(work.add, 1, 2).result(30) == 3


def test_a_future_cancels_no_task_that_begins_meanwhile(queue: aque.Queue, broker: Broker, hand: Hand) -> None:
    """A look before the kill would be out of date."""
    future = queue.submit(work.add, 1, 2)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(future.cancel()))
    with hand.conn.transaction():
        hand.capture()
        thread.start()
        wait_for(lambda: is_blocked(broker))
    thread.join(30)
    assert (answers, state_of(broker, future.id)) == ([False], "running")
    with broker.database.connection() as conn:
        assert verbs.stops(conn, hand.id) == []


def is_blocked(broker: Broker) -> bool:
    with broker.database.connection() as conn:
        return bool(conn.execute("select 1 from pg_locks where not granted").fetchone())
