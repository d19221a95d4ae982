"""Output beyond a limit: its head goes on as it comes, and of all that follows only the last part is kept."""

import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

TAIL = 8 << 20  # bytes that the tail has at most: it is held in memory
RATE = 1 << 20  # bytes a second that go on beyond the head: more could be read by nobody, and would be thrown away soon


class Chunk(NamedTuple):
    """Something that goes on; `skipped` bytes before it do not."""

    stream: int
    data: bytes
    skipped: int


def split(limit: int) -> tuple[int, int]:
    """How many bytes head and tail have."""
    tail = max(1, min(limit // 2, TAIL))
    return limit - tail, tail


class Tail:
    """What a task wrote beyond the head and did not go on yet. What is too much goes nowhere, the oldest first."""

    __slots__ = ("_at", "_kept", "_recent", "_room", "_size", "_skipped", "_tokens", "is_waiting")

    def __init__(self, room: int) -> None:
        """Keep so many bytes."""
        self._room = room
        self._kept: deque[tuple[int, bytes]] = deque()
        self._size = 0
        self._skipped = 0
        self._recent = 0
        self._tokens = float(RATE)
        self._at = time.monotonic()
        self.is_waiting = False

    def __bool__(self) -> bool:
        """Whether anything is kept."""
        return bool(self._kept)

    def take(self, stream: int, data: bytes) -> None:
        """It wrote more."""
        self._kept.append((stream, data))
        self._size += len(data)
        self._recent += len(data)
        while self._size > self._room:
            first, oldest = self._kept.popleft()
            dropped = min(len(oldest), self._size - self._room)
            if dropped < len(oldest):
                self._kept.appendleft((first, oldest[dropped:]))
            self._size -= dropped
            self._skipped += dropped

    def is_calm(self, seconds: float) -> bool:
        """Whether no more was written since the last call, so many seconds ago, than may go on."""
        recent, self._recent = self._recent, 0
        return recent <= seconds * RATE

    def give(self) -> Iterator[Chunk]:
        """What may go on now."""
        now = time.monotonic()
        self._tokens = min(float(RATE), self._tokens + (now - self._at) * RATE)
        self._at = now
        while self._kept and self._tokens > 0:
            self._tokens -= len(self._kept[0][1])
            yield self._next()

    def give_all(self) -> Iterator[Chunk]:
        """All that is left."""
        while self._kept:
            yield self._next()

    def _next(self) -> Chunk:
        stream, data = self._kept.popleft()
        self._size -= len(data)
        skipped, self._skipped = self._skipped, 0
        return Chunk(stream, data, skipped)
