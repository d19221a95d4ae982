"""Single variables of the environment, past the layers of `os.environ`: in a fork, all code that is run costs pages."""

from __future__ import annotations

import os
from typing import Any

DATA: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]


def put(name: bytes, value: bytes) -> None:
    """Set one. Raises ValueError where one of them has a zero byte."""
    if _PUTENV is None or b"\0" in name + value or b"=" in name:
        os.putenv(name, value)
    else:
        _PUTENV(line := b"%b=%b" % (name, value))
        _LINES[name] = line
    DATA[name] = value


def take(name: bytes) -> bytes | None:
    """Remove one; its value, or None where there is none."""
    value = DATA.pop(name, None)
    if value is not None:
        os.unsetenv(name)
    return value


def _putenv() -> Any:
    """The system's function, which takes a text as it is: `os.putenv` copies it to where it is never let go."""
    try:
        import ctypes

        return ctypes.CDLL(None).putenv
    except (ImportError, OSError, AttributeError):
        return None


_PUTENV = _putenv()
_LINES: dict[bytes, bytes] = {}  # what the system's environment has of these
