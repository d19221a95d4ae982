"""What a queue promises as an executor, beyond CPython's own cases: many of those are about pools inside a process."""

from __future__ import annotations

import concurrent.futures
import copy
import functools
import logging
import operator
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import aque
from aque.core.broker import Broker
from aque.core.fields.read import show_command
from aque.core.futures import Future, RemoteTraceback, watch
from tests import work
from tests.waiting import wait_for

from . import loops


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


class Counter:
    """Has methods, and can be called."""

    def __init__(self, start: int) -> None:
        self.start = start

    def plus(self, number: int, times: int = 1) -> int:
        return self.start + number * times

    def __call__(self, number: int) -> int:
        return self.start - number


class ExitsWhereItIsRead:
    """A result that ends the thread which reads it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return sys.exit, (1,)


def make_exiting() -> ExitsWhereItIsRead:
    return ExitsWhereItIsRead()


def test_what_ended_before_its_id_was_told_is_known_to_have_ended(queue: aque.Queue) -> None:
    """A task without ties gets its id from the statement that stores it, and may have ended when that returns."""
    told = threading.Event()
    watching = watch(queue.broker)
    with watching.ahead() as add:
        queue.broker.bind("task_status.cancelled", lambda event: told.set())  # called after the watch
        (task,) = queue.store_many([{"func": os.getpid}])
        queue.broker.kill([task])
        assert told.wait(20)
        add([future := Future(queue.broker, task)])
        assert future.cancelled()
    assert not watching._ahead, "what is heard would be kept for ever"


@pytest.mark.usefixtures("worker")
def test_what_has_no_name_of_its_own_can_be_called(queue: aque.Queue) -> None:
    calls = [
        (Counter(5).plus, (1,), {"times": 3}, 8),
        (Counter(5), (1,), {}, 4),
        (functools.partial(pow, 2), (10,), {}, 1024),
        (operator.itemgetter(1), ([1, 2],), {}, 2),
        ("a-b".split, ("-",), {}, ["a", "b"]),
        ("a b".split, (), {}, ["a", "b"]),
        (str.upper, ("a",), {}, "A"),
        (dict.fromkeys, ("ab",), {}, {"a": None, "b": None}),
    ]
    futures = [queue.submit(func, *args, **kwargs) for func, args, kwargs, _ in calls]  # type: ignore[operator]
    assert [each.result(40) for each in futures] == [wanted for *_, wanted in calls]


def test_it_has_the_name_of_what_is_called(queue: aque.Queue, broker: Broker) -> None:
    for func in (Counter(5).plus, functools.partial(work.add, 1), Counter(5)):
        queue.submit(func, 1)
    queue.map(work.add, [1, 2], [3, 4], chunksize=2)
    rows = broker.tasks()
    assert [row.name for row in rows] == ["add", "Counter", "add", "Counter.plus"]
    shown = [show_command(row, row.created_at) for row in rows]
    assert shown == ["tests.work:add for each of [1, 2], [3, 4]", "Counter(1)", "add(1)", "Counter.plus(1)"]


@pytest.mark.parametrize("func", [lambda: 1, functools.partial(lambda: 1)])
def test_a_lambda_is_refused_at_once(queue: aque.Queue, broker: Broker, func: object) -> None:
    with pytest.raises(aque.EncodeError, match="lambda"):
        queue.submit(func)  # type: ignore[arg-type]
    assert broker.tasks() == []


def test_a_bound_method_needs_no_broker_to_be_executed() -> None:
    assert aque.execute({"func": Counter(5).plus, "args": (1,), "kwargs": {"times": 2}}) == 7


@pytest.mark.usefixtures("worker")
def test_a_result_whose_reading_exits_harms_no_other(queue: aque.Queue) -> None:
    """It ended the thread that settles all futures of a process."""
    with pytest.raises(aque.DecodeError, match="SystemExit"):
        queue.submit(make_exiting).result(40)
    assert queue.submit(work.add, 1, 2).result(40) == 3


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("func", "args", "kind", "told"),
    [
        (int, ("twelve",), ValueError, "ValueError: invalid literal"),  # raised in C: there is no frame to tell of
        (sys.exit, (3,), SystemExit, "SystemExit: 3"),
        (loops.fail_with_a_cause, (), ArithmeticError, "in fail_with_a_cause"),
    ],
)
def test_the_cause_of_an_error_is_always_a_remote_traceback(
    queue: aque.Queue, func: Callable[..., object], args: tuple[object, ...], kind: type[BaseException], told: str
) -> None:
    """As that of a process pool: who logs `error.__cause__` need not ask whether there is one."""
    error = queue.submit(func, *args).exception(40)
    assert type(error) is kind
    assert isinstance(error.__cause__, RemoteTraceback)
    assert told in error.__cause__.tb


@pytest.mark.usefixtures("worker")
def test_an_error_comes_with_its_notes_and_with_what_it_came_from(queue: aque.Queue) -> None:
    error = queue.submit(loops.fail_with_a_cause).exception(40)
    assert error is not None
    assert getattr(error, "__notes__", []) == ["while it was tried"]
    assert "LookupError: first" in str(error.__cause__)


def test_a_future_is_settled_once(queue: aque.Queue) -> None:
    """CPython's own cases of it look at the text as well, which names the task here."""
    future = queue.submit_ex(work.add, (1, 2), hold=True)
    future.set_result(1)
    for settle in (lambda: future.set_result(2), lambda: future.set_exception(LookupError())):
        with pytest.raises(concurrent.futures.InvalidStateError, match=f"FINISHED: <aque.Future {future.id} finished>"):
            settle()
    assert future.result() == 1


