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

    def store(
        self, jobs: Sequence[Job], slots: Sequence[int], procs: int, *, in_line: bool, behind: int | None
    ) -> list[int]:
        """Store commands in one transaction; the ids of their tasks, in ascending order.

        `in_line`: each is to run once the one before it went well; `behind` which task the first stands, if any.
        """
        if self.group is None:
            self.group = self._store_group(jobs[0])
        common = self._common(procs)
        given = [self._fields(common, job, slot) for job, slot in zip(jobs, slots, strict=True)]
        if in_line:
            _put_in_line(given, behind)
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

    def _common(self, procs: int) -> Mapping[str, Any]:
        """The very same values for all: so they are read once."""
        options = self._options
        return {
            "pattern": "shell",
            "parent": self.group,
            "cpus": f"/{procs}" if procs else 0,
            **{name: options.fields[name] for name in _OWN if name in options.fields},
            **({} if self._stdin is None else {"stdin": self._stdin, "host": socket.gethostname()}),
        }

    def _fields(self, common: Mapping[str, Any], job: Job, slot: int) -> dict[str, Any]:
        fields = {**common, "args": list(map(os.fsdecode, job.words))}
        if (variable := self._options.slot_variable) is not None:
            fields["environ"] = {**environ(), variable: str(slot)}
        return fields


def _put_in_line(given: Sequence[dict[str, Any]], behind: int | None) -> None:
    """Have each begin when the one before it went well; where it did not, it waits to be let go."""
    for before, each in zip((behind, *given), given, strict=False):
        if before is not None:
            each["dependencies"] = [{"task": before, "otherwise": "wait"}]
