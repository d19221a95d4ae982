"""Single variables of the environment, past the layers of `os.environ`: in a fork, all code that is run costs pages."""

from __future__ import annotations

import os

_DATA: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]


def put(name: bytes, value: bytes) -> None:
    """Set one. Raises ValueError where one of them has a zero byte."""
    os.putenv(name, value)
    _DATA[name] = value


def take(name: bytes) -> bytes | None:
    """Remove one; its value, or None where there is none."""
    value = _DATA.pop(name, None)
    if value is not None:
        os.unsetenv(name)
    return value
