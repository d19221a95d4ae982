"""Undo: what was done is taken back exactly, of what is still as it was left, and of nothing else."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aque.core import farm
from aque.core.broker import Broker
from aque.core.errors import CannotUndo, EventNotFound
from aque.core.queries import events, work
from aque.core.rows import TaskRow
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from aque.core.task import local_defaults
from aque.core.undo import Reset
from tests.waiting import wait_for
from tests.work import running_worker

from .backlog import register
from .test_retry import end, run

Act = Callable[[Broker, list[int]], object]
ACTS: dict[str, Act] = {
    "pause": lambda broker, ids: Steering(broker).pause(Selection.of(ids)),
    "resume": lambda broker, ids: Steering(broker).resume(Selection.of(ids)),
    "priority": lambda broker, ids: Steering(broker).prioritise(Selection.of(ids), 2**31, is_relative=True),
    "lower": lambda broker, ids: Steering(broker).prioritise(Selection.of(ids), -7, is_relative=False),
    "kill": lambda broker, ids: broker.kill(ids),
    "edit": lambda broker, ids: Steering(broker).edit(
        Selection.of(ids),
        {"cpus": "/2", "memory": "7G", "tags": "a b", "timeout": 0.1, "run_at": "2099-01-01T00:00", "name": "é"},
    ),
    "default": lambda broker, ids: Steering(broker).edit(
        Selection.of(ids), {"cpus": "", "tags": "", "timeout": "", "run_at": "", "retries": "", "priority": 3}
    ),
}


def submit(broker: Broker, count: int = 1, **fields: Any) -> list[int]:
    return list(broker.submit([{"func": "m:f", "user": "me", **fields} for _ in range(count)], {}))


def rows(broker: Broker, ids: Iterable[int]) -> list[TaskRow]:
    """Tasks without the times of what happened to them."""
    found = sorted(broker.tasks(list(ids)), key=lambda row: row.id)
    return [row._replace(finished_at=None, error=None) for row in found]


def states(broker: Broker, ids: Iterable[int]) -> list[str]:
    return [row.state for row in rows(broker, ids)]


@st.composite
def piles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Tasks of all kinds, some of which need others among them."""
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 6))):
        needs = draw(st.lists(st.sampled_from(found), max_size=2, unique_by=id)) if found else []
        conditions = st.sampled_from(("success", "complete", "failure"))
        fields = draw(
            st.fixed_dictionaries(
                {"hold": st.booleans(), "priority": st.sampled_from((-(2**31), 0, 1000))},
                optional={
                    "cpus": st.sampled_from((0.1, 3, "/4")),
                    "timeout": st.floats(0.125, 1e6, width=32),
                    "tags": st.just(("gpu",)),
                    "run_at": st.just("2098-01-01T00:00"),
                    "retries": st.integers(0, 9),
                },
            )
        )
        found.append(
            {"func": "m:f", "user": "me", "dependencies": [(each, draw(conditions)) for each in needs], **fields}
        )
    return found


@settings(max_examples=60)
@given(data=st.data(), pile=piles(), act=st.sampled_from(sorted(ACTS)))
def test_an_undo_makes_all_as_it_was_and_its_undo_does_the_act_again(
    shared_broker: Broker, data: st.DataObject, pile: list[dict[str, Any]], act: str
) -> None:
    broker = shared_broker
    ids = list(broker.submit(pile, {}))
    targets = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    before = rows(broker, ids)
    seen = broker.read(events.latest, 1)
    ACTS[act](broker, targets)
    after = rows(broker, ids)
    if broker.read(events.latest, 1) == seen:  # it did nothing
        assert after == before
        return
    done = Steering(broker).undo()
    assert rows(broker, ids) == before
    assert all(each.refusal is None for each in done.tasks)
    again = Steering(broker).undo(done.by)
    assert rows(broker, ids) == after
    assert broker.read(events.undoable, 1, own=True)[0].id == done.event.id  # it is in effect again
    Steering(broker).undo(again.by)
    assert rows(broker, ids) == before
    assert broker.read(events.latest, 1, events.Wanted(id=done.event.id))[0].undone_by == done.by


