"""Ends of small tasks that went well, of which there are many: they are told together."""

from collections.abc import Iterator

from .channel import Channel
from .frames import Frame, Header
from .job import USED, Job, Usage

_WELL: Header = {
    "type": "finished",
    "exit_code": 0,
    "signal": None,
    "killed": False,
    "cut_off": False,
    "timed_out": False,
    "over_memory": None,
    "error": None,
}


class Ends:
    """Those that wait to be told."""

    def __init__(self, channel: Channel) -> None:
        """Begin with none."""
        self._channel = channel
        self._rows: list[tuple[object, ...]] = []
        self._bodies: list[bytes] = []

    def tell(self, job: Job, status: int | None, usage: Usage, max_rss: int, body: bytes) -> None:
        """A task has ended, which had the last word `body`."""
        if status == 0 and job.ended and job.is_left_alone:
            self._rows.append((job.lease, job.started, job.ended, len(body), *job.used(usage, max_rss)))
            self._bodies.append(body)
        else:
            self._channel.queue(job.finished(status, usage, max_rss), body)

    def flush(self) -> None:
        """Tell them, after all that they wrote."""
        if self._rows:
            self._channel.queue({"type": "ends", "rows": self._rows}, b"".join(self._bodies))
            self._rows, self._bodies = [], []


def one_by_one(frames: list[Frame]) -> Iterator[Frame]:
    """Frames as they would be if each end were told by itself."""
    for header, body in frames:
        if header["type"] == "ends":
            yield from _divided(header, body)
        else:
            yield header, body


def _divided(header: Header, body: bytes) -> Iterator[Frame]:
    start = 0
    for lease, started, ended, size, *used in header["rows"]:
        told = {**_WELL, "lease": lease, "started": started, "ended": ended, **dict(zip(USED, used, strict=True))}
        yield told, body[start : start + size]
        start += size
