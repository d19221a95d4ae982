"""Hints for the order of commands, read off their arguments: which paths they will touch, and how much they will read.

A guess that costs a stat an argument, and that never fails: whatever cannot be looked at is left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SPEED: Final = 100e6  # bytes a second that a command is taken to read
_MOST_ARGUMENTS: Final = 1000
_MOST_PATHS: Final = 64
_LONGEST: Final = 4096  # characters of an argument, or of a text for the shell
_OPTION: Final = re.compile(r"[\w.+-]+=(?=.)|-[A-Za-z](?=/)", re.ASCII)  # --into=PATH, of=PATH, -I/PATH

_WORD: Final = re.compile(r"""(?:[^\s'"\\;|&<>()]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+""", re.DOTALL)
_QUOTED: Final = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hints:
    """`paths` are absolute, exist, and stand in the order of the arguments; `size` is in bytes, of whole files."""

    paths: tuple[str, ...] = ()
    size: int = 0

    @property
    def duration(self) -> float:
        """Seconds that it takes to read them, by guess."""
        return self.size / SPEED


def of_command(args: Sequence[str] | str, cwd: str) -> Hints:
    """The hints of an argument list, or of a text for /bin/sh, that runs in `cwd`; the program itself counts not."""
    words = _words(args) if isinstance(args, str) else args
    sizes: dict[str, int] = {}
    for word in words[1:_MOST_ARGUMENTS]:
        for path, size in _look(word, cwd):
            sizes[path] = max(size, sizes.get(path, 0))
    return Hints(tuple(sizes)[:_MOST_PATHS], sum(sizes.values()))


def _words(text: str) -> list[str]:
    """The words of a text for the shell, more or less: shlex takes a hundred times as long."""
    words = _WORD.findall(text[:_LONGEST])
    return [os.path.expanduser(_QUOTED.sub(_bare, word)) for word in words]  # noqa: PTH111


def _bare(quoted: re.Match[str]) -> str:
    return quoted[1] or quoted[2] or quoted[3] or ""


def _look(word: str, cwd: str) -> Iterator[tuple[str, int]]:
    """The longest part that exists of an argument that looks like a path, and its size if it is a whole file."""
    text = _OPTION.sub("", word, count=1) if _OPTION.match(word) else word
    if not text or len(text) > _LONGEST or "://" in text or (text[0] == "-" and "/" not in text):
        return
    whole = os.path.normpath(os.path.join(cwd, text))  # noqa: PTH118
    for path in _upwards(whole) if "/" in text else (whole,):
        found = _stat(path)
        if found is not None:
            yield path, found.st_size if path == whole and stat.S_ISREG(found.st_mode) else 0
            return


def _upwards(path: str) -> Iterable[str]:
    """A path and all above it."""
    yield path
    while (above := os.path.dirname(path)) != path:  # noqa: PTH120
        path = above
        yield path


def _stat(path: str) -> os.stat_result | None:
    """What is known of a path that exists, and whose name the broker can store."""
    try:
        path.encode()
        return os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