def test_cancel_is_asked_of_the_broker(queue: aque.Queue, broker: Broker) -> None:
    """Who cancels may be another process; a second time changes nothing, and a dependent is cancelled with it."""
    future = queue.submit(work.add, 1, 2)
    dependent = queue.submit(work.add, future, 1)
    assert [future.cancel(), future.cancel()] == [True, True]
    done, _ = concurrent.futures.wait([future, dependent], 40)
    assert done == {future, dependent}
    assert dependent.cancelled()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_future_is_not_copied(queue: aque.Queue, attempt: object) -> None:
    future = queue.submit(work.add, 1, 2)
    with pytest.raises(TypeError, match=f"the future of task {future.id} cannot be pickled"):
        attempt(future)  # type: ignore[operator]


def test_a_future_inside_what_must_be_pickled_is_refused(queue: aque.Queue) -> None:
    """The task would not wait for it."""
    holder = Counter(0)
    holder.start = queue.submit(work.add, 1, 2)  # type: ignore[assignment]
    with pytest.raises(aque.EncodeError, match="pass it as an argument of its own"):
        queue.submit(holder.plus, 1)


@pytest.mark.usefixtures("worker")
def test_a_callback_that_fails_is_logged_and_stops_no_other(
    queue: aque.Queue, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Event()

    def fail(_: object) -> None:
        raise LookupError("of the callback")

    with caplog.at_level(logging.ERROR, "concurrent.futures"):
        future = queue.submit(work.add, 1, 2)
        future.add_done_callback(fail)
        future.add_done_callback(lambda _: told.set())
        assert told.wait(40)
    assert "of the callback" in caplog.text
    assert queue.submit(work.add, 1, 2).result(40) == 3


@pytest.mark.usefixtures("worker")
def test_a_callback_may_queue_more(queue: aque.Queue) -> None:
    more: list[aque.Future] = []
    queue.submit(work.add, 1, 2).add_done_callback(lambda done: more.append(queue.submit(work.add, done.result(), 1)))
    wait_for(lambda: more, 40)
    assert more[0].result(40) == 4


@pytest.mark.usefixtures("worker")
def test_a_with_block_waits_for_what_was_submitted_in_it(broker: Broker) -> None:
    with aque.Queue(broker=broker) as queue:
        futures = [queue.submit(work.add, number, 1) for number in range(5)]
        queue.map(work.add, range(5), range(5))
    assert all(each.done() for each in futures)
    assert {row.state for row in broker.tasks()} == {"success"}
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        queue.submit(work.add, 1, 2)


def test_shutdown_may_cancel_what_waits_and_need_not_wait(queue: aque.Queue, broker: Broker) -> None:
    """There is no worker. One act stops all, and it stands in the audit trail as one."""
    futures = [queue.submit(work.add, number, 1) for number in range(5)]
    queue.shutdown(wait=False)
    assert not any(each.done() for each in futures)
    queue.shutdown(cancel_futures=True)
    assert all(each.cancelled() for each in futures)
    assert {row.state for row in broker.tasks()} == {"cancelled"}


def test_shutdown_lets_run_what_runs(queue: aque.Queue, broker: Broker, tmp_path: Path) -> None:
    with work.running_worker(broker):
        running = queue.submit(loops.mark_and_wait, str(tmp_path), 0)
        wait_for(running.running, 40)
        waiting = queue.submit_ex(work.add, (1, 1), hold=True)
        queue.shutdown(wait=False, cancel_futures=True)
        assert waiting.cancelled()
        assert not running.done()
        broker.kill([running.id])
        assert isinstance(running.exception(40), aque.TaskKilled)


def test_shutdown_with_a_task_that_was_removed_is_no_error(queue: aque.Queue, broker: Broker) -> None:
    futures = [queue.submit(work.add, number, 1) for number in range(2)]
    broker.kill([futures[0].id])
    with broker.database.connection() as conn:
        conn.execute("delete from aque.task where id = %s", (futures[0].id,))
    queue.shutdown(cancel_futures=True)
    assert all(each.done() for each in futures)


def test_queued_tasks_outlive_who_submitted_them(broker: Broker) -> None:
    """An interpreter waits at its end for its pools; what is queued has a worker of its own."""
    done = _script(broker, "queue.submit(operator.add, 1, 2)")
    assert (done.stdout, done.stderr) == ("", "")
    assert [row.state for row in broker.tasks()] == ["pending"]


def test_what_is_queued_while_the_interpreter_ends_is_queued(broker: Broker) -> None:
    """A pool refuses it, for it could not run it any more."""
    done = _script(broker, "queue.broker.tasks(); atexit.register(queue.submit, operator.add, 1, 2)")
    assert (done.stdout, done.stderr) == ("", "")
    assert [row.state for row in broker.tasks()] == ["pending"]


def test_shutdown_without_waiting_does_not_hang_at_the_end(broker: Broker) -> None:
    done = _script(broker, "queue.submit(operator.add, 1, 2); queue.shutdown(wait=False, cancel_futures=True)")
    assert (done.stdout, done.stderr) == ("", "")
    assert [row.state for row in broker.tasks()] == ["cancelled"]


def _script(broker: Broker, code: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "AQUE_BROKER": broker.to_url()}
    code = f"import aque, atexit, operator; queue = aque.Queue(); {code}"
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=40)


@pytest.mark.usefixtures("worker")
def test_futures_of_queues_and_of_pools_are_waited_for_together(queue: aque.Queue) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        futures = [queue.submit(work.add, 1, 2), pool.submit(work.add, 3, 4)]
        assert sorted(each.result() for each in concurrent.futures.as_completed(futures, 40)) == [3, 7]
