"""aque submit"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ..core.text import clean
from .options import open_broker
from .task_options import fields, queue_and_show, task_options


@click.command("submit", context_settings={"allow_interspersed_args": False})
@click.option("-s", "--shell", is_flag=True, help="CMD is a line for /bin/sh, or for --interpreter.")
@task_options
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED, metavar="CMD...")
def command(
    cmd: tuple[str, ...],
    shell: bool,
    interpreter: str | None,
    broker: str | None,
    is_watched: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Queue a command; its id is printed.

    With --watch the exit status is the command's: 128+N after signal N, 127 if it was not found, 126 if it cannot be
    executed. --interpreter PROGRAM runs CMD as PROGRAM's script, or with --shell as its line (PROGRAM -c CMD).

    \b
    Examples:
      aque submit -w echo hello
      aque submit -c 2 -m 1G --after 12,13 -- make all
      aque submit -s 'sort data | uniq -c > counts'
      seq 12 20 | aque submit --after - -n report ./report.sh
    """
    if not shell and interpreter is None:
        _doubt(cmd)
    place = open_broker(broker)
    prototype = {"pattern": "shell", "args": _args(cmd, shell, interpreter), **fields(given, place.now)}
    return queue_and_show(place, prototype, is_watched=is_watched, as_json=as_json)


def _doubt(cmd: Sequence[str]) -> None:
    """Say what is most likely wrong with a command that is a single word with spaces in it."""
    if len(cmd) != 1 or len(cmd[0].split()) < 2:
        return
    from shutil import which  # which most do without

    if not which(cmd[0]):
        word = clean(cmd[0])
        click.echo(f"aque: '{word}' is one word, the name of a program: leave the quotes away, or add -s", err=True)


def _args(cmd: tuple[str, ...], shell: bool, interpreter: str | None) -> list[str] | str:
    line = " ".join(cmd)
    if interpreter is None:
        return line if shell else list(cmd)
    return [interpreter, "-c", line] if shell else [interpreter, *cmd]
