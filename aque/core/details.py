"""All that is known of one task: what lists do without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .rows import TaskRow


@dataclass(frozen=True, slots=True)
class Link:
    """The other end of a dependency. `waived`: it holds nobody back: the dependent had begun, or was let go."""

    id: int
    name: str
    state: str
    condition: str
    otherwise: str
    is_child: bool
    waived: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run that ended; number 0: none, the task ended without. Times in seconds, the rest in bytes; error: JSON."""

    number: int
    state: str
    worker: str | None
    hostname: str | None
    started_at: datetime | None
    finished_at: datetime
    exit_code: int | None
    signal: int | None
    user_time: float | None
    system_time: float | None
    max_rss: int | None
    read_bytes: int | None
    written_bytes: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a task asks for beside what lists show. kwargs, extra, result and environ are JSON texts.

    `stdin_size`: bytes that it was given as its stdin; `variables`: the names of its environment.
    `environ`: their values, where they were asked for.
    """

    kwargs: str | None
    cwd: str | None
    group: str | None
    interpreter: str | None
    isolation: str | None
    stdin: str | None
    stdin_size: int | None
    stdout: str | None
    stderr: str | None
    retry_delay: float
    not_before: datetime | None
    io_paths: list[str] | None
    owner: str
    extra: str | None
    variables: list[str]
    environ: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of a task."""

    row: TaskRow
    asked: Asked
    dependencies: tuple[Link, ...]
    dependents: tuple[Link, ...]
    attempts: tuple[Attempt, ...]
