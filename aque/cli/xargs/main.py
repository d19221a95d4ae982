"""`aque xargs` from its words to its exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from ...core.broker import get_broker
from ...core.version import __version__
from ..logs import set_up
from .commands import commands
from .help import HELP
from .limits import measure
from .options import NAME, Options, Refused, parse
from .session import Session
from .terminal import quoted, say
from .tokens import arguments

_CHUNK: Final = 64 * 1024
_TOLD: Final = {"help": HELP, "version": f"{NAME} {__version__}"}


def run(words: Sequence[str], broker: str | None = None) -> int:
    """Run it on the broker that it names, or else on `broker`.

    The exit status is that of xargs: 0, 1, 123 to 127; and 128 and a signal's number where it was interrupted.
    """
    set_up(None)
    limits = measure(os.environb)
    try:
        if limits.is_too_large:
            raise Refused("environment is too large for exec")
        options = parse(words, limits, say)
        if options.asks_for:
            print(_TOLD[options.asks_for])  # noqa: T201
            return 0
        for line in limits.lines(options.max_chars) if options.show_limits else ():
            print(line, file=sys.stderr)  # noqa: T201
        made = commands(arguments(_chunks(_open(options)), options, say), options)
        return Session(options, get_broker(options.broker or broker), made).run()
    except Refused as error:
        say(str(error))
        return 1


def _open(options: Options) -> int:
    if options.arg_file in (None, "-"):
        return 0
    try:
        return os.open(str(options.arg_file), os.O_RDONLY)
    except OSError as error:
        raise Refused(f"Cannot open input file {quoted(str(options.arg_file))}: {error.strerror}") from None


def _chunks(descriptor: int) -> Iterator[bytes]:
    """What can be read; as xargs does, what cannot be is taken for the end."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            return
        if not chunk:
            return
        yield chunk
