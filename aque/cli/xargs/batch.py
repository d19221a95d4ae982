"""Commands on their way into the broker, all children of one group."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...core import farm
from ...core.environment import environ
from ...core.task import local_defaults
from . import stdin, terminal
from .job import Job
from .settings import Options
from .steady import Steady

_INHERITED: Final = ("priority", "queue", "on_done")
_OWN: Final = ("cpus", "memory", "name", "limits", "retries", "timeout")


class Batches:
    """Stores commands in batches; the group is there with the first and stays open until it is sealed."""

    def __init__(self, broker: Steady, options: Options) -> None:
        self._broker = broker
        self._options = options
        self._stdin = stdin.of_commands(options)
        self.group: int | None = None

    def store(self, jobs: Sequence[Job], slots: Sequence[int], procs: int, *, held: bool) -> list[int]:
        """Store commands in one transaction, to run or to be held; the ids of their tasks, in ascending order."""
        if self.group is None:
            self.group = self._store_group(jobs[0])
        given = [{**self._fields(job, slot, procs), "hold": held} for job, slot in zip(jobs, slots, strict=True)]
        return self._broker.submit(given, {})

    def seal(self) -> None:
        """There will be no more of them."""
        if self.group is not None:
            self._broker.seal(self.group)

    def _store_group(self, job: Job) -> int:
        for words in farm.limit_warnings(self._broker.broker, self._options.fields.get("limits", "")):
            terminal.say(words)
        given = {name: self._options.fields[name] for name in _INHERITED if name in self._options.fields}
        name = self._options.fields.get("name") or f"xargs {os.path.basename(job.name)}"  # noqa: PTH119
        group = {"pattern": "group", "name": name, "hold": True, "cpus": 0, **given}
        return self._broker.submit([group], local_defaults())[0]

    def _fields(self, job: Job, slot: int, procs: int) -> Mapping[str, Any]:
        options = self._options
        fields: dict[str, Any] = {
            "pattern": "shell",
            "parent": self.group,
            "args": [os.fsdecode(word) for word in job.words],
            "cpus": f"/{procs}" if procs else 0,
            **{name: options.fields[name] for name in _OWN if name in options.fields},
        }
        if options.slot_variable is not None:
            fields["environ"] = {**environ(), options.slot_variable: str(slot)}
        if self._stdin is not None:
            fields.update(stdin=self._stdin, host=socket.gethostname())
        return fields
