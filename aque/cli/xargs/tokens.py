"""The input, cut into arguments as it comes.

Each argument stands with whether a line ends with it. A reader takes chunks of bytes and is told when they end; it
raises Refused where a quote is not closed, or an argument is longer than any command may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, TypeAlias

from .limits import size
from .refusal import Refused
from .settings import Options
from .shell import template

Argument: TypeAlias = tuple[bytes, bool]
NUL_WARNING: Final = (
    "WARNING: a NUL character occurred in the input.  It cannot be passed through in the argument list.  "
    "Did you mean to use the --null option?"
)


def cut(word: bytes) -> bytes:
    """A word up to its first NUL: no argument can hold one, though it counts in full."""
    return word.partition(b"\0")[0]


class Reader(Protocol):
    """Cuts chunks into arguments of fewer than `limit` bytes.

    `is_over` once the rest of the input does not matter, of which it had `left` bytes already.
    """

    limit: int
    is_over: bool
    left: int

    def feed(self, chunk: bytes) -> Iterator[Argument]: ...

    def finish(self) -> Iterator[Argument]: ...


def arguments(
    chunks: Iterable[bytes],
    options: Options,
    warn: Callable[[str], None],
    give_back: Callable[[int], object] = lambda _: None,
) -> Iterator[Argument]:
    """The arguments in the input; what was read behind its end is given back, by its size."""
    reader: Reader = Words(options, warn) if options.delimiter is None else Items(options.delimiter)
    reader.limit, later = _limits(options)
    for chunk in chunks:
        for argument in reader.feed(chunk):
            yield argument
            reader.limit = later
        if reader.is_over:
            give_back(reader.left)
            return
    yield from reader.finish()


def _limits(options: Options) -> tuple[int, int]:
    """The bytes that there are for the first argument, and for those that follow."""
    initial = template(options)
    room = options.max_chars - size(initial if options.replace is None else initial[:1])
    return (room, room) if options.replace is None else (options.max_chars, room)


class Items:
    """What stands between delimiters, as it is; empty items too."""

    is_over = False
    left = 0
    limit = 0

    def __init__(self, delimiter: bytes) -> None:
        self._delimiter = delimiter
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Argument]:
        *items, self._rest = (self._rest + chunk).split(self._delimiter)
        for item in items:
            yield self._checked(item), True
        self._checked(self._rest)

    def finish(self) -> Iterator[Argument]:
        if self._rest:
            yield self._checked(self._rest), True

    def _checked(self, item: bytes) -> bytes:
        if item and len(item) >= self.limit:
            raise Refused("argument line too long")
        return item


_SPACES: Final = re.compile(rb"[ \t\n\v\f\r]*")
_WORD: Final = re.compile(rb"[^ \t\n\\'\"]*")
_LINE: Final = re.compile(rb"[^\n\\'\"]*")
_QUOTED: Final = {b"'": re.compile(rb"[^\n']*"), b'"': re.compile(rb'[^\n"]*')}
_NAMES: Final = {b"'": "single", b'"': "double"}


class Words:
    """Words, or whole lines where a pattern is replaced, with quotes and backslashes taken off.

    White space before a word is skipped, and ends of lines with it: so a line that ends in a blank goes on in the next.
    """

    def __init__(self, options: Options, warn: Callable[[str], None]) -> None:
        self.is_over = False
        self.left = 0
        self._plain = _WORD if options.replace is None else _LINE
        self._eof = options.eof
        self.limit = options.max_chars
        self._warn = warn
        self._warned = False
        self._word = bytearray()
        self._quote = b""
        self._is_escaped = False
        self._is_between = True
        self._is_first = True  # of its line
        self._is_after_blank = False

    def feed(self, chunk: bytes) -> Iterator[Argument]:
        place, end = 0, len(chunk)
        while place < end and not self.is_over:
            place = self._run(chunk, place)
            if place < end:
                yield from self._marked(chunk[place : place + 1])
                place += 1
        self.left = end - place

    def finish(self) -> Iterator[Argument]:
        if self._quote and self._word:
            raise self._unmatched()
        if self._word and not (self._is_first and self._is_eof()):
            yield bytes(self._word), False

    def _run(self, chunk: bytes, place: int) -> int:
        """Take what has no meaning of its own; the place of the first byte that has."""
        if self._is_escaped:
            return place
        if self._is_between:
            place = _SPACES.match(chunk, place).end()  # type: ignore[union-attr]
            self._is_between = place == len(chunk)
        pattern = _QUOTED[self._quote] if self._quote else self._plain
        end = pattern.match(chunk, place).end()  # type: ignore[union-attr]
        if end > place:
            self._add(chunk[place:end])
        return end

    def _add(self, piece: bytes) -> None:
        if not self._warned and b"\0" in piece[: self.limit - len(self._word)]:
            self._warned = True
            self._warn(NUL_WARNING)
        self._word += piece
        self._is_after_blank = piece.endswith((b" ", b"\t"))
        if len(self._word) >= self.limit:
            raise Refused("argument line too long")

    def _marked(self, mark: bytes) -> Iterator[Argument]:
        if self._is_escaped:
            self._is_escaped = False
            self._add(mark)
        elif self._quote:
            self._close(mark)
        elif mark in _QUOTED:
            self._quote = mark
        elif mark == b"\\":
            self._is_escaped = True
        else:
            yield from self._separated(is_line=mark == b"\n")

    def _close(self, mark: bytes) -> None:
        if mark == b"\n":
            raise self._unmatched()
        self._quote = b""
        self._is_after_blank = False

    def _separated(self, *, is_line: bool) -> Iterator[Argument]:
        self.is_over = self._is_eof()
        word, ends_line = bytes(self._word), is_line and not self._is_after_blank
        self._word.clear()
        self._is_between, self._is_first, self._is_after_blank = True, is_line, False
        if not self.is_over:
            yield word, ends_line

    def _is_eof(self) -> bool:
        return self._eof is not None and cut(bytes(self._word)) == self._eof

    def _unmatched(self) -> Refused:
        name = _NAMES[self._quote]
        return Refused(f"unmatched {name} quote; by default quotes are special to xargs unless you use the -0 option")
