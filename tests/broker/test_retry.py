"""A retry of what others needed: nobody is told twice, and nobody waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime

from aque.core.broker import Broker
from aque.core.queries import steering, work
from aque.core.queries.work import Captured, Outcome
from aque.core.states import State

from .backlog import register


def run(broker: Broker, worker: int) -> Captured:
    """The one task that is ready, captured."""
    (found,) = broker.read(work.claim, worker, 100.0, 1 << 40, 10)
    return found


def end(broker: Broker, captured: Captured, state: State) -> None:
    now = datetime.now(UTC).timestamp()
    broker.read(work.complete, [Outcome(captured.id, captured.lease, state, now, now, 0)])


def blockers(broker: Broker, task: int) -> int:
    return broker.tasks([task])[0].blockers


def test_a_run_whose_dependency_is_retried_is_not_told_of_it_again_when_it_has_to_begin_anew(broker: Broker) -> None:
    """Its count of blockers would fall below zero, and it would never run."""
    first, second = {"func": "m:f", "user": "me"}, {"func": "m:f", "user": "me"}
    one, two = broker.submit([first, {**second, "dependencies": [first]}], {})
    worker = broker.read(register)
    end(broker, run(broker, worker), State.SUCCESS)
    dependent = run(broker, worker)
    assert dependent.id == two
    broker.read(steering.retry, [one], dry=False)
    again = run(broker, worker)
    broker.read(work.release, [(two, dependent.lease)])
    assert blockers(broker, two) == 0
    end(broker, again, State.SUCCESS)
    assert blockers(broker, two) == 0
    assert run(broker, worker).id == two


def test_what_waits_for_a_success_that_is_retried_waits_for_it_again(broker: Broker) -> None:
    first = {"func": "m:f", "user": "me"}
    one, two = broker.submit([first, {"func": "m:f", "user": "me", "dependencies": [first]}], {})
    worker = broker.read(register)
    end(broker, run(broker, worker), State.SUCCESS)
    assert blockers(broker, two) == 0
    broker.read(steering.retry, [one], dry=False)
    assert blockers(broker, two) == 1
    end(broker, run(broker, worker), State.SUCCESS)
    assert run(broker, worker).id == two


def test_what_was_paused_comes_back_paused(broker: Broker) -> None:
    """It ended because of what it needs, and ran after the retry of that, though somebody held it back."""
    first = {"func": "m:f", "user": "me"}
    needs = {"func": "m:f", "user": "me", "dependencies": [first]}
    one, held, free = broker.submit([first, {**needs, "hold": True}, needs], {})
    end(broker, run(broker, broker.read(register)), State.ERROR)
    assert [task.state for task in broker.tasks([held, free])] == [State.ERROR, State.ERROR]
    told = broker.read(steering.retry, [one], dry=False)
    assert {each.id: each.state for each in told} == {one: State.PENDING, held: State.PAUSED, free: State.PENDING}
    assert {task.id: task.state for task in broker.tasks([held, free])} == {held: State.PAUSED, free: State.PENDING}
    assert blockers(broker, held) == 1
