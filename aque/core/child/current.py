"""The task that this process runs, for the code of the task."""

from __future__ import annotations

import _thread
import os
from typing import Any, Mapping, Protocol

from . import quick
from .codec import clean_text
from .fields import Columns, DependencyFields, TaskFields

_NONE: Columns = {}


class CurrentTask:
    """A task that is running: its id, name, attempt, all its fields, and those of its dependencies."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any], dependencies: Columns = _NONE) -> None:
        self.fields = TaskFields(fields, dependencies)

    @property
    def id(self) -> int:
        """Its id."""
        return self.fields.get("id", 0)  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """Its name."""
        return self.fields.get("name", "")  # type: ignore[no-any-return]

    @property
    def attempt(self) -> int:
        """Which run of it this is, from 1 on."""
        return self.fields.get("attempt", 0)  # type: ignore[no-any-return]

    @property
    def dependencies(self) -> tuple[DependencyFields, ...]:
        """The fields of those that it depends on, in the order in which it names them."""
        return self.fields.dependencies.all

    def __repr__(self) -> str:
        return f"<aque task {self.id} {self.name!r}>"


class Stream(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Write them all, now or with the next `flush`."""

    def flush(self) -> None:
        """Write what is not written yet."""


class Pipe:
    """A descriptor as a stream. A file object would look at it first, and touch memory that each fork copies."""

    def __init__(self, descriptor: int = -1) -> None:
        self._descriptor = descriptor
        self._lock = _thread.RLock()  # the handler of a signal may tell something too
        self._left = b""

    def open(self, descriptor: int) -> None:
        """Write to this one from now on."""
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write all of it, with nothing of another thread's in between."""
        with self._lock:
            self._left += data
            try:
                while self._left:  # also what a signal's handler broke off, or the next line would be no line
                    self._left = self._left[os.write(self._descriptor, self._left) :]
            except OSError:  # nobody listens any more
                self._left = b""
                raise

    def flush(self) -> None:
        """Write what was broken off."""
        self.write(b"")


class Channel:
    """The way back to the worker: one JSON object a line."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the worker something."""
        self.stream.write(quick.write(message).encode() + b"\n")
        self.stream.flush()


_task: CurrentTask | None = None
_channel: Channel | None = None
_broker_url: str | None = None


def begin(task: CurrentTask | None, channel: Channel | None, url: str | None) -> None:
    """This process runs `task`, of the broker at `url`, from now on; None: none."""
    global _task, _channel, _broker_url
    _task, _channel, _broker_url = task, channel, url


def current_task() -> CurrentTask | None:
    """The task that this process runs."""
    return _task


def broker_url() -> str | None:
    """Where the broker is that the task came from."""
    return _broker_url


def progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Tell how far the task is: `done` of `total`, and in what. Raises TypeError for what is no number."""
    if _channel is None:
        return
    told = {
        "type": "progress",
        "done": float(done),
        "total": None if total is None else float(total),
        "message": None if message is None else clean_text(str(message)),
    }
    try:
        _channel.send(told)
    except BrokenPipeError:  # what a task forked lives on, and nobody listens any more
        pass
