"""How long a command may be: what the system allows, less the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_HEADROOM: Final = 2048  # bytes that POSIX wants left for what a command sets itself
_SMALLEST: Final = 4096  # bytes that every system allows
_USUAL: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, with the NUL of each argument: of the environment, at most for a command, and where -s is not given."""

    environment: int
    most: int

    @property
    def usual(self) -> int:
        return min(_USUAL, self.most)

    @property
    def is_too_large(self) -> bool:
        """Whether the environment leaves no room for a command."""
        return self.most < 1

    def lines(self, in_use: int) -> list[str]:
        """For --show-limits."""
        return [
            f"Your environment variables take up {self.environment} bytes",
            f"POSIX upper limit on argument length (this system): {self.most}",
            f"POSIX smallest allowable upper limit on argument length (all systems): {_SMALLEST}",
            f"Maximum length of command we could actually use: {self.most - self.environment}",
            f"Size of command buffer we are actually using: {in_use}",
            f"Maximum parallelism (--max-procs must be no greater): {2**31 - 1}",
        ]


def measure(environ: Mapping[bytes, bytes]) -> Limits:
    """The limits of this system under an environment."""
    size = sum(len(name) + len(value) + 2 for name, value in environ.items())
    return Limits(size, os.sysconf("SC_ARG_MAX") - size - _HEADROOM)


def size(words: Iterable[bytes]) -> int:
    """The bytes of words, with the NUL of each."""
    return sum(len(word) + 1 for word in words)
