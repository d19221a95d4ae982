"""Futures: the waiting side. They resolve by notification, many at once by one query."""

from __future__ import annotations

import concurrent.futures
import json
import threading
import traceback
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from .broker import Broker
from .child import codec
from .errors import (
    AqueError,
    DecodeError,
    DependencyFailedError,
    MemoryExceeded,
    TaskError,
    TaskKilled,
    TaskLost,
    TaskNotFound,
)
from .listener import Event
from .queries.tasks import Ending
from .states import State
from .task import TaskHandle

_CHUNK: Final = 5000


class RemoteTraceback(Exception):
    """The traceback of a task's own process, as the cause of the exception that its future raises."""

    def __str__(self) -> str:
        return f'\n"""\n{self.tb}"""'

    @property
    def tb(self) -> str:
        """The text, under the name that it has in `concurrent.futures`."""
        return str(self.args[0])


class Future(concurrent.futures.Future[Any], TaskHandle):
    """The result of a task that is to come."""

    def __init__(self, broker: Broker, task: int) -> None:
        super().__init__()
        self.id = task
        self.broker = broker
        self._moving = threading.RLock()  # the listener's thread and a caller's may settle it at the same time

    def __repr__(self) -> str:
        return f"<aque.Future {self.id} {self._state.lower()}>"

    def __await__(self) -> Generator[Any, None, Any]:
        """The result, in a coroutine: `await queue.submit(f)`. Cancelling that cancels the task if it has not begun."""
        import asyncio

        return asyncio.wrap_future(self).__await__()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the future of task {self.id} cannot be pickled; pass it as an argument of its own, or pass its id"
        )

    def cancel(self) -> bool:
        """Stop the task if it has not begun; False where it runs or has ended."""
        if self.done():
            return self.cancelled()
        if self.broker.kill([self.id], only_waiting=True):
            self._settle_cancelled()
        return self.cancelled()

    def output(self) -> bytes:
        """What the task wrote so far on stdout and stderr, in the order it came."""
        data, since = b"", 0
        while pieces := self.broker.output(self.id, since):
            data += b"".join(piece.data for piece in pieces)
            since = pieces[-1].seq + 1
        return data

    def _settle_cancelled(self) -> None:
        with self._moving:
            if not self.done() and super().cancel():
                self.set_running_or_notify_cancel()

    def _mark_running(self) -> None:
        with self._moving:
            if self._state == "PENDING":
                self.set_running_or_notify_cancel()

    def _settle(self, ending: Ending) -> None:
        with self._moving:
            if self.done():
                return
            try:
                self._take(ending)
            except Exception as error:  # whatever was stored there: others wait for their turn
                self.set_exception(error)

    def _take(self, ending: Ending) -> None:
        if ending.state == State.CANCELLED and not self.running():
            self._settle_cancelled()
        elif ending.state == State.SUCCESS:
            self.set_result(_result(ending))
        else:
            self.set_exception(_exception(ending))


def _result(ending: Ending) -> Any:
    if ending.result is None:  # of a command, whose exit status it is, or of nothing that ran
        return ending.exit_code
    return codec.from_tree(json.loads(ending.result))


_KINDS: Final[Mapping[str, type[AqueError]]] = {
    "aque.core.errors:DependencyFailedError": DependencyFailedError,
    "aque.core.errors:MemoryExceeded": MemoryExceeded,
    "aque.core.errors:TaskKilled": TaskKilled,
    "aque.core.errors:TaskLost": TaskLost,
    "aque.core.errors:TaskNotFound": TaskNotFound,
}


def _exception(ending: Ending) -> BaseException:
    error: dict[str, Any] = json.loads(ending.error) if ending.error else {}
    told: str = error.get("traceback", "")
    if raised := _rebuilt(error):
        told = told or "".join(traceback.format_exception(raised))  # of what was raised in C there is no frame
    else:
        kind = TaskKilled if ending.state == State.KILLED else _KINDS.get(error.get("type", ""), TaskError)
        raised = kind(f"task {ending.id}: {error.get('message') or _reason(ending)}")
    if told:
        raised.__cause__ = RemoteTraceback(told)
    return raised


