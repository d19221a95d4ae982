"""Pages of the help about what several commands share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import Final

import click

from ..core.config import SETTINGS
from ..core.fields import FIELDS, REASONS
from ..core.states import COMPLETE_STATES, State
from ..core.variables import IN_TASKS, VARIABLES
from .table import Cell, Column, render

_FILTERS: Final = """\
A filter chooses tasks: -f 'state:error,killed user:me age<1d'.

  field:value     has it; with commas: any of them; != has it not
  field~regex     matches, somewhere
  field>value     and >= < <=; units as in 4G, 1.5h, 2h30m
  word            is in the name or the command; "two words" in quotes
  a b             both; a or b: either; -a or not a: not; parentheses

  me, none        your account; no value at all
  dep:12          what 12 depends on; needs:12: what depends on 12

Examples:
  aque status -f 'state:running runtime>1h'
  aque kill -f 'user:me name~^render -host:bob'
  aque retry -f 'state:failed finished>2030-01-31'

`aque help fields` lists the fields, `aque help states` the states.
"""
_STATES: Final = {
    State.CREATING: "it is being submitted",
    State.PENDING: "it runs as soon as nothing stands in its way (`aque why` tells what does)",
    State.PAUSED: "someone holds it back: `aque resume`",
    State.RUNNING: "a worker runs it",
    State.SUCCESS: "it did what it should",
    State.ERROR: "it failed, or what it needs did",
    State.KILLED: "it was stopped while it ran",
    State.CANCELLED: "it was stopped before it ran",
}


def echo(topic: str) -> None:
    """Show a page."""
    for line in _PAGES[topic]():
        click.echo(line)


def _fields() -> list[str]:
    rows = [
        (" ".join((each.name, *each.aliases)), " ".join(each.kind.operators) or "-", each.meaning) for each in FIELDS
    ]
    return _table(("FIELD", "OPERATORS", "MEANING"), rows)


def _settings() -> list[str]:
    read = [(each.name, each.default or "-", each.meaning) for each in VARIABLES]
    given = [(each.name, "", each.meaning) for each in IN_TASKS]
    said = [(name, "", meaning.replace("`", "")) for name, meaning in SETTINGS.items()]
    return [
        *_table(("VARIABLE", "DEFAULT", "MEANING"), read),
        "",
        *_table(("IN TASKS", "", "MEANING"), given),
        "",
        *_table(("CONFIG.TOML", "", "MEANING"), said),
    ]


def _states() -> list[str]:
    states = [
        (state.value, "complete" if state in COMPLETE_STATES else "open", told) for state, told in _STATES.items()
    ]
    reasons = [(reason.name, "", reason.meaning) for reason in REASONS]
    return [*_table(("STATE", "", "MEANING"), states), "", *_table(("REASON", "", "MEANING"), reasons)]


def _table(head: tuple[str, str, str], rows: Iterable[tuple[str, str, str]]) -> list[str]:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    columns = [Column(head[0]), Column(head[1]), Column(head[2], is_flexible=True)]
    return render(columns, [[Cell(text) for text in row] for row in rows], width)


_PAGES: Final = {
    "fields": _fields,
    "filters": lambda: _FILTERS.rstrip().splitlines(),
    "settings": _settings,
    "states": _states,
}
