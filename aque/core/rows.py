"""A task as it is read from the broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class TaskRow(NamedTuple):  # a dataclass of as many fields takes ten times as long to make, at each start
    """A task as lists show it. Memory in bytes, duration and timeout in seconds; args and error are JSON texts.

    `reason`: the names of all reasons why it does not run, while it is still to run.
    `worker` and `hostname` tell who runs it, or who ran it last. `cpu` (percent of one core) and `rss` (bytes) are what
    its processes use now; the times (seconds), `max_rss` and the bytes read and written are of its last run.
    """

    id: int
    name: str
    state: str
    pattern: str
    func: str | None
    args: str | None
    command: str
    priority: int
    queue: str
    user: str
    cpus: float
    cpu_share: int
    memory: int
    host: list[str]
    platform: str
    tags: list[str]
    limits: dict[str, int]
    blockers: int
    attempt: int
    retries: int
    timeout: float | None
    parent: int | None
    worker: str | None
    worker_id: int | None
    hostname: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    exit_code: int | None
    signal: int | None
    error: str | None
    lease: int | None
    key: str | None
    run_at: datetime | None
    duration: float
    cpu: float | None
    rss: int | None
    max_rss: int | None
    user_time: float | None
    system_time: float | None
    read_bytes: int | None
    written_bytes: int | None
    over_memory: bool
    progress_done: float | None
    progress_total: float | None
    progress_message: str | None
    reason: list[str]


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
