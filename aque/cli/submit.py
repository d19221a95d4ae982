"""aque submit"""

from __future__ import annotations

from typing import Any

import click

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
    place = open_broker(broker)
    prototype = {"pattern": "shell", "args": _args(cmd, shell, interpreter), **fields(given, place.now)}
    return queue_and_show(place, prototype, is_watched=is_watched, as_json=as_json)


def _args(cmd: tuple[str, ...], shell: bool, interpreter: str | None) -> list[str] | str:
    line = " ".join(cmd)
    if interpreter is None:
        return line if shell else list(cmd)
    return [interpreter, "-c", line] if shell else [interpreter, *cmd]
