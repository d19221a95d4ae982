"""`aque xargs` from its words to its exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from ...core.broker import get_broker
from ...core.tracing import exported
from ...core.version import __version__
from ..logs import set_up
from . import joblog, replacement
from .commands import commands
from .help import HELP
from .job import Job
from .limits import measure
from .options import parse
from .refusal import Refused
from .session import Session
from .settings import Options
from .shell import shown
from .sources import chunks, give_back, open_input
from .terminal import NAME, say
from .tokens import arguments

_TOLD: Final = {"help": HELP, "version": f"{NAME} {__version__}"}


def run(words: Sequence[str], broker: str | None = None) -> int:
    """Run it on the broker that it names, or else on `broker`.

    The exit status is that of xargs: 0, 1, 123 to 127; and 128 and a signal's number where it was interrupted.
    """
    set_up(None, "error")
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
        made = _jobs(options)
        if options.dry_run:
            return _show(made)
        with exported():
            return Session(options, get_broker(options.broker or broker), made).run()
    except Refused as error:
        say(str(error))
        return 1


def _show(made: Iterator[Job]) -> int:
    for job in made:
        sys.stdout.buffer.write(shown(job.words) + b"\n")
    return 0


def _jobs(options: Options) -> Iterator[Job]:
    """What is to be run, as the input comes in."""
    if options.resume == "retry-failed":
        return joblog.failed(options)
    if options.is_parallel:
        made = replacement.jobs(options)
    else:
        source = open_input(options.arg_file)
        made = commands(arguments(chunks(source), options, say, partial(give_back, source)), options)
    return joblog.left(made, options) if options.resume else made
