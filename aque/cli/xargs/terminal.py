"""Words for people on stderr, and questions to them on the terminal."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Final

_TTY: Final = "/dev/tty"
_CALLED: Final = Path(sys.argv[0]).name
NAME: Final = _CALLED if _CALLED.endswith("xargs") else "aque-xargs"
"""What it calls itself: the name by which it was called, which a link may change."""


def say(message: str) -> None:
    """One message on stderr, under the program's name."""
    put(f"{NAME}: {message}\n".encode(errors="surrogateescape"))


def put(data: bytes) -> None:
    """Bytes on stderr, at once."""
    sys.stderr.flush()
    sys.stderr.buffer.write(data)
    sys.stderr.buffer.flush()


def quoted(text: str) -> str:
    """A name in a message, in the quotes of the locale."""
    left, right = "\u2018\u2019" if (sys.stderr.encoding or "").lower().replace("-", "") == "utf8" else "''"
    return f"{left}{text}{right}"


def ask(about: bytes, question: bytes) -> str:
    """The line with which someone answers on the terminal. Raises OSError without one, KeyboardInterrupt at Ctrl-C.

    What it is `about` is said in any case.
    """
    put(about)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with open(_TTY, encoding="utf-8", errors="replace") as tty:  # noqa: PTH123
            put(question)
            return tty.readline().strip()
    finally:
        signal.signal(signal.SIGINT, before)


def path() -> str:
    """The terminal's own name, under which other processes find it."""
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return _TTY
