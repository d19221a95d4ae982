"""Single variables of the environment, past the layers of `os.environ`: in a fork, all code that is run costs pages."""

from __future__ import annotations

import os

DATA: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]


def put(name: bytes, value: bytes) -> None:
    """Set one. Raises ValueError where one of them has a zero byte."""
    os.putenv(name, value)
    DATA[name] = value


def take(name: bytes) -> bytes | None:
    """Remove one; its value, or None where there is none."""
    value = DATA.pop(name, None)
    if value is not None:
        os.unsetenv(name)
    return value
