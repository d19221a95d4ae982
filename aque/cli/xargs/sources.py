"""Where the arguments of --parallel come from, and how they are combined.

    ::: a b  :::+ x y  ::: 1 2      (a x 1) (a x 2) (b y 1) (b y 2)

Sources side by side give all combinations, the last changing first; one that is linked with `+` goes along with the one
before it. Only the first is read as it is used: the others have to be held.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, product, takewhile
from typing import Final, TypeAlias

from .refusal import Refused
from .terminal import quoted

Values: TypeAlias = tuple[bytes, ...]
_CHUNK: Final = 64 * 1024
STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """Values that were given, or a file that holds them (`-`: stdin)."""

    values: Values = ()
    path: str | None = None
    is_linked: bool = False


def _given(words: Sequence[str], is_linked: bool) -> list[Source]:
    return [Source(values=tuple(map(os.fsencode, words)), is_linked=is_linked)]


def _files(words: Sequence[str], is_linked: bool) -> list[Source]:
    return [Source(path=word, is_linked=is_linked) for word in words]


_KINDS: Final[dict[str, Callable[[Sequence[str]], list[Source]]]] = {
    ":::": lambda words: _given(words, False),
    ":::+": lambda words: _given(words, True),
    "::::": lambda words: _files(words, False),
    "::::+": lambda words: _files(words, True),
}


def split(words: Sequence[str]) -> tuple[list[str], tuple[Source, ...]]:
    """The command before the first `:::`, and the sources after it."""
    places = [place for place, word in enumerate(words) if word in _KINDS]
    ends = [*places[1:], len(words)] if places else []
    sources = (
        source
        for place, end in zip(places, ends, strict=True)
        for source in _KINDS[words[place]](words[place + 1 : end])
    )
    return list(words[: places[0]] if places else words), tuple(sources)


def combinations(sources: Sequence[Source], delimiter: bytes, eof: bytes | None) -> Iterator[Values]:
    """All combinations of the sources' values. Raises Refused where a file cannot be read."""
    columns: list[list[Iterator[bytes]]] = []
    for source in sources:
        values = takewhile(lambda value: value != eof, _values(source, delimiter))
        if source.is_linked and columns:
            columns[-1].append(values)
        else:
            columns.append([values])
    first, *others = (zip(*group, strict=False) for group in columns)
    held = [list(each) for each in others]
    for head in first:
        for tails in product(*held):
            yield head + tuple(value for tail in tails for value in tail)


def batches(arguments: Iterable[Values], size: int) -> Iterator[Values]:
    """Up to `size` combinations to each."""
    rest = iter(arguments)
    while part := list(islice(rest, size)):
        yield tuple(value for each in part for value in each)


def _values(source: Source, delimiter: bytes) -> Iterator[bytes]:
    return iter(source.values) if source.path is None else _items(chunks(open_input(source.path)), delimiter)


def _items(pieces: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *items, rest = (rest + piece).split(delimiter)
        yield from items
    if rest:
        yield rest


def open_input(path: str | None) -> int:
    """A descriptor to read arguments from; raises Refused."""
    if path in (None, STDIN):
        return 0
    try:
        return os.open(str(path), os.O_RDONLY)
    except OSError as error:
        raise Refused(f"Cannot open input file {quoted(str(path))}: {error.strerror}") from None


def give_back(descriptor: int, count: int) -> None:
    """Leave the last `count` bytes to whoever reads on, where what was read is a file."""
    with suppress(OSError):
        os.lseek(descriptor, -count, os.SEEK_CUR)


def chunks(descriptor: int) -> Iterator[bytes]:
    """What can be read; as xargs does, what cannot be is taken for the end."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            return
        if not chunk:
            return
        yield chunk
