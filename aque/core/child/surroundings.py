"""What a process that was forked from a warm interpreter takes over, so that its task finds what a fresh one would."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from typing import Any, BinaryIO, Mapping


def take_over(source: BinaryIO) -> None:
    """The environment and the folder that are told in the first line of a task's input, and its streams.

    Raises OSError where the folder cannot be entered.
    """
    order = json.loads(source.readline())
    _set_environ(order["environ"], order["encoding"])
    if order["cwd"] is not None:
        os.chdir(order["cwd"].encode(order["encoding"], "surrogateescape"))
    reopen_streams()
    gc.enable()


def _set_environ(variables: Mapping[str, str], encoding: str) -> None:
    """Replace the whole environment, in the bytes that the worker's host has."""
    fresh = {
        name.encode(encoding, "surrogateescape"): value.encode(encoding, "surrogateescape")
        for name, value in variables.items()
    }
    for name in os.environb.keys() - fresh.keys():
        del os.environb[name]
    os.environb.update(fresh)


def reopen_streams() -> None:
    """Open the three standard streams anew, as the interpreter does when it starts."""
    sys.stdin = sys.__stdin__ = _opened(0, "r", sys.__stdin__)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _opened(1, "w", sys.__stdout__)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _opened(2, "w", sys.__stderr__)  # type: ignore[misc]


def _opened(descriptor: int, mode: str, before: Any) -> Any:
    is_unbuffered = before.write_through
    buffer: Any = open(descriptor, mode + "b", 0 if is_unbuffered else -1, closefd=False)  # noqa: SIM115
    raw = buffer if is_unbuffered else buffer.raw
    raw.name = before.name
    is_eager = mode == "w" and ((descriptor == 2 and sys.version_info >= (3, 9)) or os.isatty(descriptor))
    made = io.TextIOWrapper(
        buffer,
        before.encoding,
        before.errors,
        "\n" if mode == "w" else None,
        line_buffering=is_eager and not is_unbuffered,
        write_through=is_unbuffered,
    )
    made.mode = mode  # type: ignore[misc]
    return made


def leave(status: int) -> None:
    """End as an interpreter does, except that nothing is taken apart: it would cost more than most tasks.

    Threads are waited for, exit functions run, and all files that are open for writing are written out; what has a
    `__del__` and is still referred to does not hear of the end.
    """
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        _run_exit_functions()
        status = _write_out() or status
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = status or 1
    finally:
        os._exit(status)


def _run_exit_functions() -> None:
    import atexit

    atexit._run_exitfuncs()


def _write_out() -> int:
    """Write out what open files hold; Python's own status where it cannot be written."""
    status = 0
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            status = 0 if getattr(stream, "closed", True) else 120
    files = [each for each in gc.get_objects() if issubclass(type(each), (io.TextIOWrapper, io.BufferedIOBase))]
    for each in sorted(files, key=lambda each: not isinstance(each, io.TextIOWrapper)):
        try:
            each.flush()
        except Exception:  # closed, a file to read, or one whose other end is gone: Python ignores it as well
            pass
    return status
