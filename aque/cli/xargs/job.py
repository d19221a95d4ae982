"""A command that is to be run, and what it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Command: TypeAlias = tuple[bytes, ...]
_OVERHEAD: Final = 60  # bytes that a word takes beside its own


@dataclass(frozen=True, slots=True)
class Job:
    """`arguments` are those of the input that went into it; `seq` counts from 1."""

    words: Command
    arguments: tuple[bytes, ...]
    seq: int

    @property
    def size(self) -> int:
        """Bytes that it takes here, nearly."""
        return sum(map(len, self.words)) + _OVERHEAD * (len(self.words) + 1)

    @property
    def name(self) -> str:
        """How people know it."""
        return self.words[0].decode(errors="surrogateescape")
