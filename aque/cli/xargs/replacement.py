"""The replacement strings of GNU parallel, and the jobs that --parallel makes with them.

{}  {.}  {/}  {//}  {/.}     of all arguments; {1}  {1.}  {1/}  {1//}  {1/.}  of one; {#} the job's number
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Final, TypeAlias

from .job import Command, Job
from .settings import Options
from .shell import quote
from .sources import Values, batches, combinations

_EXTENSION: Final = re.compile(rb"\.[^/.]+\Z")


def _folder(value: bytes) -> bytes:
    head, slash, _ = value.rstrip(b"/").rpartition(b"/")
    return (head.rstrip(b"/") or b"/") if slash else (b"." if value.strip(b"/") or not value else b"/")


_FORMS: Final[Mapping[bytes, Callable[[bytes], bytes]]] = {
    b"": lambda value: value,
    b".": lambda value: _EXTENSION.sub(b"", value),
    b"/": lambda value: value.rpartition(b"/")[2],
    b"//": _folder,
    b"/.": lambda value: _EXTENSION.sub(b"", value.rpartition(b"/")[2]),
}
_MARKS: Final = rb"(?P<all>%s)|\{(?:(?P<seq>#)|(?P<place>\d+)(?P<form>//|/\.|[./]|)|(?P<of_all>//|/\.|[./]))\}"
_Make: TypeAlias = Callable[[Values, int], Command]


def jobs(options: Options) -> Iterator[Job]:
    """The jobs of --parallel, each as soon as its arguments are there. Raises Refused."""
    found = combinations(options.sources, options.delimiter or b"\n", options.eof)
    if size := options.max_args or options.max_lines:
        found = batches(found, size)
    make, numbers = _maker(options), count(1)
    for values in found:
        arguments = _columns(values, options.columns)
        if options.run_if_empty or any(arguments):
            seq = next(numbers)
            yield Job(make(arguments, seq), arguments, seq)


def _columns(values: Values, separator: re.Pattern[bytes] | None) -> Values:
    if separator is None:
        return values
    return tuple(column.strip() for value in values for column in separator.split(value))


def _maker(options: Options) -> _Make:
    if not options.command:
        return lambda arguments, _: (b"/bin/sh", b"-c", b" ".join(arguments))
    name = options.replace or b"{}"
    marks = _Marks(re.compile(_MARKS % re.escape(name)))
    words = options.command if any(map(marks.are_in, options.command)) else (*options.command, name)
    if options.shell:
        line = b" ".join(words)
        return lambda arguments, seq: (b"/bin/sh", b"-c", marks.filled(line, arguments, seq, quote))
    return lambda arguments, seq: tuple(made for word in words for made in marks.words(word, arguments, seq))


class _Marks:
    """The strings in a command that stand for arguments."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def are_in(self, word: bytes) -> bool:
        return self._pattern.search(word) is not None

    def words(self, word: bytes, arguments: Values, seq: int) -> Values:
        """A word that is all arguments and nothing else becomes as many words."""
        whole = self._pattern.fullmatch(word)
        if whole and (whole["all"] or whole["of_all"]):
            return tuple(map(_FORMS[whole["of_all"] or b""], arguments))
        return (self.filled(word, arguments, seq, bytes),)

    def filled(self, text: bytes, arguments: Values, seq: int, quoted: Callable[[bytes], bytes]) -> bytes:
        """A text with the arguments, each `quoted`, in their places."""

        def value(mark: re.Match[bytes]) -> bytes:
            if mark["seq"]:
                return b"%d" % seq
            place = int(mark["place"] or 0)
            form = _FORMS[mark["form"] or mark["of_all"] or b""]
            chosen = arguments if mark["place"] is None else arguments[place - 1 : place] if place else ()
            return b" ".join(quoted(form(each)) for each in chosen)

        return self._pattern.sub(value, text)
