"""Tasks that are removed while somebody waits for them: nobody waits for ever."""

from __future__ import annotations

import pytest

import aque
from aque.core.broker import Broker
from aque.core.errors import TaskNotFound
from aque.core.futures import watch
from aque.core.queries import work
from aque.core.selection import Selection
from aque.core.states import State
from aque.core.steering import Steering
from aque.core.waiting import Waiter
from tests import work as tasks

from .backlog import register
from .test_retry import end


def test_the_future_of_a_task_that_was_removed_before_its_end_was_heard_of_says_so(broker: Broker) -> None:
    future, other = (aque.Queue(broker=broker).submit(tasks.add, 1, 2) for _ in range(2))
    with broker.database.transaction() as conn:
        conn.execute("update aque.task set state = 'cancelled', finished_at = now() where id = %s", [future.id])
    Steering(broker).remove(Selection.of([future.id]))
    with pytest.raises(TaskNotFound, match=f"task {future.id}: it was removed"):
        future.result(30)
    assert not other.done()


def test_a_future_whose_task_is_not_stored_yet_is_not_taken_for_one_that_is_gone(broker: Broker) -> None:
    queue = aque.Queue(broker=broker)

    def slowly() -> object:
        yield {"func": tasks.add, "args": (1, 2), "hold": True}
        for _ in range(2100):  # more than one part: ids are given, and nobody can see the tasks
            yield {"func": tasks.add, "args": (1, 2), "hold": True}
        watch(broker).check()
        yield {"func": tasks.add, "args": (1, 2), "hold": True}

    futures = queue.submit_many(slowly())  # type: ignore[arg-type]
    assert [each for each in futures if each.done()] == []


def test_who_waits_for_a_task_that_is_removed_hears_of_it(broker: Broker) -> None:
    """By the next look at all, for nothing tells of what was removed."""
    one, two = broker.submit([{"func": "m:f", "user": "me"} for _ in range(2)], {})
    worker = broker.read(register)
    captured = {each.id: each for each in broker.read(work.claim, worker, 100.0, 1 << 40, 2)}
    with Waiter(broker, [one, two]) as waiter:
        assert waiter.wait(0.1) == []
        end(broker, captured[one], State.SUCCESS)
        Steering(broker).remove(Selection.of([one]))
        (ending,) = waiter.wait(30)
        assert (ending.id, ending.state, waiter.open) == (one, "error", {two})
        assert "removed" in (ending.error or "")
