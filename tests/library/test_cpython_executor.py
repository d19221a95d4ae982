"""CPython's own tests of executors and futures, with a queue in the place of a pool, and real workers behind it."""

from __future__ import annotations

import concurrent.futures.process
import logging
import unittest
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest

import aque
from aque.core.broker import Broker
from aque.core.futures import RemoteTraceback
from tests.work import running_worker

from . import cases, cpython

_CPUS = 5.0  # as many as the pools of these tests have workers
_place: dict[str, Broker] = {}

if not cpython.modules():
    pytest.skip("this Python was installed without test.test_concurrent_futures", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def farm(server: Path) -> Iterator[None]:
    """A broker and a worker for all that make a queue here."""
    with Broker(f"embedded:{server}") as broker:
        broker.database.initialise(from_scratch=True)
        with running_worker(broker, _CPUS):
            _place["broker"] = broker
            make_queue().submit(pow, 2, 2).result(60)  # some cases have not the time for the start of an interpreter
            yield


def make_queue(max_workers: int = 0, mp_context: object = None) -> aque.Queue:
    """What takes a pool's place: how many run at once is for the workers to say."""
    del max_workers, mp_context
    return aque.Queue(broker=_place["broker"])


def make_narrow_queue(max_workers: int = 0) -> aque.Queue:
    """One task at a time: so few of many end while they are submitted, however busy the machine is."""
    del max_workers
    return aque.Queue(broker=_place["broker"], cpus=_CPUS)


def make_future() -> aque.Future:
    """A future of a task that nobody runs."""
    return make_queue().submit_ex(pow, (2, 8), hold=True)


def make_future_in(state: str, exception: BaseException | None = None, result: object = None) -> aque.Future:
    """A future that says that it is in a state."""
    future = make_future()
    future._state, future._exception, future._result = state, exception, result
    return future


class Doubles(unittest.TestCase):
    """Puts aque's own in the place of what CPython's cases name: errors, and the class of futures."""

    home: ModuleType

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        with ExitStack() as stack:
            for place, name, double in self.doubles():
                stack.enter_context(mock.patch.object(place, name, double))
            return super().run(result)

    def doubles(self) -> Iterable[tuple[object, str, object]]:
        """What has a name, the name, and what takes its place."""
        raise NotImplementedError


class Tracebacks(Doubles):
    """The remote traceback is of a class of aque's own."""

    def doubles(self) -> Iterable[tuple[object, str, object]]:
        yield concurrent.futures.process, "_RemoteTraceback", RemoteTraceback


class Deadlock(Doubles):
    """Where a pool would be broken, one task died, or something of it could not be read."""

    def doubles(self) -> Iterable[tuple[object, str, object]]:
        case = self._testMethodName
        is_read = case.endswith(("at_task_unpickle", "result_handler")) and "crash" not in case
        yield self.home, "BrokenProcessPool", aque.DecodeError if is_read else aque.TaskError
        yield self.home, "PicklingError", aque.EncodeError


class OfFutures(Doubles):
    """Failing callbacks are logged: these cases look for that on stderr, from where pytest's own handlers keep it."""

    def doubles(self) -> Iterable[tuple[object, str, object]]:
        yield self.home, "Future", make_future
        yield self.home, "create_future", make_future_in
        yield logging.getLogger("concurrent.futures"), "handlers", [logging.lastResort]


_POOL = {"executor_type": staticmethod(make_queue), "ctx": "spawn", "__module__": __name__}

QueueExecutorTest = cpython.adapted("ExecutorTest", **_POOL)
QueueExecutorShutdownTest = cpython.adapted(
    "ExecutorShutdownTest", executor_type=staticmethod(make_narrow_queue), __module__=__name__
)
QueueWaitTests = cpython.adapted("WaitTests", **_POOL)
QueueAsCompletedTests = cpython.adapted("AsCompletedTests", **_POOL)
QueueProcessPoolExecutorTest = cpython.adapted("ProcessPoolExecutorTest", Tracebacks, **_POOL)
QueueExecutorDeadlockTest = cpython.adapted("ExecutorDeadlockTest", Deadlock, **_POOL)
QueueFutureTests = cpython.adapted(
    "FutureTests", OfFutures, setUp=lambda self: None, tearDown=lambda self: None, __module__=__name__
)


def test_every_case_is_run_or_told_why_not() -> None:
    """A case that is new in CPython is not passed over in silence."""
    known = {name: cases.applies(name) | cases.elsewhere(name).keys() for name, _ in cpython.classes()}
    assert {name: found for name, kind in cpython.classes() if (found := cpython.cases(kind) - known[name])} == {}
