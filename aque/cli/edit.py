"""aque edit"""

from __future__ import annotations

import re
from typing import Final

import click

from ..core.errors import UsageError
from .completing import task_ids
from .options import filter_option, selected
from .steering import How, steer, steering_options

_FIELD: Final = re.compile(r"[A-Za-z_]+=")
_IDS: Final = re.compile(r"[\d,-]+", re.ASCII)


class _Command(click.Command):
    """Says how a field is written to who gives the option that `aque submit` has for it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if (field := _field(error.option_name)) is None:
                raise
            told = f"no option {error.option_name} here: write {field}=VALUE"
            raise click.UsageError(told, ctx) from error


def _field(option: str) -> str | None:
    """The field that can be edited, and is set on submission by an option."""
    from ..core.editing import EDITABLE
    from .task_options import OF_TASKS

    return next((each.name for each in OF_TASKS if option in each.opts and each.name in EDITABLE), None)


@click.command("edit", cls=_Command)
@click.argument("words", nargs=-1, required=True, metavar="[ID...] FIELD=VALUE...", shell_complete=task_ids)
@filter_option
@steering_options
def command(words: tuple[str, ...], text: str | None, how: How) -> int:
    """Change what tasks ask for that have not begun.

    Fields: name, priority, cpus, memory, queue, host, platform, tags, limits, duration, io_paths, cwd, interpreter,
    stdout, stderr, timeout, retries, retry_delay, run_at. Values are read as on submission; an empty one stands for the
    default. Nothing is changed where one of them cannot be read, and of no task that runs or is complete.

    \b
    Examples:
      aque edit 12 13 memory=8GB cpus=4
      aque edit -f 'state:pending name~^render' queue=night timeout=2h
      aque edit 12 run_at=
    """
    fields = [word.partition("=") for word in words if _FIELD.match(word)]
    rest = [word for word in words if not _FIELD.match(word)]
    if strange := [word for word in rest if not _IDS.fullmatch(word)]:
        raise UsageError(f"neither an id nor FIELD=VALUE: {strange[0]!r}")
    names = [name for name, _, _ in fields]
    if len(set(names)) < len(names):
        raise UsageError("a field is given twice")
    from ..core.editing import read_changes

    changes = {name: value for name, _, value in fields}
    read_changes(changes)  # what is wrong with them is told before the tasks are looked for
    selection = selected(rest, text)
    return steer(selection, how, lambda steering, which, dry: steering.edit(which, changes, dry=dry), "edited")
