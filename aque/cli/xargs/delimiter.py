"""The value of -d: a character, or an escape sequence that stands for one."""

from __future__ import annotations

import re
from typing import Final

_LETTERS: Final = dict(zip(b"abfnrtv\\", b"\a\b\f\n\r\t\v\\", strict=True))
_NUMBER: Final = re.compile(rb"\\(x([0-9a-fA-F]*)|([0-7]+))(.*)", re.DOTALL)


def read_delimiter(text: bytes) -> bytes:
    """The one byte that `text` stands for; raises ValueError, which says what is wrong with it."""
    if len(text) == 1:
        return text
    shown = text.decode(errors="surrogateescape")
    if not text.startswith(b"\\"):
        raise ValueError(
            f"Invalid input delimiter specification {shown}: "
            "the delimiter must be either a single character or an escape sequence starting with \\."
        )
    if text[1] in _LETTERS:  # whatever follows
        return bytes([_LETTERS[text[1]]])
    return _numbered(text, f"Invalid escape sequence {shown} in input delimiter specification")


def _numbered(text: bytes, complaint: str) -> bytes:
    match = _NUMBER.fullmatch(text)
    if match is None:
        if text[1:2].isdigit():
            raise ValueError(f"{complaint}; trailing characters {_text(text[1:])} not recognised.")
        raise ValueError(f"{complaint}.")
    is_hex = match[1].startswith(b"x")
    number = int(match[2] or b"0", 16) if is_hex else int(match[3], 8)
    if number > 0xFF:
        raise ValueError(f"{complaint}; character values must not exceed {'ff' if is_hex else '377'}.")
    if match[4]:
        raise ValueError(f"{complaint}; trailing characters {_text(match[4])} not recognised.")
    return bytes([number])


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")
