"""A function over iterables of any length: several calls to a task, and no more tasks ahead than are wanted."""

from __future__ import annotations

import concurrent.futures
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final, TypeAlias, TypeVar

from .child.calls import each
from .futures import Future, cancel_all

T = TypeVar("T")
Submit: TypeAlias = Callable[[Iterable[Mapping[str, Any]]], list[Future]]
_PART: Final = 500  # tasks that are submitted at once into a window that has room again


@dataclass
class Mapped:
    """The tasks of one map. `ahead`: how many may have results that nobody has taken yet; None: all of them."""

    submit: Submit
    tasks: Iterator[Mapping[str, Any]]
    ahead: int | None
    deadline: float | None
    window: deque[Future] = field(default_factory=deque)

    def fill(self) -> None:
        """Submit what there is room for."""
        room = None if self.ahead is None else self.ahead - len(self.window)  # at least 1
        if first := list(islice(self.tasks, 1)):
            rest = islice(self.tasks, None if room is None else room - 1)
            self.window.extend(self.submit(chain(first, rest)))

    def outcomes(self) -> Iterator[Any]:
        """The results of the tasks in their order. None is held here once it was taken."""
        try:
            while self.window:
                taken = [self.window.popleft()]
                self._fill_much()
                yield _outcome(taken.pop(), self.deadline)
        finally:
            cancel_all(self.window)

    def _fill_much(self) -> None:
        """Submit more where much of the window was taken, for a few tasks cost as much as one."""
        if self.ahead and self.ahead - len(self.window) >= max(1, min(self.ahead // 2, _PART)):
            self.fill()


def mapped(
    submit: Submit,
    fn: Callable[..., T],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    chunksize: int,
    buffersize: int | None,
) -> Iterator[T]:
    """As `Queue.map`: what may be ahead is submitted at once, before anybody asks for a result."""
    _check(chunksize, buffersize)
    deadline = None if timeout is None else time.monotonic() + timeout
    calls = zip(*iterables)  # noqa: B905 - as map() does, it ends with the shortest
    tasks = _chunks(fn, calls, chunksize) if chunksize > 1 else ({"func": fn, "args": args} for args in calls)
    made = Mapped(submit, tasks, buffersize, deadline)
    made.fill()
    outcomes = made.outcomes()
    return _flat(outcomes) if chunksize > 1 else outcomes


def _check(chunksize: int, buffersize: int | None) -> None:
    if chunksize < 1:
        raise ValueError("chunksize must be >= 1")
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")


def _chunks(fn: Callable[..., T], calls: Iterator[tuple[Any, ...]], size: int) -> Iterator[Mapping[str, Any]]:
    """Tasks of several calls; their arguments lie in columns, which are shorter than as many tuples."""
    name = getattr(fn, "__qualname__", "")
    while chunk := list(islice(calls, size)):
        yield {"func": each, "args": [fn, *map(list, zip(*chunk, strict=True))], "name": name}


def _flat(chunks: Iterator[list[T]]) -> Iterator[T]:
    for chunk in chunks:
        chunk.reverse()
        while chunk:
            yield chunk.pop()  # none is held here once it was taken


def _outcome(future: Future, deadline: float | None) -> Any:
    """Its result; where there is none in time it is cancelled, as all the others are then."""
    try:
        return future.result(None if deadline is None else deadline - time.monotonic())
    except concurrent.futures.TimeoutError:
        future.cancel()
        raise
    finally:
        del future  # an exception's traceback holds this frame
