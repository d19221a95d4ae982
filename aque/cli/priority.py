"""aque priority"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from .options import selecting
from .steering import How, steer, steering_options

if TYPE_CHECKING:
    from ..core.selection import Selection


def _change(_: click.Context, __: click.Parameter, text: str) -> tuple[int, bool]:
    """The number, and whether it is to be added."""
    match = re.fullmatch(r"(=?)([+-]?)([0-9]{1,20})", text)
    if not match:
        raise click.BadParameter(f"not +N, -N, N or =N: {text}")
    return int(match[2] + match[3]), bool(match[2]) and not match[1]


@click.command("priority", context_settings={"ignore_unknown_options": True})  # -5 is no option
@click.argument("change", metavar="+N|-N|N", callback=_change)
@selecting()
@steering_options
def command(change: tuple[int, bool], selection: Selection, how: How) -> int:
    """Let tasks run earlier or later: larger priorities come first.

    With a sign the priority (1000 unless given otherwise) is moved, without one it is set; =-5 sets a negative one. It
    stays within 32 bits. Tasks that are complete are left as they are.

    \b
    Examples:
      aque priority +100 12 13
      aque priority -100 -f 'user:me name~^preview'
      aque priority 2000 12
    """
    amount, is_relative = change
    return steer(
        selection,
        how,
        lambda steering, which, dry: steering.prioritise(which, amount, is_relative=is_relative, dry=dry),
        "changed",
    )
