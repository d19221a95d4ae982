"""What xargs is told: its options, read in their order, later ones against earlier ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from . import additions, getopt, reading
from .additions import sets_text
from .getopt import Option, Value
from .limits import Limits
from .reading import Reading, Warn, sets
from .refusal import Refused
from .settings import Options
from .sources import STDIN, Source, split

_ECHO: Final = (b"echo",)


def _own(name: str, value: Value = Value.NONE) -> Option:
    """An option that GNU's xargs does not have: found by its whole name alone, so that it cuts no other short."""
    return Option(name, value, long=name, exact=True)


_TABLE: Final[Sequence[tuple[Option, Callable[[Reading], Options]]]] = (
    (Option("0", short="0", long="null"), reading.read_null),
    (
        Option("a", Value.REQUIRED, "a", "arg-file"),
        lambda read: read.with_(arg_files=(*read.so_far.arg_files, read.value)),
    ),
    (Option("d", Value.REQUIRED, "d", "delimiter"), reading.read_delimiter),
    (Option("E", Value.REQUIRED, "E"), reading.read_eof),
    (Option("e", Value.OPTIONAL, "e", "eof"), reading.read_eof),
    (Option("I", Value.REQUIRED, "I"), reading.read_replace),
    (Option("i", Value.OPTIONAL, "i", "replace"), reading.read_replace),
    (Option("L", Value.REQUIRED, "L"), reading.read_max_lines),
    (Option("l", Value.OPTIONAL, "l", "max-lines"), reading.read_max_lines),
    (Option("n", Value.REQUIRED, "n", "max-args"), reading.read_max_args),
    (Option("o", short="o", long="open-tty"), sets(open_tty=True)),
    (Option("p", short="p", long="interactive"), sets(interactive=True, trace=True)),
    (Option("r", short="r", long="no-run-if-empty"), sets(run_if_empty=False)),
    (Option("s", Value.REQUIRED, "s", "max-chars"), reading.read_max_chars),
    (Option("t", short="t", long="verbose"), sets(trace=True)),
    (Option("show-limits", long="show-limits"), sets(show_limits=True)),
    (Option("x", short="x", long="exit"), sets(exit_if_exceeded=True)),
    (Option("P", Value.REQUIRED, "P", "max-procs"), reading.read_procs),
    (Option("process-slot-var", Value.REQUIRED, long="process-slot-var"), reading.read_slot),
    (Option("version", long="version"), sets(asks_for="version")),
    (Option("help", long="help"), sets(asks_for="help")),
    (_own("shell"), sets(shell=True)),
    (_own("detach"), sets(detach=True)),
    (_own("broker", Value.REQUIRED), sets_text("broker")),
    *((_own(name, Value.REQUIRED), additions.field) for name in ("priority", "cpus", "memory", "queue", "name")),
    (_own("limit", Value.REQUIRED), additions.read_limit),
    (_own("on-done", Value.REQUIRED), additions.read_hook),
    (Option("v", short="v"), sets(is_talkative=True)),
    (_own("parallel"), sets(is_parallel=True)),
    (_own("jobs", Value.REQUIRED), reading.read_procs),
    (_own("colsep", Value.REQUIRED), additions.read_columns),
    (_own("tag"), sets(tag=True)),
    (_own("keep-order"), sets(keep_order=True)),
    (_own("no-keep-order"), sets(keep_order=False)),
    (_own("dry-run"), sets(dry_run=True)),
    (_own("joblog", Value.REQUIRED), sets_text("joblog")),
    *((_own(name), sets(resume=name)) for name in ("resume", "resume-failed", "retry-failed")),
    (_own("halt", Value.REQUIRED), additions.read_stop),
    (_own("retries", Value.REQUIRED), additions.read_tries),
    (_own("timeout", Value.REQUIRED), additions.read_timeout),
    (_own("delay", Value.REQUIRED), additions.read_delay),
    *((_own(name), sets(progress=name)) for name in ("bar", "eta")),
    (_own("results", Value.REQUIRED), sets_text("results")),
)
_READERS: Final = {option.key: read for option, read in _TABLE}
_ABSENT: Final = {"l": "1"}


def long_options() -> list[str]:
    """All that begin with two dashes, in order."""
    return sorted(f"--{option.long}" for option, _ in _TABLE if option.long)


def parse(words: Sequence[str], limits: Limits, warn: Warn) -> Options:
    """The options in `words`. Warnings are told as they come up; raises Refused."""
    found = Options(max_chars=limits.usual)
    rest: list[str] = []
    try:
        for each in getopt.parse([option for option, _ in _TABLE], words):
            if isinstance(each, list):
                rest = each
                break
            value = _ABSENT.get(each.option.key, "") if each.value is None else each.value
            found = _READERS[each.option.key](Reading(found, each.option.key, value, limits, warn))
            if found.asks_for:
                return found
    except getopt.BadOption as error:
        raise Refused(str(error), hint=True) from None
    return _checked(_with_command(found, rest), warn)


def _with_command(found: Options, words: Sequence[str]) -> Options:
    command, sources = split(words)
    encoded = tuple(map(os.fsencode, command))
    if not sources and not found.is_parallel:
        return replace(found, command=encoded or _ECHO, procs=1 if found.procs is None else found.procs)
    files = tuple(Source(path=path) for path in found.arg_files)
    fields = {"cpus": "1", **found.fields} if found.procs is None else found.fields
    return replace(
        found,
        is_parallel=True,
        command=encoded,
        sources=files + sources or (Source(path=STDIN),),
        procs=found.procs or 0,
        fields=fields,
    )


def _checked(found: Options, warn: Warn) -> Options:
    if found.resume and not found.joblog:
        raise Refused(f"--{found.resume} needs --joblog")
    if found.detach and (found.joblog or found.results or found.halt):
        raise Refused("--detach waits for no end: it cannot go with --joblog, --results or --halt")
    if found.max_lines or found.replace is not None:
        found = replace(found, exit_if_exceeded=True)
    if found.eof is not None and found.delimiter is not None:
        warn("warning: the -E option has no effect if -0 or -d is used.\n")
        found = replace(found, eof=None)
    return found
