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

from aque.core.broker import Broker
from aque.core.queries import tasks, work
from aque.core.queries.work import Captured, Outcome
from aque.core.states import MOVES, State

from .backlog import register
from .model import Model, Task

_ENDS = st.sampled_from([State.SUCCESS, State.ERROR, State.KILLED])
_CONDITIONS = st.sampled_from(["success", "complete", "failure"])
_TABLES = "task, spec, dependency, attempt, result, worker"
_NOW = datetime.now(UTC)


class BrokerMachine(RuleBasedStateMachine):
    """Does things to tasks through the broker's own statements."""

    broker: ClassVar[Broker]

    @initialize()
    def start(self) -> None:
        self.model = Model()
        self.seen: dict[int, State] = {}
        self.runs: dict[int, Captured] = {}
        self.old: list[Captured] = []
        with self.broker.database.connection() as conn:
            conn.execute(f"truncate aque.{_TABLES.replace(', ', ', aque.')}".encode())
            self.workers = [register(conn), register(conn)]

    @rule(
        data=st.data(),
        count=st.integers(1, 3),
        priority=st.sampled_from([1000, 1000, 7]),
        retries=st.integers(0, 1),
        held=st.booleans(),
    )
    def submit(self, data: st.DataObject, count: int, priority: int, retries: int, held: bool) -> None:
        """A few tasks; each may need some that are there, and those before it."""
        there, given = sorted(self.model.tasks), list[dict[str, Any]]()
        needs: list[list[tuple[Any, str]]] = []
        for n in range(count):
            pool: list[Any] = [*there, *given]
            indexes = data.draw(st.sets(st.integers(0, len(pool) - 1), max_size=2)) if pool else set[int]()
            needs.append([(pool[index], data.draw(_CONDITIONS)) for index in sorted(indexes)])
            fields = {"priority": priority, "retries": retries, "hold": held}
            given.append({"func": "m:f", "name": str(n), "dependencies": needs[n], "user": "me", **fields})
        parent = data.draw(st.sampled_from([None, *there]))
        if parent is not None:
            given[0]["parent"] = parent
        ids = self.broker.submit(given, {})
        by_identity = {id(each): task for each, task in zip(given, ids, strict=True)}
        for n, task in enumerate(ids):
            edges = [(need if isinstance(need, int) else by_identity[id(need)], how) for need, how in needs[n]]
            state = State.PAUSED if held else State.PENDING
            self.model.submit(task, Task(state, edges, priority, retries), parent if n == 0 else None)
        self.model.look_back(ids)

    @rule(worker=st.integers(0, 1), wanted=st.integers(1, 3))
    def claim(self, worker: int, wanted: int) -> None:
        expected = self.model.ready()[:wanted]
        with self.broker.database.connection() as conn:
            found = work.claim(conn, self.workers[worker], 100.0, 1 << 40, wanted)
        assert [each.id for each in found] == expected
        for run in found:
            assert run.id not in self.runs, "it runs twice"
            self.runs[run.id] = run
            self.model.claim(run.id, self.workers[worker], run.lease)

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
            assert work.complete(conn, [_outcome(run, end)]) == []
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
            work.forsake(conn, [gone])
            self.workers[nth] = register(conn)
        self.model.interrupt(runs, is_loss=True)
        self._forget(runs)

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        targets = data.draw(st.lists(st.sampled_from(sorted(self.model.tasks)), min_size=1, max_size=2, unique=True))
        with self.broker.database.connection() as conn:
            tasks.kill(conn, targets, 15, 5.0)
        self.model.kill(targets)

    @invariant()
    def they_agree(self) -> None:
        """States, leases and counts; and `blockers` are the open edges, with the time while that is to come."""
        with self.broker.database.connection() as conn:
            found = conn.execute(
                "select id, state::text, lease, worker_id, attempt, retries, losses, run_at is not null, blockers"
                " from aque.task order by id"
            ).fetchall()
        assert [row[:8] for row in found] == [_told(each, task) for each, task in sorted(self.model.tasks.items())]
        for task, state, *_, is_delayed, blockers in found:
            if state in (State.PENDING, State.PAUSED):
                assert blockers == self.model.open_edges(task) + is_delayed
            old = self.seen.get(task, State.CREATING)
            assert state == old or State(state) in MOVES[old] or old is State.CREATING
            self.seen[task] = State(state)

    def _some_runs(self, data: st.DataObject) -> list[int]:
        return data.draw(st.lists(st.sampled_from(sorted(self.runs)), min_size=1, max_size=3, unique=True))

    def _forget(self, runs: Iterator[int] | Any) -> None:
        self.old += [self.runs.pop(run) for run in list(runs)]


def _told(task: int, found: Task) -> tuple[Any, ...]:
    counts = (found.attempt, found.retries, found.losses, found.is_delayed)
    return (task, str(found.state), found.lease, found.worker, *counts)


def _outcome(run: Captured, state: State) -> Outcome:
    return Outcome(run.id, run.lease, state, _NOW, _NOW, exit_code=0)


@pytest.mark.parametrize(
    ("examples", "steps"), [(25, 25), pytest.param(1500, 60, marks=[pytest.mark.soak, pytest.mark.timeout(3000)])]
)
def test_the_broker_and_the_model_agree(broker: Broker, examples: int, steps: int) -> None:
    BrokerMachine.broker = broker
    run_state_machine_as_test(
        BrokerMachine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
