"""Whatever is done to tasks in whatever order: the broker and a small model agree, and all moves are legal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aque.core import farm
from aque.core.broker import Broker
from aque.core.queries import kill as killing
from aque.core.queries import registry, steering, work
from aque.core.queries.work import Captured, Ended, Outcome
from aque.core.states import MOVES, State

from .backlog import register
from .model import Model, Need, Task

_ENDS = st.sampled_from([State.SUCCESS, State.ERROR, State.KILLED])
_CONDITIONS = st.sampled_from(["success", "complete", "failure"])
_OTHERWISE = st.sampled_from(["fail", "fail", "cancel", "wait"])
_TABLES = "task, spec, dependency, attempt, result, worker, named_limit"
_NOW = datetime.now(UTC).timestamp()


class BrokerMachine(RuleBasedStateMachine):
    """Does things to tasks through the broker's own statements."""

    broker: ClassVar[Broker]

    @initialize(size=st.sampled_from([None, 2, 3]))
    def start(self, size: int | None) -> None:
        self.model = Model()
        self.seen: dict[int, State] = {}
        self.runs: dict[int, Captured] = {}
        self.old: list[Captured] = []
        with self.broker.database.connection() as conn:
            conn.execute(f"truncate aque.{_TABLES.replace(', ', ', aque.')}".encode())
            self.workers = [register(conn), register(conn)]
        self.set_limit(size)

    @rule(
        data=st.data(),
        count=st.integers(1, 3),
        priority=st.sampled_from([1000, 1000, 7]),
        retries=st.integers(0, 1),
        held=st.booleans(),
        limit=st.integers(0, 2),
    )
    def submit(self, data: st.DataObject, count: int, priority: int, retries: int, held: bool, limit: int) -> None:
        """A few tasks; each may need some that are there, and those before it."""
        there, given = sorted(self.model.tasks), list[dict[str, Any]]()
        needs: list[list[dict[str, Any]]] = []
        for n in range(count):
            pool: list[Any] = [*there, *given]
            indexes = data.draw(st.sets(st.integers(0, len(pool) - 1), max_size=2)) if pool else set[int]()
            needs.append(
                [
                    {"task": pool[index], "condition": data.draw(_CONDITIONS), "otherwise": data.draw(_OTHERWISE)}
                    for index in sorted(indexes)
                ]
            )
            fields = {"priority": priority, "retries": retries, "hold": held, "limits": _limits(limit)}
            given.append({"func": "m:f", "name": str(n), "dependencies": needs[n], "user": "me", **fields})
        parent = data.draw(st.sampled_from([None, *there]))
        if parent is not None:
            given[0]["parent"] = parent
        ids = self.broker.submit(given, {})
        by_identity = {id(each): task for each, task in zip(given, ids, strict=True)}
        for n, task in enumerate(ids):
            edges = [
                Need(need if isinstance(need, int) else by_identity[id(need)], *how)
                for need, *how in (each.values() for each in needs[n])
            ]
            state = State.PAUSED if held else State.PENDING
            new = Task(state, edges, priority, retries, retries, limit=limit)
            self.model.submit(task, new, parent if n == 0 else None)
        self.model.look_back(ids)

    @rule(worker=st.integers(0, 1), wanted=st.integers(1, 3))
    def claim(self, worker: int, wanted: int) -> None:
        self.model.promote()
        expected = self.model.claimable()[:wanted]
        with self.broker.database.connection() as conn:
            found = work.claim(conn, self.workers[worker], 100.0, 1 << 40, wanted)
        assert [each.id for each in found] == expected
        for run in found:
            assert run.id not in self.runs, "it runs twice"
            self.runs[run.id] = run
            self.model.claim(run.id, self.workers[worker], run.lease)

    @rule(size=st.sampled_from([None, 0, 1, 2, 3]))
    def set_limit(self, size: int | None) -> None:
        """Also below what is in use."""
        if size is None:
            farm.remove_limit(self.broker, "licence")
        else:
            farm.set_limit(self.broker, "licence", size)
        self.model.size = size

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        ends = {run: data.draw(_ENDS) for run in self._some_runs(data)}
        with self.broker.database.connection() as conn:
            work.complete(conn, [_outcome(self.runs[run], state) for run, state in ends.items()])
        self.model.complete(ends)
        self._forget(ends)

    @precondition(lambda self: self.old)
    @rule(data=st.data(), end=_ENDS)
    def come_back_too_late(self, data: st.DataObject, end: State) -> None:
        """A lease that was lost completes, releases and interrupts nothing."""
        run = data.draw(st.sampled_from(self.old))
        with self.broker.database.connection() as conn:
            assert work.complete(conn, [_outcome(run, end)]) == Ended([])
            assert work.release(conn, [(run.id, run.lease)]) == []
            assert work.interrupt(conn, [(run.id, run.lease)], is_loss=True, reason="lost") == []

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        runs = self._some_runs(data)
        with self.broker.database.connection() as conn:
            work.release(conn, [(run, self.runs[run].lease) for run in runs])
        self.model.release(runs)
        self._forget(runs)

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), is_loss=st.booleans())
    def interrupt(self, data: st.DataObject, is_loss: bool) -> None:
        runs = self._some_runs(data)
        with self.broker.database.connection() as conn:
            work.interrupt(conn, [(run, self.runs[run].lease) for run in runs], is_loss=is_loss, reason="so")
        self.model.interrupt(runs, is_loss=is_loss)
        self._forget(runs)

    @rule(nth=st.integers(0, 1))
    def forsake(self, nth: int) -> None:
        gone = self.workers[nth]
        runs = [run for run in self.runs if self.model.tasks[run].worker == gone]
        with self.broker.database.connection() as conn:
            registry.forsake(conn, [gone])
            self.workers[nth] = register(conn)
        self.model.interrupt(runs, is_loss=True)
        self._forget(runs)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        targets = data.draw(st.lists(st.sampled_from(sorted(self.model.tasks)), min_size=1, max_size=2, unique=True))
        with self.broker.database.connection() as conn:
            killing.kill(conn, targets, 15, 5.0, ends=True)
        self.model.kill(targets)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        targets = self._some_tasks(data)
        with self.broker.database.connection() as conn:
            before = self._states()
            told = {each.id: each.state for each in steering.retry(conn, targets, dry=True)}
            assert self._states() == before, "a dry run does something"
            done = steering.retry(conn, targets, dry=False)
        assert {each.id: each.state for each in done} == told
        self.model.retry(targets)
        assert {each.id for each in done if each.refusal is None} == {
            task for task, state in before.items() if state != self._states()[task]
        }

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), is_pause=st.booleans())
    def pause_or_resume(self, data: st.DataObject, is_pause: bool) -> None:
        targets = self._some_tasks(data)
        moves = [State.PENDING, State.PAUSED] if is_pause else [State.PAUSED, State.PENDING]
        with self.broker.database.connection() as conn:
            steering.move(conn, targets, *moves, dry=False)
        self.model.move(targets, *moves)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), priority=st.sampled_from([1000, 7]), retries=st.integers(0, 2), limit=st.integers(0, 2))
    def edit(self, data: st.DataObject, priority: int, retries: int, limit: int) -> None:
        targets = self._some_tasks(data)
        changes = {"priority": priority, "retries": retries, "memory": priority, "name": "x", "limits": _limits(limit)}
        with self.broker.database.connection() as conn:
            steering.edit(conn, targets, changes, dry=False)
        self.model.edit(targets, priority, retries, limit)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data(), amount=st.sampled_from([-10, 5]))
    def prioritise(self, data: st.DataObject, amount: int) -> None:
        targets = self._some_tasks(data)
        with self.broker.database.connection() as conn:
            steering.prioritise(conn, targets, amount, is_relative=True, dry=False)
        self.model.prioritise(targets, amount)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        targets = self._some_tasks(data)
        with self.broker.database.connection() as conn:
            done = steering.remove(conn, targets, dry=False)
        assert {each.id for each in done if each.state is None} == self.model.remove(targets)

    @invariant()
    def they_agree(self) -> None:
        """States, leases and counts; and `blockers` are the open edges, with the time while that is to come."""
        with self.broker.database.connection() as conn:
            found = conn.execute(
                "select id, state::text, lease, worker_id, attempt, retries, losses, run_at is not null, priority,"
                " blockers"
                " from aque.task order by id"
            ).fetchall()
            used = conn.execute("select coalesce(sum(used), 0) from aque.limits_used('{licence}')").fetchone()
        assert used == (self.model.used(),)
        assert [row[:9] for row in found] == [_told(each, task) for each, task in sorted(self.model.tasks.items())]
        for task, state, *_, is_delayed, _, blockers in found:
            if state in (State.PENDING, State.PAUSED):
                assert blockers == self.model.open_edges(task) + is_delayed
            old = self.seen.get(task, State.CREATING)
            assert state == old or State(state) in MOVES[old] or old is State.CREATING
            self.seen[task] = State(state)

    def _states(self) -> dict[int, str]:
        with self.broker.database.connection() as conn:
            return dict(conn.execute("select id, state::text from aque.task").fetchall())

    def _some_tasks(self, data: st.DataObject) -> list[int]:
        tasks = sorted(self.model.tasks)
        return data.draw(st.lists(st.sampled_from(tasks), min_size=1, max_size=3, unique=True))

    def _some_runs(self, data: st.DataObject) -> list[int]:
        return data.draw(st.lists(st.sampled_from(sorted(self.runs)), min_size=1, max_size=3, unique=True))

    def _forget(self, runs: Iterator[int] | Any) -> None:
        self.old += [self.runs.pop(run) for run in list(runs)]


def _told(task: int, found: Task) -> tuple[Any, ...]:
    counts = (found.attempt, found.retries, found.losses, found.is_delayed, found.priority)
    return (task, str(found.state), found.lease, found.worker, *counts)


def _limits(amount: int) -> dict[str, int]:
    return {"licence": amount} if amount else {}


def _outcome(run: Captured, state: State) -> Outcome:
    return Outcome(run.id, run.lease, state, _NOW, _NOW, exit_code=0)


@pytest.fixture
def hasty(broker: Broker) -> Iterator[Broker]:
    """A broker whose commits do not wait for the disk: nobody pulls the plug here."""
    with broker.database.source.connect() as conn:
        conn.execute("alter database postgres set synchronous_commit = off")
        try:
            with Broker(broker.to_url()) as made:
                yield made
        finally:
            conn.execute("alter database postgres reset synchronous_commit")


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(60, 30, marks=pytest.mark.timeout(300)),
        pytest.param(800, 50, marks=[pytest.mark.soak, pytest.mark.timeout(3000)]),
    ],
)
def test_the_broker_and_the_model_agree(hasty: Broker, examples: int, steps: int) -> None:
    BrokerMachine.broker = hasty
    run_state_machine_as_test(
        BrokerMachine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