def test_what_has_ended_has_nothing_that_keeps_it_however_it_ended(broker: Broker) -> None:
    """It fell with what it needs at first, and is cancelled by itself when the act is done again."""
    one, two = submit(broker, 2)
    (both,) = submit(broker, dependencies=[one, (two, "complete")])
    broker.kill([one, two])
    counts = [rows(broker, [both])[0].blockers]
    done = Steering(broker).undo()
    counts.append(rows(broker, [both])[0].blockers)
    Steering(broker).undo(done.by)
    counts.append(rows(broker, [both])[0].blockers)
    assert counts == [0, 2, 0]


def test_only_what_is_as_it_was_left_is_taken_back(broker: Broker) -> None:
    one, two, three = ids = submit(broker, 3)
    steering = Steering(broker)
    steering.pause(Selection.of(ids))
    steering.resume(Selection.of([two]))
    worker = broker.read(register)
    assert run(broker, worker).id == two
    (pause,) = broker.read(events.latest, 1, events.Wanted(actions=("pause",)))
    dry = steering.undo(pause.id, dry=True)
    assert dry.by is None
    assert states(broker, ids) == ["paused", "running", "paused"]
    done = steering.undo(pause.id)
    assert dry.tasks == done.tasks
    assert {each.id: each.refusal for each in done.tasks} == {one: None, two: "state", three: None}
    assert states(broker, ids) == ["pending", "running", "pending"]


def test_values_that_somebody_changed_since_are_left_alone(broker: Broker) -> None:
    one, two = submit(broker, 2)
    steering = Steering(broker)
    steering.edit(Selection.of([one, two]), {"cpus": 2, "queue": "night"})
    (edit,) = broker.read(events.latest, 1)
    steering.edit(Selection.of([two]), {"cpus": 3})
    done = steering.undo(edit.id)
    assert {each.id: each.refusal for each in done.tasks} == {one: None, two: "changed"}
    assert [(row.cpus, row.queue) for row in rows(broker, [one, two])] == [(1, "default"), (3, "night")]


def test_a_priority_is_taken_back_from_what_has_begun_as_well(broker: Broker) -> None:
    """It counts when the task is retried."""
    (one,) = submit(broker)
    Steering(broker).prioritise(Selection.of([one]), 5, is_relative=True)
    run(broker, broker.read(register))
    Steering(broker).undo()
    assert rows(broker, [one])[0].priority == 1000


def test_what_a_kill_stopped_runs_again_and_what_outlived_it_does_not(broker: Broker) -> None:
    first, second = submit(broker, 2)
    worker = broker.read(register)
    captured = broker.read(work.claim, worker, 100.0, 1 << 40, 10)
    broker.kill([first, second])
    assert {each.refusal for each in Steering(broker).undo().tasks} == {"state"}  # neither has ended yet
    killed, lucky = captured
    end(broker, killed, State.KILLED)
    end(broker, lucky, State.SUCCESS)
    done = Steering(broker).undo()
    assert {each.id: (each.state, each.refusal) for each in done.tasks} == {
        killed.id: ("pending", None),
        lucky.id: ("success", "state"),
    }
    again = Steering(broker).undo(done.by)
    assert states(broker, [killed.id]) == ["cancelled"]
    assert [(each.id, each.before, each.state) for each in again.tasks] == [(killed.id, "pending", "cancelled")]
    assert broker.read(events.latest, 1, events.Wanted(id=again.by))[0].tasks == 1


def test_one_undo_after_the_other_goes_back_step_by_step(broker: Broker) -> None:
    (one,) = submit(broker)
    steering = Steering(broker)
    steering.prioritise(Selection.of([one]), 1, is_relative=False)
    steering.pause(Selection.of([one]))
    assert [steering.undo().event.action for _ in range(2)] == ["pause", "priority"]
    with pytest.raises(CannotUndo, match="nothing to undo"):
        steering.undo()


