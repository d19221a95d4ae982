"""Steps of a scene: a key, and what is to be seen once it was pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.widgets import OptionList

from aque.core.broker import Broker
from aque.tui.commands import Command
from aque.tui.overlays.task import TaskScreen
from aque.tui.screens.fed import FedScreen
from aque.tui.widgets.filterbar import FilterBar
from tests.tui.scene import shown, table

Sees = Callable[[Pilot[Any]], object]


def always(_: Pilot[Any]) -> bool:
    """There is nothing to wait for."""
    return True


@dataclass(frozen=True)
class Step:
    """A key, pressed after some others once `ready`; what is to be seen then; and the keys that lead back."""

    key: str
    sees: Sees
    first: Sequence[str] = ()
    then: Sequence[str] = ()
    ready: Sees = always


@dataclass(frozen=True)
class Scene:
    """Steps, one after the other, where these commands are to be had; `way`: the keys that lead there."""

    commands: Sequence[Command]
    set_up: Callable[[Broker], object]
    steps: Sequence[Step]
    way: Sequence[str] = ()
    there: Sees = always


def opens(kind: type[Any]) -> Sees:
    return lambda pilot: isinstance(pilot.app.screen, kind)


def closed(kind: type[Any]) -> Sees:
    return lambda pilot: not isinstance(pilot.app.screen, kind)


def says(text: str) -> Sees:
    return lambda pilot: text in shown(pilot)


def place(name: str) -> Sees:
    return lambda pilot: pilot.app.current_mode == name and isinstance(pilot.app.screen, FedScreen)


def line(index: int) -> Sees:
    return lambda pilot: table(pilot).cursor == index


def writes(pilot: Pilot[Any]) -> bool:
    """Whether a filter is being written."""
    return bool(pilot.app.screen.query(FilterBar)) and pilot.app.screen.query_one(FilterBar).display


def focus(name: str) -> Sees:
    return lambda pilot: pilot.app.focused is not None and pilot.app.focused.id == name


def highlighted(index: int) -> Sees:
    return lambda pilot: pilot.app.screen.query_one(OptionList).highlighted == index


def section(name: str) -> Sees:
    return lambda pilot: isinstance(pilot.app.screen, TaskScreen) and pilot.app.screen.section.name == name


def copied(text: str) -> Sees:
    return lambda pilot: pilot.app.clipboard == text


def scrolled(x: int, y: int) -> Sees:
    return lambda pilot: pilot.app.screen.view.scroll_offset == (x, y)


def at_end(pilot: Pilot[Any]) -> bool:
    return says("59 x")(pilot) and pilot.app.screen.view.is_at_end


def each(keys: str, sees: Sees, *, first: Sequence[str] = (), then: Sequence[str] = (), ready: Sees = always) -> Any:
    """The same for keys that mean the same."""
    return [Step(key, sees, first, then, ready) for key in keys.split()]
