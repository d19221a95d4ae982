"""Tasks that coroutines wait for."""

from __future__ import annotations

import asyncio
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from tests import work
from tests.waiting import wait_for


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def run(coroutine: Any) -> Any:
    """Run a coroutine, with a bound."""
    return asyncio.run(asyncio.wait_for(coroutine, 40))


@pytest.mark.usefixtures("worker")
def test_a_future_is_awaited(queue: aque.Queue) -> None:
    async def main() -> object:
        return await queue.submit(work.add, 1, 2)

    assert run(main()) == 3


@pytest.mark.usefixtures("worker")
def test_many_are_gathered_while_the_loop_goes_on(queue: aque.Queue) -> None:
    async def main() -> tuple[list[object], int]:
        waiting = asyncio.gather(*(queue.submit(work.add, number, 1) for number in range(10)))
        turns = 0
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0)
        return await waiting, turns

    results, turns = run(main())
    assert results == list(range(1, 11))
    assert turns > 1


@pytest.mark.usefixtures("worker")
def test_a_queue_is_an_executor_of_a_loop(queue: aque.Queue) -> None:
    async def main() -> object:
        return await asyncio.get_running_loop().run_in_executor(queue, work.add, 1, 2)

    assert run(main()) == 3


@pytest.mark.usefixtures("worker")
def test_a_coroutine_function_runs_as_a_task(queue: aque.Queue) -> None:
    async def main() -> object:
        return await asyncio.wrap_future(queue.submit(work.slowly, ["a", 1]))

    assert run(main()) == ["a", 1]


@pytest.mark.usefixtures("worker")
def test_calls_of_a_coroutine_function_go_together_into_a_task(queue: aque.Queue) -> None:
    assert list(queue.map(work.slowly, range(5), chunksize=3, timeout=40)) == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("worker")
def test_an_error_is_raised_where_it_is_awaited(queue: aque.Queue) -> None:
    async def main() -> object:
        return await queue.submit(work.fail, "no")

    with pytest.raises(ValueError, match="no"):
        run(main())


@pytest.mark.parametrize("give_up", [asyncio.wait_for, asyncio.timeout])
def test_giving_up_cancels_the_task(queue: aque.Queue, broker: Broker, give_up: Any) -> None:
    """There is no worker: it has not begun."""

    async def main() -> aque.Future:
        future = queue.submit(work.add, 1, 2)
        if give_up is asyncio.wait_for:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(future, 0.01)
        else:
            with pytest.raises(asyncio.TimeoutError):
                async with asyncio.timeout(0.01):
                    await future
        return future

    future = run(main())
    assert future.cancelled()
    assert broker.tasks([future.id])[0].state == "cancelled"


def test_a_task_that_is_cancelled_elsewhere_ends_the_waiting(queue: aque.Queue, broker: Broker) -> None:
    async def main() -> None:
        future = queue.submit(work.add, 1, 2)
        waiting = asyncio.ensure_future(future)
        await asyncio.sleep(0)
        await asyncio.to_thread(broker.kill, [future.id])
        await waiting

    with pytest.raises(asyncio.CancelledError):
        run(main())


def test_waiting_with_a_bound_outside_of_a_loop_is_as_ever(queue: aque.Queue) -> None:
    future = queue.submit(work.add, 1, 2)
    with pytest.raises(FutureTimeout):
        future.result(0)
    assert future.cancel()
    wait_for(future.cancelled)
