"""What the commands read: nothing, the terminal, or, with -a, what this process has as its stdin."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from typing import Final

from . import terminal
from .settings import Options

_PIECE: Final = 4096


def of_commands(options: Options) -> str | None:
    """The path that the commands open as their stdin, on this host; None: they have none."""
    if options.open_tty:
        return terminal.path()
    if options.arg_file in (None, "-"):
        return None
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    if os.isatty(0):
        return os.ttyname(0)
    shared = 0 if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) else _pump()
    return f"/proc/{os.getpid()}/fd/{shared}"


def _pump() -> int:
    """A pipe that is fed from stdin: opened by its path, a file would begin anew for each command."""
    ours, theirs = os.pipe()
    threading.Thread(target=_copy, args=(theirs,), daemon=True).start()
    return ours


def _copy(target: int) -> None:
    with suppress(OSError), open(target, "wb", buffering=0) as pipe:
        while piece := os.read(0, _PIECE):
            pipe.write(piece)
