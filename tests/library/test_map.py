"""map over iterables of any length."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

import aque
from aque.core.broker import Broker
from tests import work

from . import loops


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker, isolation="shared")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("chunksize", [1, 2, 7, 100])
@pytest.mark.parametrize("buffersize", [None, 1, 2, 3, 100])
def test_results_are_those_of_the_builtin_map(queue: aque.Queue, chunksize: int, buffersize: int | None) -> None:
    found = queue.map(work.add, range(20), range(100, 115), timeout=60, chunksize=chunksize, buffersize=buffersize)
    assert list(found) == list(map(work.add, range(20), range(100, 115)))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("chunksize", [1, 3])
def test_an_endless_iterable_is_taken_as_far_as_results_are(queue: aque.Queue, chunksize: int) -> None:
    numbers = itertools.count()
    found = queue.map(loops.square, numbers, chunksize=chunksize, buffersize=4)
    assert list(itertools.islice(found, 30)) == [x * x for x in range(30)]
    assert next(numbers) <= 30 + (4 + 1) * chunksize
    found.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("buffersize", [1, 4])
def test_no_more_is_ahead_than_was_asked_for(queue: aque.Queue, broker: Broker, buffersize: int) -> None:
    """There is no worker."""
    numbers = itertools.count()
    queue.map(loops.square, numbers, buffersize=buffersize)
    assert next(numbers) == buffersize
    assert len(broker.tasks()) == buffersize


def test_all_is_queued_before_a_result_is_asked_for(queue: aque.Queue, broker: Broker) -> None:
    queue.map(loops.square, range(5))
    assert [row.name for row in broker.tasks()] == ["square"] * 5


@pytest.mark.parametrize(("chunksize", "tasks"), [(1, 10), (3, 4), (10, 1), (99, 1)])
def test_each_task_makes_so_many_calls(queue: aque.Queue, broker: Broker, chunksize: int, tasks: int) -> None:
    queue.map(loops.square, range(10), chunksize=chunksize)
    assert [row.name for row in broker.tasks()] == ["square"] * tasks


@pytest.mark.parametrize("iterables", [[], [[]], [[], [1]]])
def test_of_nothing_comes_nothing(queue: aque.Queue, iterables: list[list[int]]) -> None:
    assert list(queue.map(work.add, *iterables)) == []
    assert list(queue.map(work.add, *iterables, chunksize=5, buffersize=5)) == []


def test_an_iterable_that_fails_queues_nothing(queue: aque.Queue, broker: Broker) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        queue.map(loops.square, broken())
    assert broker.tasks() == []


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("chunksize", [1, 2])
def test_an_error_comes_in_its_turn_and_cancels_what_has_not_begun(queue: aque.Queue, chunksize: int) -> None:
    found = queue.map(loops.fail_at, range(500), [4] * 500, chunksize=chunksize)
    assert [next(found) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(ArithmeticError, match="bad: 4"):
        next(found)
    assert next(found, "over") == "over"


def test_a_timeout_cancels_all(queue: aque.Queue, broker: Broker) -> None:
    """There is no worker. All are stopped by one act, and not by one each."""
    with pytest.raises(TimeoutError):
        next(queue.map(loops.square, range(50), timeout=0))
    assert {row.state for row in broker.tasks()} == {"cancelled"}
    queue.shutdown()


@pytest.mark.usefixtures("worker")
def test_an_iterator_that_is_given_up_cancels_what_has_not_begun(queue: aque.Queue, broker: Broker) -> None:
    """A future among the values is waited for, as in any call."""
    held = queue.submit_ex(work.add, (1, 1), hold=True)
    found = queue.map(work.add, [1, held], [1, 1])
    assert next(found) == 2
    found.close()  # type: ignore[attr-defined]
    assert [row.state for row in broker.tasks() if row.id > held.id] == ["cancelled", "success"]


@pytest.mark.parametrize(
    ("given", "error"),
    [({"chunksize": 0}, ValueError), ({"buffersize": 0}, ValueError), ({"buffersize": "2"}, TypeError)],
)
def test_what_makes_no_sense_is_refused_before_anything_is_queued(
    queue: aque.Queue, broker: Broker, given: dict[str, int], error: type[Exception]
) -> None:
    with pytest.raises(error, match=next(iter(given))):
        queue.map(loops.square, range(3), **given)
    assert broker.tasks() == []


def test_after_shutdown_nothing_more_is_queued(queue: aque.Queue) -> None:
    queue.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        queue.map(loops.square, range(3))
