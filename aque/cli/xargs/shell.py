"""Commands as texts for a shell: to be run by one, or to be shown as one would read them."""

from __future__ import annotations

import functools
import locale
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


_MEANT_BY_SHELLS: Final = re.compile(r"[ !\"$&'()*;<=>?\[\\^`|]|^[#~]|^[{}]\Z")
_NOT_IN_DOUBLE: Final = re.compile(r"[!\"$&()*;<=>?\[\\^`|{}]|(?<!^)[#~]")
_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPLIT: Final = re.compile(rf"(?P<quote>')|(?P<odd>{_ODD.pattern})(?=(?P<plain>[^'])?)")
_ESCAPES: Final = dict(zip(b"\a\b\f\n\r\t\v", "abfnrtv", strict=True))


def shown(command: Sequence[bytes]) -> bytes:
    """A command as one line that a shell would read back, for -t and -p."""
    line = " ".join(_shown(word.decode(_encoding(), errors="surrogateescape")) for word in command)
    return line.encode(errors="surrogateescape")


@functools.cache
def _encoding() -> str:
    """That of the locale, in which bytes are printable or not: UTF-8, or else ASCII."""
    return "utf-8" if locale.nl_langinfo(locale.CODESET) == "UTF-8" else "ascii"


def _shown(word: str) -> str:
    if _ODD.search(word):
        return f"'{_SPLIT.sub(_quoted, word)}'"
    if word and not _MEANT_BY_SHELLS.search(word):
        return word
    if "'" in word and not _NOT_IN_DOUBLE.search(word):
        return f'"{word}"'
    return f"'{_SPLIT.sub(_quoted, word)}'"


def _quoted(found: re.Match[str]) -> str:
    """What stands for a quote, or for bytes that are not printable, within single quotes."""
    if found["quote"]:
        return "'\\''"
    body = (f"\\{_ESCAPES.get(byte) or f'{byte:03o}'}" for byte in found["odd"].encode(errors="surrogateescape"))
    return f"'$'{''.join(body)}" + ("''" if found["plain"] else "")


_PIECE: Final = re.compile(
    rb"""(?P<plain>[^\s'"$\\]+)|'(?P<quoted>[^']*)'|"(?P<double>[^"$`\\]*)"
    |\$'(?P<escaped>(?:\\.|[^'\\])*)'|\\(?P<char>.)|(?P<space>[ ]+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_MEANT: Final = {letter.encode(): bytes([byte]) for byte, letter in _ESCAPES.items()}


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
