"""A task as it is read from the broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as lists show it. Memory in bytes, duration and timeout in seconds; args and error are JSON texts.

    `reason`: the names of all reasons why it does not run, while it is still to run.
    `worker` and `hostname` tell who runs it, or who ran it last.
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
    progress_done: float | None
    progress_total: float | None
    progress_message: str | None
    reason: list[str]
