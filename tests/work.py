"""Functions that tests queue, and a worker that runs them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aque.core.broker import Broker
from aque.core.context import current_task, progress
from aque.core.queue import Queue, current_broker
from aque.core.worker import Worker


def add(a: int, b: int) -> int:
    return a + b


def count_lines(text: str) -> int:
    return len(text.splitlines())


def fail(message: str) -> None:
    raise ValueError(message)


async def slowly(value: object) -> object:
    progress(1, 2, "half")
    return value


def own_id() -> object:
    task = current_task()
    return task.id if task else None


def say_what_cannot_be_stored() -> None:
    """A result that is no JSON, which the library would have written otherwise."""
    sys.modules["_aque_child.current"]._channel.send({"type": "result", "value": float("nan")})
    os._exit(0)


def babble() -> str:
    """Lines on the message pipe that are no messages."""
    stream = sys.modules["_aque_child.current"]._channel.stream
    stream.write(b'[]\n{"type": "progress", "done": "x"}\nnonsense\n{"type": 7}\n\n')
    stream.flush()
    return "done"


def mark_and_wait(path: str) -> None:
    """Leave the number of this process in a file, and go on for ever."""
    Path(path).write_text(str(os.getpid()))
    threading.Event().wait()


def tell(line: str) -> None:
    """End with a line of the task's own on the message pipe, and nothing else."""
    stream = sys.modules["_aque_child.current"]._channel.stream
    stream.write(line.encode() + b"\n")
    stream.flush()
    os._exit(0)


def own_broker() -> str:
    return current_broker().to_url()


def submit_there(number: int) -> object:
    """Queue a task from inside a task, and wait for it."""
    return Queue(broker=current_broker()).submit(add, number, 1).result(40)


@contextmanager
def running_worker(broker: Broker, cpus: float = 2.0, **options: Any) -> Iterator[Worker]:
    """A worker on a thread of this process, drained at the end."""
    worker = Worker(broker, cpus=cpus, **options)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.drain()
        thread.join(30)
        assert not thread.is_alive(), "the worker did not end when it was drained"
