"""Functions that tests run through joblib and map, in a module."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import joblib


def square(x: int) -> int:
    return x * x


def fail_at(x: int, bad: int) -> int:
    if x == bad:
        raise ArithmeticError(f"bad: {x}")
    return x


def fail_with_a_cause() -> None:
    try:
        raise LookupError("first")
    except LookupError as first:
        error = ArithmeticError("second")
        error.add_note("while it was tried")
        raise error from first


def where(_: int) -> int:
    return os.getpid()


def nested(x: int) -> tuple[str, list[int]]:
    """Which backend a loop inside a task has, and what it comes to."""
    inner = joblib.Parallel(n_jobs=2)
    return type(inner._backend).__name__, inner(joblib.delayed(square)(each) for each in range(x))


def threads() -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def mark_and_wait(folder: str, place: int) -> None:
    """The first leaves a mark and goes on for ever; the second fails once the mark is there."""
    mark = Path(folder, "mark")
    if place == 0:
        mark.write_text(str(os.getpid()))
        threading.Event().wait()
    while not mark.exists():
        threading.Event().wait(0.01)
    raise ArithmeticError("second")
