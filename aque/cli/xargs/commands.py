"""From arguments to commands, within the limits that were set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Final

from .job import Job
from .limits import size
from .refusal import Refused
from .settings import Options
from .shell import quote, template
from .tokens import Argument, cut

_NO_ROOM: Final = "cannot fit single argument within argument list size limit"


def commands(arguments: Iterable[Argument], options: Options) -> Iterator[Job]:
    """The commands to run, each as soon as it is complete; raises Refused, after the commands before it."""
    return _replaced(arguments, options) if options.replace is not None else _appended(arguments, options)


class _Group:
    """The arguments of one command that is being put together."""

    def __init__(self, options: Options, initial: Sequence[bytes]) -> None:
        self._options = options
        self._initial = tuple(initial)
        self._room = options.max_chars - size(initial)
        if self._room < 0:
            raise Refused(_NO_ROOM)
        self._words: list[bytes] = []
        self._free = self._room
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._words)

    def fits(self, word: bytes) -> bool:
        """Whether the word has room; raises Refused where there can be none."""
        if len(word) >= self._room:
            raise Refused(_NO_ROOM)
        if len(word) < self._free:
            return True
        options = self._options
        if options.exit_if_exceeded and (options.max_args or options.max_lines):
            raise Refused("argument list too long")
        return False

    def add(self, word: bytes) -> bool:
        """Take a word; whether the command is full with it."""
        self._words.append(word)
        self._free -= len(word) + 1
        return len(self._words) == self._options.max_args

    def take(self) -> Job:
        """The command, and start the next."""
        arguments = tuple(map(cut, self._words))
        self._words.clear()
        self._free = self._room
        return Job(self._initial + arguments, arguments, next(self._numbers))


def _appended(arguments: Iterable[Argument], options: Options) -> Iterator[Job]:
    group = _Group(options, template(options))
    is_any, lines = False, 0
    try:
        for word, ends_line in arguments:
            if not group.fits(word):
                yield group.take()
                is_any = True
            is_full = group.add(word)
            lines += ends_line
            if is_full or (ends_line and lines == options.max_lines):
                yield group.take()
                is_any, lines = True, 0
    except Refused:
        if len(group) and not options.exit_if_exceeded:
            yield group.take()
        raise
    if len(group) or (options.run_if_empty and not is_any):
        yield group.take()


def _replaced(arguments: Iterable[Argument], options: Options) -> Iterator[Job]:
    name, *rest = template(options)
    pattern, limit = options.replace or b"", options.max_chars
    for seq, (line, _) in enumerate(arguments, 1):
        value = quote(cut(line)) if options.shell else line
        if len(name) >= limit:
            raise Refused(_NO_ROOM)
        command = [name]
        for word in rest:  # the first that is too long is told, be it by itself or with those before it
            command.append(_inserted(word, pattern, value, limit))
            if size(command) > limit:
                raise Refused("argument list too long")
        yield Job(tuple(map(cut, command)), (cut(line),), seq)


def _inserted(word: bytes, pattern: bytes, value: bytes, limit: int) -> bytes:
    if word and not pattern:  # it would be found before each byte, for ever
        raise Refused("command too long")
    made = word.replace(pattern, value) if pattern else value
    if len(made) >= limit - 1:
        raise Refused("command too long")
    return made
