"""Queues: the submitting side, a `concurrent.futures.Executor`."""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from . import config, context
from .child.names import name_of
from .errors import EncodeError
from .task import local_defaults

# Modules with decorated functions make a Queue, also inside each task: the database is loaded when it is needed.
if TYPE_CHECKING:
    from .broker import Broker
    from .futures import Future
    from .intake import Expect

P = ParamSpec("P")
T = TypeVar("T")


class Queue(concurrent.futures.Executor):
    """A named queue of a broker. `defaults` are fields for all tasks that are submitted through this object."""

    def __init__(self, name: str = "default", broker: Broker | str | None = None, **defaults: Any) -> None:
        self.name = name
        self._place = config.broker_url(broker) if broker is None or isinstance(broker, str) else broker
        self.defaults = defaults
        self._futures: set[Future] = set()  # those that are not done
        self._is_shut = False

    def __repr__(self) -> str:
        return f"<aque.Queue {self.name!r}>"

    @cached_property
    def broker(self) -> Broker:
        """Where its tasks are stored."""
        from .broker import get_broker

        return get_broker(self._place) if isinstance(self._place, str) else self._place

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Queue fn(*args, **kwargs). A future as an argument is a dependency, and its result arrives."""
        return self.submit_ex(fn, args, kwargs)

    def submit_ex(
        self,
        func: Callable[..., Any] | str | None = None,
        args: Sequence[Any] | str = (),
        kwargs: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Future:
        """Queue one task with any of the fields of a prototype."""
        return self.submit_many([{"func": func, "args": args, "kwargs": kwargs or {}, **fields}])[0]

    def submit_many(self, prototypes: Iterable[Mapping[str, Any]]) -> list[Future]:
        """Queue prototypes, with all prototypes that they depend on, in one transaction: all or none.

        Raises DependencyResolutionError for a cycle and for a dependency that is not there.
        """
        from .futures import Future, watch
        from .garbage import unlooked_for

        made: dict[int, Future] = {}
        watching = watch(self.broker)

        def expect(ids: Sequence[int]) -> None:
            with unlooked_for():
                new = {each: Future(self.broker, each) for each in ids if each not in made}
            made.update(new)
            add(new.values())

        with watching.ahead() as add:
            try:
                ids = self._store(prototypes, expect)
            except BaseException:
                watching.drop(made)
                raise
        watching.know(made)
        self._futures.update(made.values())
        for future in made.values():
            future.add_done_callback(self._futures.discard)
        return [made[each] for each in ids]

    def store_many(self, prototypes: Iterable[Mapping[str, Any]]) -> Sequence[int]:
        """As `submit_many` without futures: returns ids alone, and holds no more than a part of a long iterable."""
        return self._store(prototypes, lambda ids: None)

    def _store(self, prototypes: Iterable[Mapping[str, Any]], expect: Expect) -> Sequence[int]:
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        return self.broker.submit(prototypes, {"queue": self.name, **self.defaults, **_missing(self.defaults)}, expect)

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """The results of fn over the iterables, in order; each task makes `chunksize` calls.

        All tasks are queued at once; with `buffersize`, no more than so many ahead of the results that were taken, so
        that iterables may be endless. Raises what a call raises, and TimeoutError for a result that is not there
        `timeout` seconds after this call; then, and when the iterator is closed, what has not begun is cancelled.
        """
        from .mapping import mapped

        return mapped(self.submit_many, fn, iterables, timeout, chunksize, buffersize)

    @overload
    def task(self, func: Callable[P, T], /, **options: Any) -> TaskFunction[P, T]: ...

    @overload
    def task(self, func: None = None, /, **options: Any) -> Callable[[Callable[P, T]], TaskFunction[P, T]]: ...

    def task(self, func: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """A decorator: f(x) calls f here, f.submit(x) queues it, f.options(cpus=8).submit(x) with other fields."""
        if func is None:
            return lambda func: TaskFunction(self, func, options)
        return TaskFunction(self, func, options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; `wait` for those that were submitted here."""
        self._is_shut = True
        if cancel_futures:
            from .futures import cancel_all

            cancel_all(list(self._futures))
        if wait:
            concurrent.futures.wait(list(self._futures))


def _missing(defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in local_defaults().items() if name not in defaults}


class TaskFunction(Generic[P, T]):
    """A function that can be queued."""

    def __init__(self, queue: Queue, func: Callable[P, T], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, func)
        self._queue = queue
        self._func = func
        self._options = dict(options)
        self._named: Callable[..., Any] = self  # what the function's module holds under its name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._func(*args, **kwargs)

    def options(self, **options: Any) -> TaskFunction[P, T]:
        """The same function with other fields."""
        other = TaskFunction(self._queue, self._func, {**self._options, **options})
        other._named = self._named
        return other

    def submit(self, *args: Any, **kwargs: Any) -> Future:
        """Queue a call."""
        return self._queue.submit_ex(self._target(), args, kwargs, **self._options)

    def _target(self) -> Callable[..., Any]:
        try:
            name_of(self._named)
        except EncodeError:
            return self._func  # `queue.task(function)` under another name, or under none
        return self._named


def current_broker() -> Broker:
    """The broker of the task that this process runs, or else the one that a new Queue would have."""
    from .broker import get_broker

    return get_broker(context.broker_url())
