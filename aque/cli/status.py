"""aque status"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from ..core.errors import UsageError
from .completing import field_lists
from .options import Whole, broker_option, color_option, json_option, open_broker, selecting

if TYPE_CHECKING:
    from ..core.selection import Selection

_LIMIT: Final = 100  # tasks for people


@click.command("status")
@selecting(required=False)
@click.option("--flat", "is_flat", is_flag=True, help="A list, instead of trees of dependencies.")
@click.option("-d", "--depth", type=Whole(0), metavar="N", help="So many levels below the roots of a tree.")
@click.option(
    "--sort",
    default="-id",
    show_default=True,
    metavar="FIELDS",
    shell_complete=field_lists,
    help="Such as -priority,id; - descends.",
)
@click.option(
    "-n",
    "--limit",
    type=Whole(0),
    metavar="N",
    help=f"At most so many; 0: all. Default {_LIMIT} for people, else all.",
)
@click.option(
    "--csv", "names", metavar="FIELDS", shell_complete=field_lists, help="Comma-separated values of these fields."
)
@click.option("--pattern", metavar="FORMAT", help="A line for each, such as '{id:>6} {name}'.")
@json_option
@click.option("-v", "--verbose", "is_full", is_flag=True, help="All that is known of each; --json IDS has it as well.")
@click.option("--environ", is_flag=True, help="With -v, and the values of their environments.")
@click.option("-x", "--all-users", "are_all_users", is_flag=True, help="Tasks of all users, not yours alone.")
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Redraw in place, until Ctrl-C.")
@color_option
@broker_option
def command(
    selection: Selection,
    is_flat: bool,
    depth: int | None,
    sort: str,
    limit: int | None,
    are_all_users: bool,
    is_watched: bool,
    is_full: bool,
    environ: bool,
    color: bool,
    broker: str | None,
    **formats: Any,
) -> int:
    """Show tasks: trees of dependencies, the latest first.

    Those of ids that are given as JSON, or with --verbose, have all that is known of them: dependencies, attempts,
    result, streams. The values of environment variables are shown where --environ asks for them, and nowhere else.

    \b
    Examples:
      aque status
      aque status -f 'state:error age<1h' --flat --sort -finished_at
      aque status -v 12
      aque status --json 12 | jq .attempts
    """
    from ..core.sorting import parse_sort
    from ..core.view import View
    from . import overview

    keys = parse_sort(sort)
    chosen = [(name, value) for name, value in formats.items() if value]
    if len(chosen) + is_watched > 1:
        raise UsageError("give one of --csv, --pattern, --json and --watch")
    is_full = is_full or environ
    if is_full and (is_watched or formats["names"] or formats["pattern"]):
        raise UsageError("-v is for people and for --json")
    place = open_broker(broker)
    View(place).check(selection)
    mine = selection if are_all_users else _own(selection)
    shown = _LIMIT if limit is None else limit or None
    request = overview.Request(mine, are_all_users, is_flat, depth, keys, shown, color)
    if is_watched:
        return overview.watch(place, request)
    if is_full or (formats["as_json"] and selection.ids):
        found = overview.show_all(place, mine, keys, limit or None, as_json=formats["as_json"], environ=environ)
    elif chosen:
        found = overview.write(place, mine, keys, limit or None, *chosen[0])
    else:
        found = overview.show(place, request)
    return 0 if found else _nothing(selection, is_narrowed=mine is not selection)


def _own(selection: Selection) -> Selection:
    """One's own tasks, where it leaves open whose they are."""
    from ..core.filter import Term
    from ..core.filter.ast import terms

    names_users = selection.filter is not None and any(term.field == "user" for term in terms(selection.filter))
    is_open = selection.ids is None and not names_users
    return selection.where(Term("user", ":", ("me",))) if is_open else selection


def _nothing(asked: Selection, *, is_narrowed: bool) -> int:
    if asked.ids is None and asked.filter is None:
        click.echo("no tasks yet: try `aque submit echo hello`, and `aque worker -2` to run it", err=True)
        return 0
    hint = ": -x looks among the tasks of all users" if is_narrowed else ""
    click.echo(f"nothing matches{hint}", err=True)
    return 1
