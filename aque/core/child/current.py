"""The task that this process runs, for the code of the task."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, BinaryIO, Mapping, Sequence


class CurrentTask:
    """A task that is running: its id, name, attempt and all its fields; its dependencies as they were stored."""

    __slots__ = ("attempt", "dependencies", "fields", "id", "name")

    def __init__(self, fields: Mapping[str, Any], dependencies: Sequence[Mapping[str, Any]] = ()) -> None:
        self.id = fields.get("id")
        self.name = fields.get("name")
        self.attempt = fields.get("attempt")
        self.fields = MappingProxyType(dict(fields))
        self.dependencies = tuple(dependencies)

    def __repr__(self) -> str:
        return f"<aque task {self.id} {self.name!r}>"


class Channel:
    """The way back to the worker: one JSON object a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the worker something."""
        self.stream.write(json.dumps(message).encode() + b"\n")
        self.stream.flush()


_task: CurrentTask | None = None
_channel: Channel | None = None


def begin(task: CurrentTask, channel: Channel) -> None:
    """This process runs `task` from now on."""
    global _task, _channel
    _task, _channel = task, channel


def current_task() -> CurrentTask | None:
    """The task that this process runs."""
    return _task


def progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Tell how far the task is: `done` of `total`, and in what."""
    if _channel is not None:
        _channel.send({"type": "progress", "done": done, "total": total, "message": message})