def _rebuilt(error: Mapping[str, Any]) -> BaseException | None:
    if error.get("value") is None:
        return None
    try:
        value = codec.from_tree(error["value"])
    except DecodeError:
        return None
    return value if isinstance(value, BaseException) else None


def _reason(ending: Ending) -> str:
    return f"killed by signal {ending.signal}" if ending.signal else f"exit status {ending.exit_code}"


def cancel_all(futures: Iterable[Future]) -> None:
    """As `cancel` of each, by one act for all of a broker."""
    left: dict[Broker, dict[int, Future]] = {}
    for future in futures:
        if not future.done():
            left.setdefault(future.broker, {})[future.id] = future
    for broker, own in left.items():
        watch(broker).check(own)  # a task that was removed could not be stopped
        waiting = [each for each, future in own.items() if not future.done()]
        for each in broker.kill(waiting, only_waiting=True) if waiting else ():
            if each.id in own and each.state == State.CANCELLED:
                own[each.id]._settle_cancelled()


class Watch:
    """The futures of one broker in this process that are not resolved yet."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lock = threading.Lock()
        self._kept: dict[int, Future] = {}
        self._stored: set[int] = set()
        self._ahead: list[list[Event]] = []

    @contextmanager
    def ahead(self) -> Iterator[Callable[[Iterable[Future]], None]]:
        """While tasks are stored: gives what takes their futures, to resolve them when the tasks end.

        They may be given before a task is stored, or after that, and when it has ended already.
        """
        missed: list[Event] = []

        def add(futures: Iterable[Future]) -> None:
            with self._lock:
                self._kept.update((future.id, future) for future in futures)
                heard = missed.copy()
                missed.clear()
            for event in heard:
                self._heed(event)

        with self._lock:
            self._ahead.append(missed)
        try:
            self._listen()
            yield add
        finally:
            with self._lock:
                self._ahead = [each for each in self._ahead if each is not missed]

    def _listen(self) -> None:
        with self._lock:
            if not self._broker.listener.has("task_run", self._heard):  # a broker that was closed has a new one
                self._broker.bind("task_run", self._heard)
        self._broker.listener.wait(10)

    def know(self, ids: Iterable[int]) -> None:
        """These tasks are stored: should one not be there later, it was removed."""
        self._stored.update(each for each in ids if each in self._kept)

    def check(self, ids: Iterable[int] | None = None) -> None:
        """Look for the ends of tasks that were perhaps not heard of."""
        wanted = list(self._kept) if ids is None else [each for each in ids if each in self._kept]
        stored = {each for each in wanted if each in self._stored}
        for is_stored in (True, False):
            some = [each for each in wanted if (each in stored) is is_stored]
            for start in range(0, len(some), _CHUNK):
                for ending in self._broker.outcomes(some[start : start + _CHUNK], stored=is_stored):
                    self._settle(ending)

    def drop(self, ids: Iterable[int]) -> None:
        """Forget futures whose tasks were never stored."""
        for each in ids:
            self._kept.pop(each, None)

    def _settle(self, ending: Ending) -> None:
        self._stored.discard(ending.id)
        if future := self._kept.pop(ending.id, None):
            future._settle(ending)

    def _heard(self, event: Event) -> None:
        with self._lock:
            for missed in self._ahead:
                missed.append(event)
        self._heed(event)

    def _heed(self, event: Event) -> None:
        if event.resync:
            self.check()
            return
        ids = [each for span in event.ids for each in _common(span, self._kept)]
        if event.state == State.RUNNING:
            for each in ids:
                if future := self._kept.get(each):
                    future._mark_running()
        elif ids:
            self.check(ids)


def _common(span: range, kept: Mapping[int, Future]) -> list[int]:
    """Those of a range that are kept; it looks at the fewer ones."""
    return (
        [each for each in span if each in kept]
        if len(span) < len(kept)
        else [each for each in list(kept) if each in span]
    )


_watches: weakref.WeakKeyDictionary[Broker, Watch] = weakref.WeakKeyDictionary()
_lock: Final = threading.Lock()


def watch(broker: Broker) -> Watch:
    """The watch of a broker."""
    with _lock:
        return _watches.setdefault(broker, Watch(broker))
