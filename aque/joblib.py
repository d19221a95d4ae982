"""A backend of joblib. It is there once this module is imported:

    import aque.joblib, joblib

    with joblib.parallel_config("aque"):
        joblib.Parallel()(joblib.delayed(f)(x) for x in xs)

What is pickled here is unpickled in the task's own process, and results in this one, as joblib does with its own.
"""

from __future__ import annotations

import concurrent.futures
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from numbers import Number
from typing import Any, Final

import cloudpickle
import joblib
from joblib.parallel import (
    AutoBatchingMixin,
    FallbackToBackend,
    ParallelBackendBase,
    SequentialBackend,
    register_parallel_backend,
)

from .core.broker import Broker
from .core.child.calls import call
from .core.errors import AqueError, TaskNotFound
from .core.futures import Future
from .core.queue import Queue

__all__ = ["Backend"]

_PLAIN: Final = (int, float, str, bool, bytes, type(None))


class Cloudpickled:
    """Stands for a value that goes with the functions and classes of its script or cell, where those are read."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (cloudpickle.dumps(self.value),)


class Batch:
    """The calls of a task, with their results in a form that can be stored."""

    def __init__(self, calls: Callable[[], list[Any]]) -> None:
        self.calls = calls

    def __call__(self) -> list[Any]:
        return [each if type(each) in _PLAIN else Cloudpickled(each) for each in self.calls()]


class Backend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]
    """Runs the batches of joblib as tasks of a queue. `fields` are those of each task: `cpus`, `memory`, `tags` …"""

    supports_retrieve_callback = True
    supports_inner_max_num_threads = True
    default_n_jobs = -1

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        *,
        broker: Broker | str | None = None,
        queue: str = "default",
        **fields: Any,
    ) -> None:
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads)
        cpus = fields.get("cpus", 1)
        self._cpus = float(cpus) if isinstance(cpus, Number) and cpus > 0 else 1.0  # type: ignore[operator,arg-type]
        self._queue = Queue(queue, broker, **{"isolation": "shared", **fields})
        self._open: set[Future] = set()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many batches are on their way at once: -1 is as many as the cpus of all workers allow, -2 one less.

        Where no worker lives yet it counts the cpus of this host. Two at least, for one would be run here.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None or n_jobs > 0:
            return n_jobs or 1
        return max(2, self._places() + 1 + n_jobs)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """As joblib has it: one job is a plain loop, here."""
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.parallel = parallel
        return self.effective_n_jobs(n_jobs)

    def submit(self, func: Any, callback: Callable[[Any], object] | None = None) -> concurrent.futures.Future[Any]:
        """Queue a batch. What keeps it from that is the batch's error: joblib often calls from where none is caught."""
        future: concurrent.futures.Future[Any]
        try:
            future = self._submit(func)
        except AqueError as error:
            future = concurrent.futures.Future()
            future.set_exception(error)
        if callback:
            future.add_done_callback(callback)
        return future

    def _submit(self, func: Any) -> Future:
        future = self._queue.submit_ex(call, (Cloudpickled(Batch(func)),), name=_name(func), environ=self._environ())
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        return future

    def retrieve_result_callback(self, out: concurrent.futures.Future[Any]) -> Any:
        """What a batch came to; it raises what a call of it raised."""
        return out.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Stop the tasks that nobody waits for any more, those that run as well."""
        del ensure_ready
        if ids := [future.id for future in list(self._open)]:
            with suppress(TaskNotFound):
                self._queue.broker.kill(ids)

    def terminate(self) -> None:
        """Forget how long batches took."""
        self.reset_batch_stats()

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """A call of `Parallel` inside a task is a plain loop, unless the task has several cpus: then it has threads."""
        if self._cpus < 2:
            return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None
        nested: tuple[Any, int | None] = super().get_nested_backend()
        return nested

    def _places(self) -> int:
        workers = [each for each in self._queue.broker.workers() if not each.queues or self._queue.name in each.queues]
        cpus = sum(each.cpus for each in workers) or joblib.cpu_count()
        return int(cpus / self._cpus)

    def _environ(self) -> dict[str, str]:
        """Numerical libraries take no more threads than a task has cpus."""
        threads = self.inner_max_num_threads
        given = {} if threads else os.environ
        wanted = {name: given.get(name, str(threads or max(1, int(self._cpus)))) for name in self.MAX_NUM_THREADS_VARS}
        return {**os.environ, **wanted, **self._queue.defaults.get("environ", {})}


def _name(batch: Any) -> str:
    items = getattr(batch, "items", ())
    return str(getattr(items[0][0], "__name__", "") if items else "") or "joblib"


register_parallel_backend("aque", Backend)
