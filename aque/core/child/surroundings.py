"""What a process that was forked from a warm interpreter takes over, so that its task finds what a fresh one would."""

from __future__ import annotations

import _io
import atexit
import gc
import io
import json
import os
import sys
from typing import Any, BinaryIO, Mapping, Sequence

from . import variables


def put_in_place(descriptors: Sequence[int]) -> None:
    """Make the first three of these the standard streams."""
    for place in (0, 1, 2):
        os.dup2(descriptors[place], place)
        os.close(descriptors[place])


def take_over(order: Mapping[str, Any]) -> None:
    """The folder, and what else a task's order tells: variables of its own, other streams.

    Raises OSError where the folder cannot be entered.
    """
    encoding = order["encoding"]
    for name, value in order["set"].items():
        variables.put(name.encode(encoding, "surrogateescape"), value.encode(encoding, "surrogateescape"))
    if order["cwd"] is not None:
        os.chdir(order["cwd"].encode(encoding, "surrogateescape"))
    if order["reopen"]:
        reopen_streams()
    gc.enable()


def replace_environ(source: BinaryIO) -> None:
    """Replace the whole environment by the one that is told, in the bytes that the runner has."""
    told = json.load(source)
    fresh = {_bytes(name, told["encoding"]): _bytes(value, told["encoding"]) for name, value in told["environ"].items()}
    for name in os.environb.keys() - fresh.keys():
        del os.environb[name]
    os.environb.update(fresh)


def _bytes(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "surrogateescape")


def reopen_streams() -> None:
    """Open the three standard streams anew, as the interpreter does when it starts.

    Those of the warm interpreter serve where they have the same kind of files under them now: nothing and two pipes.
    """
    sys.stdin = sys.__stdin__ = _opened(0, "r", sys.__stdin__)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _opened(1, "w", sys.__stdout__)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _opened(2, "w", sys.__stderr__)  # type: ignore[misc]


def _opened(descriptor: int, mode: str, before: Any) -> Any:
    is_unbuffered = before.write_through and mode == "w"
    buffer: Any = open(descriptor, mode + "b", 0 if is_unbuffered else -1, closefd=False)  # noqa: SIM115
    raw = buffer if is_unbuffered else buffer.raw
    raw.name = before.name
    is_eager = mode == "w" and ((descriptor == 2 and sys.version_info >= (3, 9)) or os.isatty(descriptor))
    made = io.TextIOWrapper(
        buffer,
        before.encoding,
        before.errors,
        "\n" if mode == "w" else None,
        line_buffering=is_eager and not before.write_through,
        write_through=before.write_through,
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
        atexit._run_exitfuncs()
        status = write_out() or status
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = status or 1
    finally:
        os._exit(status)


def write_out() -> int:
    """Write out what open files hold; Python's own status where it cannot be written."""
    status = 0
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]
        except OSError:
            status = 120
        except (ValueError, AttributeError):  # closed by the task, or replaced by something else
            pass
    # Those that the interpreter had at the start are frozen, and not among the objects.
    for kinds in ((_io.TextIOWrapper,), (_io.BufferedWriter, _io.BufferedRandom)):
        for each in gc.get_objects():
            if type(each) in kinds:
                try:
                    each.flush()
                except Exception:  # closed, or its other end is gone: Python ignores it as well
                    pass
    return status
