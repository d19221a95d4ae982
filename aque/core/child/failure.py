"""An exception as the worker is told of it: a type, a message, a traceback and the exception itself."""

from __future__ import annotations

import importlib
import os
from typing import Any, Iterator

from . import codec
from .names import type_name

_FOREIGN = (os.path.dirname(os.path.abspath(__file__)) + os.sep, str(importlib.__file__), "<frozen importlib")


def failure(error: BaseException) -> dict[str, Any]:
    """Texts that PostgreSQL takes, whatever the exception is; `value` is None if it has no encoding."""
    return {
        "type": codec.clean_text(type_name(type(error))),
        "message": codec.clean_text(_message(error)),
        "traceback": codec.clean_text(_traceback(error)),
        "value": _value(error),
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "an error that cannot be shown"


def _value(error: BaseException) -> Any:
    try:
        return codec.to_tree(error)
    except Exception:  # of its own __reduce__, say
        return None


def _traceback(error: BaseException) -> str:
    """As Python shows it, but with the task's own frames alone; empty if there is none of them."""
    import traceback

    try:
        told = traceback.TracebackException.from_exception(error)
        own = sum(_strip(each) for each in _chain(told))
        return "".join(told.format()) if own else ""
    except Exception:  # of a __str__, or of a chain too long to follow
        return ""


def _chain(told: Any) -> Iterator[Any]:
    """An exception, and all that it came from or holds."""
    left = [told]
    while left:
        each = left.pop()
        yield each
        left += [one for one in (each.__cause__, each.__context__, *(getattr(each, "exceptions", None) or ())) if one]


def _strip(told: Any) -> int:
    """Take out the frames of the child and of Python's import; how many are left."""
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(_FOREIGN)]
    return len(told.stack)
