"""Whom a kill reaches, against a plain model of the graph."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aque
from aque.core.broker import Broker
from aque.core.queries import kill, registry, work
from aque.core.states import COMPLETE_STATES, State
from aque.core.worker.host import describe

CONDITIONS = ("success", "complete", "failure")


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[int, str]]:
    """For each task those of the tasks before it that it needs, with the condition."""
    size = draw(st.integers(1, 8))
    edges = [st.dictionaries(st.integers(0, max(place - 1, 0)), st.sampled_from(CONDITIONS)) for place in range(size)]
    return [draw(each) if place else {} for place, each in enumerate(edges)]


def submitted(broker: Broker, graph: list[dict[int, str]]) -> list[int]:
    prototypes: list[dict[str, object]] = []
    for needs in graph:
        dependencies = [(prototypes[place], condition) for place, condition in needs.items()]
        prototypes.append({"pattern": "group", "hold": True, "dependencies": dependencies})
    return [future.id for future in aque.Queue(broker=broker).submit_many(prototypes)]


def closure(start: int, nexts: Mapping[int, Iterable[int]]) -> set[int]:
    found, left = {start}, [start]
    while left:
        new = set(nexts.get(left.pop(), ())) - found
        found |= new
        left += new
    return found


@settings(max_examples=25)
@given(data=st.data(), graph=graphs())
def test_reach_and_fallout_are_the_closures_of_the_graph(
    shared_broker: Broker, data: st.DataObject, graph: list[dict[int, str]]
) -> None:
    ids = submitted(shared_broker, graph)
    target = data.draw(st.integers(0, len(ids) - 1))
    needs = {ids[place]: [ids[each] for each in each_needs] for place, each_needs in enumerate(graph)}
    needed_by: dict[int, list[int]] = {}
    failing_with: dict[int, list[int]] = {}
    for place, each_needs in enumerate(graph):
        for each, condition in each_needs.items():
            needed_by.setdefault(ids[each], []).append(ids[place])
            if condition == "success":
                failing_with.setdefault(ids[each], []).append(ids[place])

    def reach(dependencies: bool, dependents: bool) -> set[int]:
        return set(shared_broker.read(kill.reach, [ids[target]], dependencies=dependencies, dependents=dependents))

    assert reach(False, False) == {ids[target]}
    assert reach(True, False) == closure(ids[target], needs)
    assert reach(False, True) == closure(ids[target], needed_by)
    assert reach(True, True) == closure(ids[target], needs) | closure(ids[target], needed_by)
    told = shared_broker.read(kill.preview, [ids[target]])
    assert told.dependents == len(closure(ids[target], failing_with)) - 1

    done = shared_broker.kill([ids[target]])
    ended = {each.id for each in done if each.before is None}
    assert closure(ids[target], failing_with) - {ids[target]} <= ended


def test_what_is_complete_is_told_and_left_alone(broker: Broker) -> None:
    one, two = submitted(broker, [{}, {}])
    broker.kill([one])
    found = {each.id: each for each in broker.kill([one, two])}
    assert (found[one].touched, found[one].before) == (False, State.CANCELLED)
    assert (found[two].touched, found[two].before) == (True, State.PAUSED)
    assert {row.state for row in broker.tasks()} <= set(COMPLETE_STATES)


def test_a_signal_that_does_not_end_tasks_cancels_none_unless_a_grace_follows(broker: Broker) -> None:
    (task,) = submitted(broker, [{}])
    assert [each.touched for each in broker.kill([task], signal.SIGUSR1)] == [False]
    assert broker.tasks([task])[0].state == "paused"
    assert [each.touched for each in broker.kill([task], signal.SIGUSR1, 1.0)] == [True]
    assert broker.tasks([task])[0].state == "cancelled"


def claimed(broker: Broker) -> tuple[int, int]:
    """A worker by its row alone, and a task that it has captured."""
    task = aque.Queue(broker=broker).submit_ex(pattern="group").id
    worker = broker.read(registry.register, describe("w", 1.0, 1, None, ()))
    assert [each.id for each in broker.read(work.claim, worker, 1.0, 1, 1)] == [task]
    return worker, task


@pytest.mark.parametrize(
    ("number", "grace", "asked"),
    [
        (signal.SIGTERM, None, 5.0),
        (signal.SIGTERM, 60.0, 60.0),
        (signal.SIGTERM, math.inf, None),
        (signal.SIGUSR1, 2.0, 2.0),
        (signal.SIGSTOP, None, None),
    ],
)
def test_what_a_worker_is_asked_for(broker: Broker, number: int, grace: float | None, asked: float | None) -> None:
    worker, task = claimed(broker)
    assert [each.worker for each in broker.kill([task], number, grace)] == [worker]
    (stop,) = broker.read(work.stops, worker)
    assert (stop.kill_signal, stop.kill_grace) == (number, asked)


def test_signals_that_end_nothing_come_once_and_in_order_and_leave_the_end_that_was_asked_for(broker: Broker) -> None:
    worker, task = claimed(broker)
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGCONT):
        broker.kill([task], number)
    assert [each.kill_signal for each in broker.read(work.stops, worker)] == [15, signal.SIGSTOP, signal.SIGCONT]
    assert [each.kill_signal for each in broker.read(work.stops, worker)] == [15]


@pytest.mark.parametrize(("number", "state"), [(signal.SIGSTOP, "pending"), (signal.SIGTERM, "killed")])
def test_a_task_whose_worker_dies_is_lost_to_an_end_that_was_asked_for_and_to_nothing_else(
    broker: Broker, number: int, state: str
) -> None:
    worker, task = claimed(broker)
    broker.kill([task], number)
    broker.read(registry.forsake, [worker])
    assert broker.tasks([task])[0].state == state
    assert broker.read(work.stops, worker) == []
