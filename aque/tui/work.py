"""What is being done for the user, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

_REST: Final = 0.1  # seconds in which nobody sees how far a job has come


@dataclass
class Job:
    """Something that goes on, on a thread; `total` 0 where it is not known."""

    text: str
    total: int = 0
    done: int = 0

    def __str__(self) -> str:
        return f"{self.text} {self.done:,}/{self.total:,}" if self.total and self.done else f"{self.text} …"


@dataclass
class Work:
    """All that goes on; `changed` is called, on any thread, when that is something else."""

    changed: Callable[[], object] = lambda: None
    jobs: list[Job] = field(default_factory=list)

    @contextmanager
    def doing(self, text: str, total: int = 0) -> Iterator[Callable[[int], object]]:
        """Tell of a job until it ends; what it gives takes how much more was done."""
        job = Job(text, total)
        self.jobs.append(job)
        self.changed()

        told = monotonic()

        def advance(more: int) -> None:
            nonlocal told
            job.done += more
            if monotonic() > told + _REST:
                told = monotonic()
                self.changed()

        try:
            yield advance
        finally:
            self.jobs.remove(job)
            self.changed()
