"""Commands as texts for a shell: to be run by one, or to be shown as one would read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from .settings import Options


def quote(word: bytes) -> bytes:
    """A word as /bin/sh reads it back."""
    return shlex.quote(word.decode(errors="surrogateescape")).encode(errors="surrogateescape")


def template(options: Options) -> tuple[bytes, ...]:
    """What every command begins with: the command as it was given, or with --shell a shell that runs it as a line."""
    if not options.shell:
        return options.command
    line = b" ".join(options.command)
    if options.replace is not None:
        return b"/bin/sh", b"-c", line
    return b"/bin/sh", b"-c", line + b' "$@"', b"sh"


_SAFE: Final = re.compile(r"[^\s!\"#$&'()*;<>?\[\\\]^`|=~{}]+")
_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\udc80-\udcff]+")
_ESCAPES: Final = dict(zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True))


def shown(command: Sequence[bytes]) -> bytes:
    """A command as one line that a shell would read back, for -t and -p."""
    line = " ".join(_shown(word.decode(errors="surrogateescape")) for word in command)
    return line.encode(errors="surrogateescape")


def _shown(word: str) -> str:
    if _SAFE.fullmatch(word):
        return word
    if "'" in word and not re.search(r"[\"$`\\!]", word) and not _ODD.search(word):
        return f'"{word}"'
    body = word.replace("'", "'\\''")
    return "'" + _ODD.sub(lambda odd: f"'$'{''.join(map(_escape, odd[0]))}''", body) + "'"


def _escape(char: str) -> str:
    code = ord(char)
    return "\\" + (_ESCAPES.get(char) or f"{code - 0xDC00 if code >= 0xDC80 else code:03o}")


_PIECE: Final = re.compile(
    rb"""(?P<plain>[^\s'"$\\]+)|'(?P<quoted>[^']*)'|"(?P<double>[^"$`\\]*)"
    |\$'(?P<escaped>(?:\\.|[^'\\])*)'|\\(?P<char>.)|(?P<space>[ ]+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_MEANT: Final = {letter.encode(): char.encode() for char, letter in _ESCAPES.items()}


def unshown(line: bytes) -> tuple[bytes, ...]:
    """The command that `shown` showed so; raises ValueError for what it never shows."""
    words: list[bytearray | None] = [None]
    place = 0
    while place < len(line):
        if not (piece := _PIECE.match(line, place)):
            raise ValueError("a shell would not read this as words alone")
        place = piece.end()
        if piece["space"] is not None:
            words.append(None)
        else:
            words[-1] = (words[-1] or bytearray()) + _meant(piece)
    return tuple(bytes(word) for word in words if word is not None)


def _meant(piece: re.Match[bytes]) -> bytes:
    if piece["escaped"] is not None:
        return _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]) if match[1] else _MEANT[match[2]], piece["escaped"])
    return next(text for text in piece.group("plain", "quoted", "double", "char") if text is not None)
