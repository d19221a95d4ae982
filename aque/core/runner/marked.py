"""Pipes of a process that runs many tasks: marks divide what these write."""

from collections.abc import Callable

from .carrier import Carrier
from .job import Job, Spent
from .outlet import Outlet
from .pipes import Pipe
from .progress import Osc
from .reaper import RSS_UNIT
from .spawn import MESSAGES

Passed = Callable[[Carrier], None]


class MarkedPipe(Pipe):
    """Our end of one pipe of such a process.

    `passed` counts the tasks, from the first that is left, whose part is over. `on_mark` is called once for all ends in
    what was read: small tasks end in swarms.
    """

    __slots__ = ("_carrier", "_on_mark", "_secret", "passed")

    def __init__(self, descriptor: int, stream: int, carrier: Carrier, on_mark: Passed) -> None:
        """Take over the descriptor."""
        super().__init__(descriptor, stream, carrier.lease)
        self._carrier = carrier
        self._secret = carrier.secret
        self._on_mark = on_mark
        self.passed = 0

    @property
    def is_followed(self) -> bool:
        """Whether its process was given more tasks than the one that it is at."""
        return len(self._carrier.jobs) > 1

    def _take(self, data: bytes, outlet: Outlet) -> None:
        before = self.passed
        if self.stream == MESSAGES:
            self._messages(self._lines(data), outlet)
        else:
            self._output(data, outlet)
        if self.passed > before:
            self._on_mark(self._carrier)

    def _messages(self, lines: list[bytes], outlet: Outlet) -> None:
        """Forward what tasks tell; the word right before a mark goes with the end of its task."""
        last = b""
        for line in lines:
            job = self._job()
            if line.startswith(self._secret):
                if job is not None:
                    self._carrier.is_over = self._note(job, line, last) or self._carrier.is_over
                    self.passed += 1
                last = b""
                continue
            self._tell(job, last, outlet)
            last = line
        self._tell(self._job(), last, outlet)

    @staticmethod
    def _tell(job: Job | None, line: bytes, outlet: Outlet) -> None:
        if line and job is not None:
            outlet.message(job.lease, line)

    @staticmethod
    def _note(job: Job, line: bytes, told: bytes) -> bool:
        """Take down what a run took, and its last word; whether it is the last of its process."""
        job.body = told
        _, status, is_last, started, ended, user, system, rss, read, written = line.split()
        job.started, job.ended = float(started), float(ended)
        # The status of the last is that of its process.
        spent = Spent(float(user), float(system), int(read), int(written))
        job.took = None if is_last == b"1" else int(status), spent, int(rss) * RSS_UNIT
        return is_last == b"1"

    def _output(self, data: bytes, outlet: Outlet) -> None:
        self.line += data
        *parts, rest = self.line.split(self._secret)
        for part in parts:
            self._pass(part, outlet)
            self._progress = Osc()
            self.passed += 1
        kept = _half_a_mark(rest, self._secret) if data else 0
        self._pass(rest[: len(rest) - kept], outlet)
        self.line = rest[len(rest) - kept :]

    def _pass(self, data: bytes | bytearray, outlet: Outlet) -> None:
        if data and (job := self._job()) is not None:
            self._forward(job.lease, bytes(data), outlet)

    def _job(self) -> Job | None:
        """Whose part this is."""
        jobs = self._carrier.jobs
        return jobs[self.passed] if self.passed < len(jobs) else None


def _half_a_mark(data: bytes | bytearray, mark: bytes) -> int:
    """How many bytes at the end may be the beginning of a mark."""
    return next((size for size in range(min(len(mark) - 1, len(data)), 0, -1) if data.endswith(mark[:size])), 0)