def test_what_cannot_be_undone_is_told_with_what_can(broker: Broker) -> None:
    one, two = submit(broker, 2)
    steering = Steering(broker)
    steering.pause(Selection.of([two]))
    (pause,) = broker.read(events.latest, 1)
    broker.kill([one])
    steering.remove(Selection.of([one]))
    with pytest.raises(CannotUndo, match=r"\(rm\) cannot be undone: what was removed is gone; before it was .*kill"):
        steering.undo()
    steering.undo(pause.id)
    with pytest.raises(CannotUndo, match=f"event {pause.id + 3} has undone it"):
        steering.undo(pause.id)
    with pytest.raises(EventNotFound):
        steering.undo(10**9)


def test_a_signal_that_was_delivered_cannot_be_called_back(broker: Broker) -> None:
    (one,) = submit(broker)
    run(broker, broker.read(register))
    broker.kill([one], signal.SIGSTOP)
    with pytest.raises(CannotUndo, match="the signal was sent"):
        Steering(broker).undo()


def test_an_act_of_many_is_undone_exactly_though_its_entry_is_bounded(broker: Broker) -> None:
    """Every second of 9,000 ids, with 30 priorities: far more ranges than an entry names."""
    prototypes = [{"func": "m:f", "user": "me", "priority": place % 30} for place in range(9000)]
    ids = list(broker.submit(prototypes, {}))[::2]
    before = rows(broker, ids)
    steering = Steering(broker)
    steering.prioritise(Selection.of(ids), 77, is_relative=False)
    (entry,) = broker.read(events.latest, 1)
    assert entry.tasks == len(ids)
    assert len(entry.before or "") < 40_000
    assert json.loads(entry.before or "")["left_out"] > 0
    done = steering.undo()
    assert len(done.tasks) == len(ids)
    assert rows(broker, ids) == before


def test_queues_get_back_what_they_had(broker: Broker) -> None:
    steering = Steering(broker)
    farm.limit(broker, ["a", "b"], 3)
    farm.limit(broker, ["a"], 5)
    steering.set_queue("a", paused=True)
    assert [reset.is_done for reset in steering.undo(dry=True).others] == [True]
    steering.undo()
    found = {row.name: (row.paused, row.max_running) for row in farm.queues(broker)}
    assert found == {"a": (False, 5), "b": (False, 3)}
    first = broker.read(events.latest, None, events.Wanted(actions=("limit",)))[-1]
    done = steering.undo(first.id)
    assert [(reset.name, reset.is_done) for reset in done.others] == [("a", False), ("b", True)]
    assert {row.name: row.max_running for row in farm.queues(broker)} == {"a": 5, "b": None}
    steering.undo()
    assert {row.name: row.max_running for row in farm.queues(broker)} == {"a": 3, "b": None}


def test_limits_get_back_their_size(broker: Broker) -> None:
    farm.set_limit(broker, "licence", 5)
    farm.set_limit(broker, "licence", 2)
    farm.remove_limit(broker, "licence")
    sizes = []
    for _ in range(3):
        done = Steering(broker).undo()
        assert done.others == (Reset("limit", "licence", True),)
        sizes.append({row.name: row.size for row in farm.limits(broker)})
    assert sizes == [{"licence": 2}, {"licence": 5}, {}]
    farm.set_limit(broker, "licence", 7)
    assert Steering(broker).undo(done.by).others == (Reset("limit", "licence", False),)


def test_a_worker_that_has_not_ended_takes_tasks_again(broker: Broker, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with running_worker(broker, cpus=1) as worker:
        first = broker.submit(
            [{"pattern": "shell", "args": f"until [ -e {gate} ]; do sleep 0.01; done"}], local_defaults()
        )
        wait_for(lambda: states(broker, first) == ["running"])
        assert [each.is_new for each in farm.drain(broker, None)] == [True]
        wait_for(lambda: worker._pace.is_draining)
        done = Steering(broker).undo()
        assert done.others == (Reset("worker", str(worker.id), True),)
        wait_for(lambda: not worker._pace.is_draining)
        second = broker.submit([{"pattern": "shell", "args": ["true"]}], local_defaults())
        gate.touch()
        wait_for(lambda: states(broker, second) == ["success"], 30)
    assert Steering(broker).undo(done.by).others == (Reset("worker", str(worker.id), False),)  # it has ended
