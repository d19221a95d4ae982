"""One task in the runner: what was asked, and how far it has come."""

import time
from typing import Any, NamedTuple, Protocol

from .frames import Header
from .kind import Kind
from .processes import LINUX
from .timers import Timer


class Usage(Protocol):
    """The part of a resource usage that is reported."""

    @property
    def ru_utime(self) -> float:
        """Seconds of user time."""

    @property
    def ru_stime(self) -> float:
        """Seconds of system time."""

    @property
    def ru_inblock(self) -> int:
        """Blocks read from storage."""

    @property
    def ru_oublock(self) -> int:
        """Blocks written to storage."""


BLOCK = 512  # bytes that Linux counts as one, whatever the file system's are


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
    ru_inblock: int = 0
    ru_oublock: int = 0

    def plus(self, more: Usage) -> "Spent":
        """This and that."""
        return Spent(
            self.ru_utime + more.ru_utime,
            self.ru_stime + more.ru_stime,
            self.ru_inblock + more.ru_inblock,
            self.ru_oublock + more.ru_oublock,
        )

    def until(self, later: Usage) -> "Spent":
        """What was used between this and that."""
        return Spent(
            max(0.0, later.ru_utime - self.ru_utime),
            max(0.0, later.ru_stime - self.ru_stime),
            max(0, later.ru_inblock - self.ru_inblock),
            max(0, later.ru_oublock - self.ru_oublock),
        )


NOTHING = Spent(0.0, 0.0)
USED = ("user_time", "system_time", "max_rss", "read_bytes", "written_bytes")


class Job:
    """A task between its `run` and its `finished`."""

    __slots__ = (
        "body",
        "cpus",
        "cut_off",
        "ended",
        "environ",
        "key",
        "killed",
        "kind",
        "lease",
        "memory",
        "met",
        "number",
        "order",
        "over_memory",
        "peak",
        "pid",
        "seen",
        "signals",
        "started",
        "streams",
        "timed_out",
        "timer",
        "took",
    )

    def __init__(self, order: Header, body: bytes, kind: Kind | None = None) -> None:
        """Take the `run` message, or one of many tasks of a kind."""
        self.lease: Any = order["lease"]
        self.order = order
        self.body = body
        self.cpus = float(order.get("cpus") or 0.0)
        self.memory = int(order.get("memory") or 0)
        self.environ: dict[str, str] | None = None
        self.pid = 0
        # What tasks of one process have in common, which of them it is, and what that process tells of its run.
        self.kind = kind
        self.key: Any = kind.key if kind else None
        self.number = 0
        self.took: tuple[int | None, Spent, int] | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self.killed = False
        self.cut_off = False
        self.timed_out = False
        # The most memory that its processes were seen to use together, and that for which it was killed.
        self.peak = 0
        # The times that they were seen to have used: those of children that nobody waits for are told nowhere else.
        self.met = NOTHING
        self.over_memory: int | None = None
        # Our ends of its pipes, and the signals to send, while it is not known which process it has.
        self.streams: dict[int, int] = {}
        self.signals: list[tuple[int, float | None]] = []
        # Processes of the task met while killing it, with their start times: at its end none may be left.
        self.seen: dict[int, int] = {}
        # What ends it when its time is over.
        self.timer: Timer | None = None

    def cancel_timer(self) -> None:
        """Nothing ends it any more for its time."""
        if self.timer:
            self.timer.cancel()

    def wait_again(self) -> None:
        """It has not begun, though it was thought to."""
        self.cancel_timer()
        self.started = None

    def stand_alone(self) -> None:
        """It has a process of its own, which is told all."""
        if self.kind:
            variables, self.body = self.kind.told(self.body)
            self.order = {**self.order, "set": variables, "input_size": len(self.body)}
            self.kind = self.key = None

    @property
    def grace(self) -> float:
        """Seconds between the two signals that end it when its time is over."""
        return float(self.order.get("grace") or 0.0)

    @property
    def is_left_alone(self) -> bool:
        """Whether nobody ended it."""
        return not (self.killed or self.cut_off or self.timed_out or self.over_memory)

    def used(self, usage: Usage, max_rss: int) -> tuple[float, float, int, int | None, int | None]:
        """What it used: user and system time, the most memory, what was read and written."""
        met = self.met
        return (
            max(usage.ru_utime, met.ru_utime),
            max(usage.ru_stime, met.ru_stime),
            max(max_rss, self.peak),
            usage.ru_inblock * BLOCK if LINUX else None,
            usage.ru_oublock * BLOCK if LINUX else None,
        )

    def finished(self, status: int | None, usage: Usage | None, max_rss: int, error: TaskError | None = None) -> Header:
        """The `finished` message; no status means that it never ran."""
        used = self.used(usage, max_rss) if usage else (0.0, 0.0, max(max_rss, self.peak), None, None)
        return {
            "type": "finished",
            "lease": self.lease,
            "exit_code": status if status is not None and status >= 0 else None,
            "signal": -status if status is not None and status < 0 else None,
            "killed": self.killed,
            "cut_off": self.cut_off,
            "timed_out": self.timed_out,
            "over_memory": self.over_memory,
            "started": self.started,
            "ended": self.ended or time.monotonic(),
            **dict(zip(USED, used, strict=True)),
            "error": error.report() if error else None,
        }
