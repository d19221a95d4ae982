"""One task in the runner: what was asked, and how far it has come."""

import json
import time
from typing import Any, NamedTuple, Protocol

from .frames import Header


class Usage(Protocol):
    """The part of a resource usage that is reported."""

    @property
    def ru_utime(self) -> float:
        """Seconds of user time."""

    @property
    def ru_stime(self) -> float:
        """Seconds of system time."""


ALIKE = ("user", "group", "cwd", "environ", "argv", "cpus", "memory")


class TaskError(Exception):
    """A task that could not be started, with the kind of the reason."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep the message to one line."""
        super().__init__(" ".join(message.split()))
        self.kind = kind

    def report(self) -> dict[str, str]:
        """The error as the worker gets it."""
        return {"kind": self.kind, "message": str(self)}


class Spent(NamedTuple):
    """What a process has used."""

    ru_utime: float
    ru_stime: float


class Job:
    """A task between its `run` and its `finished`."""

    __slots__ = (
        "body",
        "cpus",
        "cut_off",
        "ended",
        "key",
        "killed",
        "lease",
        "memory",
        "number",
        "order",
        "pid",
        "seen",
        "signals",
        "started",
        "streams",
        "timed_out",
        "took",
    )

    def __init__(self, order: Header, body: bytes) -> None:
        """Take the `run` message."""
        self.lease: Any = order["lease"]
        self.order = order
        self.body = body
        self.cpus = float(order.get("cpus") or 0.0)
        self.memory = int(order.get("memory") or 0)
        self.pid = 0
        # What tasks of one process have in common, which of them it is, and what that process tells of its run.
        self.key = json.dumps([order.get(name) for name in ALIKE]) if order.get("shared") else None
        self.number = 0
        self.took: tuple[int | None, Spent, int] | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self.killed = False
        self.cut_off = False
        self.timed_out = False
        # Our ends of its pipes, and the signals to send, while it is not known which process it has.
        self.streams: dict[int, int] = {}
        self.signals: list[tuple[int, float | None]] = []
        # Processes of the task met while killing it, with their start times: at its end none may be left.
        self.seen: dict[int, int] = {}

    @property
    def grace(self) -> float:
        """Seconds between the two signals that end it when its time is over."""
        return float(self.order.get("grace") or 0.0)

    def finished(self, status: int | None, usage: Usage | None, max_rss: int, error: TaskError | None = None) -> Header:
        """The `finished` message; no status means that it never ran."""
        return {
            "type": "finished",
            "lease": self.lease,
            "exit_code": status if status is not None and status >= 0 else None,
            "signal": -status if status is not None and status < 0 else None,
            "killed": self.killed,
            "cut_off": self.cut_off,
            "timed_out": self.timed_out,
            "started": self.started,
            "ended": self.ended or time.monotonic(),
            "user_time": usage.ru_utime if usage else 0.0,
            "system_time": usage.ru_stime if usage else 0.0,
            "max_rss": max_rss,
            "error": error.report() if error else None,
        }
