"""Which pieces of a run's output are kept, where it writes too much: a head, a mark, and a tail that moves on.

The mark takes the place of the first piece that is left out. The tail moves on a block at a time.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ..runner.cap import split

_BLOCKS: Final = 16  # of the tail


class Excerpt:
    """The books of one run: `left_out` bytes are gone, of the pieces from `mark` up to `until`."""

    def __init__(self, limit: int) -> None:
        self._head, self._tail = split(limit)
        self._blocks: deque[tuple[int, int]] = deque()  # number of the first piece, bytes
        self._written = 0
        self._size = 0
        self.mark: int | None = None
        self.until = 0
        self.left_out = 0

    def number(self, count: int, skipped: int) -> int:
        """The number of the next piece: `count`, unless the mark comes before the first piece of the tail."""
        if self.mark is not None or self._written < self._head:
            return count
        self.mark = count
        return count + (skipped > 0)

    def add(self, number: int, size: int, skipped: int) -> bool:
        """A piece was written, with `skipped` bytes before it that were not kept; whether more is left out now."""
        self._written += size
        if self.mark is None:
            return False
        before = self.left_out
        if skipped:
            self._leave_out(len(self._blocks), skipped, number)
        if self._blocks and self._blocks[-1][1] < self._tail // _BLOCKS:
            first, held = self._blocks.pop()
            self._blocks.append((first, held + size))
        else:
            self._blocks.append((number, size))
        self._size += size
        while self._size > self._tail and len(self._blocks) > 1:
            self._leave_out(1, 0, self._blocks[1][0])
        return self.left_out > before

    def _leave_out(self, blocks: int, more: int, until: int) -> None:
        gone = sum(self._blocks.popleft()[1] for _ in range(blocks))
        self._size -= gone
        self.left_out += gone + more
        self.until = until
