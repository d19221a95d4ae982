"""No hot statement reads or sorts the backlog, neither at first nor once the server settles for a generic plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from aque.core.broker import Broker
from aque.core.db.database import Database
from aque.core.db.source import Connection
from aque.core.intake import Intake
from aque.core.queries import (
    batches,
    events,
    groups,
    inputs,
    kill,
    limits,
    listing,
    lists,
    metrics,
    pulse,
    recording,
    registry,
    retention,
    steering,
    storing,
    submission,
    tasks,
    usage,
    work,
)
from aque.core.queries.recording import Cut, Piece, Progress
from aque.core.queries.submission import News
from aque.core.queries.usage import Used
from aque.core.queries.work import Captured, Outcome
from aque.core.selection import Selection
from aque.core.sorting import NEWEST, OLDEST
from aque.core.states import State
from aque.core.why import explain

from . import backlog

_ROUNDS = 8  # the sixth may be another plan
_BATCH = 20
_MOST = 1000  # rows that any part of a plan may read, whatever the backlog
_NOW = datetime.now(UTC)
_LATER = int(_NOW.timestamp() // 5) + 1000  # a step in which nothing ended yet
_LONG_AFTER = _NOW + timedelta(hours=1)
_QUEUED = Selection.of(text="queue:default")
_BIG = {"task", "spec", "dependency", "attempt", "result", "output", "environ"}


class Bench:
    """A connection to a broker with a backlog, and a worker with some runs."""

    def __init__(self, broker: Broker, conn: Connection) -> None:
        self.broker, self.conn = broker, conn
        self.worker = backlog.register(conn)
        ends = (
            "(select id from aque.task where state = 'pending' and blockers = {0} order by id limit 10) union all"
            " (select id from aque.task where state = 'pending' and blockers = {0} order by id desc limit 10)"
        )
        self.waiting = [row[0] for n in (0, 1) for row in conn.execute(ends.format(n).encode())]
        needs = "select task_id, needs_id from aque.dependency where task_id = any(%s)"
        self.edges: list[tuple[int, int]] = conn.execute(needs, [self.waiting]).fetchall()
        self.limited: list[int] = []
        self.ranked: list[int] = []
        ended = "select id from aque.task where state = %s order by id limit 40"
        self.some, self.failed = ([row[0] for row in conn.execute(ended, [state])] for state in ("success", "error"))

    def claim(self) -> list[Captured]:
        return work.claim(self.conn, self.worker, 1000.0, 1 << 40, _BATCH)

    def latest(self) -> object:
        row = self.conn.execute("select max(id) - 5 from aque.task").fetchone()
        return listing.packed(self.conn, Selection(), _NOW, OLDEST, None, row)

    def complete(self, state: State) -> object:
        return work.complete(self.conn, self._ended(state))

    def turn(self) -> object:
        return work.complete_and_claim(self.conn, self._ended(State.SUCCESS), self.worker, 1000.0, 1 << 40, _BATCH)

    def report(self) -> object:
        return work.complete_and_tell(self.conn, self._ended(State.SUCCESS), [])

    def _ended(self, state: State) -> list[Outcome]:
        now = datetime.now(UTC).timestamp()
        return [Outcome(run.id, run.lease, state, now, now, 0, result="1") for run in self.claim()]

    def release_many(self) -> object:
        """One that many need ends."""
        given = {"func": "m:f", "user": "me"}
        first = {**given, "priority": 3000}
        self.broker.submit([first, *({**given, "dependencies": [first]} for _ in range(300))], {})
        return self.complete(State.SUCCESS)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """As a database: this session must do it all, for its plans are read."""
        yield self.conn

    def submit(self) -> None:
        given = {"func": "m:f", "args": [1], "dependencies": [(self.some[0], "complete")], "environ": {"A": "1"}}
        Intake(cast(Database, self), {}, lambda ids: None, {}).take([given] * 3 + [{"args": "true"}])

    def enter(self) -> None:
        Intake(cast(Database, self), {}, lambda ids: None, {}).take([{"func": "m:f", "environ": {"A": "1"}}] * 3)

    def sweep(self) -> None:
        """Nothing is as old as that."""
        retention.set_keep(self.conn, 3e9)
        assert retention.expire(self.conn, 100) == (0, False)
        retention.tidy(self.conn, 100, 0)

    def why(self) -> object:
        """Of the first and the last of the backlog, of what waits for them, and of what is complete."""
        return explain(self.conn, self.waiting + self.some, most=300)

    def why_ended(self) -> object:
        """Of many that are complete: each may have ended because of another, and that one too."""
        done = self.conn.execute("select id from aque.task where state in ('error', 'success') order by id limit 60")
        with self.conn.transaction():
            self.conn.execute("set local plan_cache_mode = force_custom_plan")  # it knows how many they are
            return explain(self.conn, [row[0] for row in done])

    def toggle(self, origin: State, goal: State) -> object:
        return steering.move(self.conn, self.waiting, origin, goal, dry=False)

    def cancel_and_revive(self) -> None:
        """With those that need them."""
        ends = steering.cancel(self.conn, self.waiting, [State.PENDING] * len(self.waiting), dry=False)
        assert len(ends) >= len(self.waiting)
        steering.revive(self.conn, self.waiting, [State.CANCELLED] * len(self.waiting), dry=False)

    def remove(self) -> None:
        """A few of those that failed."""
        some, self.failed = self.failed[:5], self.failed[5:]
        assert {each.state for each in steering.remove(self.conn, some, dry=False)} == {None}

    def expire(self) -> None:
        """The first few of all are old."""
        self.conn.execute("update aque.task set finished_at = '1970-01-02' where id = any(%s)", [self.some[-2:]])
        self.some = self.some[:-2]
        retention.set_keep(self.conn, 1e9)
        assert (retention.expire(self.conn, 100) or retention.Swept()).removed == 2

    def write(self) -> None:
        """What runs write, tell and use while they go on."""
        runs = self.claim()
        recording.append(self.conn, [Piece(run.id, run.lease, seq, 1, b"x") for run in runs for seq in range(1, 4)])
        recording.leave_out(self.conn, [Cut(run.id, run.lease, 1, 3, 1) for run in runs])
        recording.progress(self.conn, [Progress(run.id, run.lease, 1, 2, "half") for run in runs])
        usage.store(self.conn, self.worker, [Used(run.id, run.lease, 1, 1, 1) for run in runs])

    def leave(self) -> None:
        """The last word of a worker, and what its host still asks of it."""
        gone, self.worker = self.worker, backlog.register(self.conn)
        registry.leave(self.conn, gone)
        assert registry.marks(self.conn, [gone], "h") == []

    def forsake(self) -> object:
        self.claim()
        gone, self.worker = self.worker, backlog.register(self.conn)
        return registry.forsake(self.conn, [gone])


def _limited(bench: Bench) -> list[int]:
    """Of those that wait for a limit that is full, and of some that may hold units of another."""
    if limits.set_size(bench.conn, "full", 0):
        limits.set_size(bench.conn, "some", 30)
        given = {"func": "m:f", "user": "me", "priority": 2000}
        made = ({**given, "limits": name} for name in ["full"] * 3000 + ["some"] * 60)
        bench.limited = list(bench.broker.submit(made, {})[-80:])
    return bench.limited


def _ranked(bench: Bench) -> list[int]:
    """Equals whose files lie here and there, which the worker ranks otherwise than their ids."""
    names = ["/no-such-a", "/no-such-b", "/no-such-c"]
    registry.rank(bench.conn, bench.worker, {name: {"rank": -rank} for rank, name in enumerate(names, -3)})
    if not bench.ranked:
        given = {"func": "m:f", "user": "me"}
        made = ({**given, "io_paths": [f"{name}/x"]} for name in names for _ in range(1000))
        bench.ranked = list(bench.broker.submit(made, {})[::300])
    return bench.ranked


_HOT: dict[str, Callable[[Bench], object]] = {
    "claim": Bench.claim,
    "claim, beside a reserved task": lambda bench: work.claim(bench.conn, bench.worker, 1000.0, 1 << 20, _BATCH),
    "claim, beside limits": lambda bench: bench.claim() if _limited(bench) else None,
    "why, of what waits for limits": lambda bench: explain(bench.conn, _limited(bench), most=300),
    "complete": lambda bench: bench.complete(State.SUCCESS),
    "complete and claim": Bench.turn,
    "complete and tell": Bench.report,
    "complete, failed, with what needs them": lambda bench: bench.complete(State.ERROR),
    "complete, what many need": Bench.release_many,
    "release": lambda bench: work.release(bench.conn, [(run.id, run.lease) for run in bench.claim()]),
    "forsake": Bench.forsake,
    "write": Bench.write,
    "leave": Bench.leave,
    "to drain": lambda bench: registry.is_to_drain(bench.conn, bench.worker),
    "inheritance": lambda bench: submission.inheritance(bench.conn, bench.some[0]),
    "submit": Bench.submit,
    "submit, of what is tied to nothing": Bench.enter,
    "ids": lambda bench: storing.next_ids(bench.conn, 10),
    "kill": lambda bench: kill.kill(bench.conn, [run.id for run in bench.claim()], 15, None, ends=True),
    "interrupt": lambda bench: work.interrupt(
        bench.conn, [(run.id, run.lease) for run in bench.claim()], is_loss=False, reason="drained"
    ),
    "beat": lambda bench: registry.beat(bench.conn, bench.worker, draining=False, cpus_used=0, memory_used=0),
    "idle": lambda bench: registry.set_idle(bench.conn, bench.worker, True),
    "strays": lambda bench: work.strays(bench.conn, bench.worker, []),
    "more to come": lambda bench: work.is_more_to_come(bench.conn, bench.worker),
    "dead workers": lambda bench: registry.dead_workers(bench.conn, 30, settled=True),
    "retry": lambda bench: steering.retry(bench.conn, bench.some, dry=True),
    "pause": lambda bench: bench.toggle(State.PENDING, State.PAUSED) and bench.toggle(State.PAUSED, State.PENDING),
    "priority": lambda bench: steering.prioritise(bench.conn, bench.waiting, 1, is_relative=True, dry=False),
    "edit": lambda bench: steering.edit(bench.conn, bench.waiting, {"timeout": 5, "memory": 1 << 20}, dry=False),
    "waive": lambda bench: batches.waive(bench.conn, bench.waiting),
    "undo of a kill": Bench.cancel_and_revive,
    "remove": Bench.remove,
    "expire": Bench.expire,
    "limits in use": lambda bench: limits.standing(bench.conn, ["full", "some"]) if _limited(bench) else None,
    "events": lambda bench: (events.undoable(bench.conn, 1, own=True), events.latest(bench.conn, 20)),
    "announce": lambda bench: submission.announce_new(
        bench.conn, News({State.PENDING: [(id, id) for id in bench.waiting]})
    ),
    "stops": lambda bench: work.stops(bench.conn, bench.worker),
    "due": lambda bench: work.next_due(bench.conn),
    "inputs": lambda bench: inputs.inputs(bench.conn, [task for task, _ in bench.edges]),
    "stdout of inputs": lambda bench: inputs.stdouts(bench.conn, bench.edges, 1 << 20),
    "environments": lambda bench: work.environs(bench.conn, [1]),
    "outcomes": lambda bench: tasks.outcomes(bench.conn, bench.some),
    "missing": lambda bench: tasks.missing(bench.conn, bench.some),
    "a sweep": Bench.sweep,
    "a page": lambda bench: listing.page(bench.conn, Selection(), _NOW, limit=50),
    "why": Bench.why,
    "why, of what has ended": Bench.why_ended,
    "lines of a screen": lambda bench: listing.brief(bench.conn, bench.some, _NOW),
    "the latest ids": lambda bench: listing.packed(bench.conn, Selection(), _NOW, NEWEST, 20),
    "the ids since": Bench.latest,
    "branches": lambda bench: [lists.branches(bench.conn, bench.waiting, upwards=each) for each in (False, True)],
    "which have branches": lambda bench: [
        lists.branching(bench.conn, bench.waiting, upwards=each) for each in (False, True)
    ],
    "the latest groups": lambda bench: groups.latest(bench.conn, 20),
    "how far groups are": lambda bench: [
        groups.rows(bench.conn, bench.some),
        groups.progress(bench.conn, bench.some, _NOW),
    ],
    "ends of late": lambda bench: pulse.rates(bench.conn, _LATER, _NOW + timedelta(days=1), 5.0),
    "the last hour": lambda bench: pulse.ends(bench.conn, (_LATER, _LATER + 90), _NOW + timedelta(days=1), 5.0, _LATER),
    "what runs": lambda bench: pulse.runs(bench.conn, datetime.now(UTC), 5.0, _LATER),
    "the fullest limits": lambda bench: pulse.limits(bench.conn),
    "metrics": lambda bench: [metrics.standing(bench.conn), metrics.ends(bench.conn, _LONG_AFTER, 5.0, [1.0])],
    "the audit trail": lambda bench: [events.numbers(bench.conn, 20), events.standing(bench.conn, bench.some)],
    "the latest roots": lambda bench: listing.candidates(bench.conn, _QUEUED, _NOW, NEWEST, 50, None),
    "some rows": lambda bench: listing.page(bench.conn, Selection.of(bench.some), _NOW),
    "claim, by ranks of volumes": lambda bench: bench.claim() if _ranked(bench) else None,
    "line, by ranks of volumes": lambda bench: bench.conn.execute(
        "select * from aque.in_line(%s, 300)", [_ranked(bench)]
    ).fetchall(),
    "volumes": lambda bench: registry.volumes(bench.conn),
}


_TURNS = [
    "claim",
    "complete",
    "complete, failed, with what needs them",
    "complete, what many need",
    "release",
    "interrupt",
    "submit",
    "submit, of what is tied to nothing",
    "kill",
]
"""What a farm does again and again."""


@pytest.fixture(scope="module", params=[3_000, pytest.param(250_000, marks=pytest.mark.soak)])
def bench(url: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with Broker(url) as broker:
        broker.database.initialise(from_scratch=True)
        with broker.database.source.connect() as conn:
            backlog.fill(conn, request.param)
            yield Bench(broker, conn)


@pytest.fixture(scope="module")
def surprised(server: object) -> Iterator[Bench]:
    """A session whose plans are as old as the server's figures: all was over then, and a backlog has come since."""
    with Broker(f"embedded:{server}") as broker:
        broker.database.initialise(from_scratch=True)
        with broker.database.source.connect() as conn:
            for table in _BIG:
                conn.execute(f"alter table aque.{table} set (autovacuum_enabled = off)".encode())
            backlog.fill(conn, 3)
            early = Bench(broker, conn)
            for name in _TURNS:
                _HOT[name](early)
            conn.execute("update aque.task set state = 'success', blockers = 0, worker_id = null, lease = null")
            backlog.analyse(conn)
            for name in _TURNS:
                _HOT[name](early)
            backlog.fill(conn, 3_000, analysed=False)
            yield Bench(broker, conn)


@pytest.mark.parametrize("name", _HOT)
def test_a_hot_statement_reads_what_it_needs_alone(bench: Bench, name: str) -> None:
    for _ in range(_ROUNDS - 1):
        _HOT[name](bench)
    _check(bench, name)


@pytest.mark.parametrize("name", _TURNS)
def test_nor_does_one_whose_plan_is_older_than_the_backlog(surprised: Bench, name: str) -> None:
    """What was planned for a few tasks does not go through all at each turn, until the server looks at them again."""
    _check(surprised, name)


def _check(bench: Bench, name: str) -> None:
    with backlog.plans(bench.conn) as found:
        _HOT[name](bench)
    assert found, "nothing was explained"
    for plan in found:
        assert [_told(node) for node in backlog.nodes(plan["Plan"]) if _reads_too_much(node)] == [], plan["Query Text"]


def _reads_too_much(node: dict[str, Any]) -> bool:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in _BIG:
        return True
    return _rows(node) > _MOST


def _rows(node: dict[str, Any]) -> float:
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


def _told(node: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in node.items() if key != "Plans"})
