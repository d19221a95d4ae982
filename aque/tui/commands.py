"""What can be done on a screen: one declaration gives the key, the footer, the help and the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

_SHOWN: Final = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "enter": "Enter",
    "escape": "Esc",
    "home": "Home",
    "end": "End",
}


Group = Literal["Move", "Find", "Look", "Mark", "Act", "Shape", "View"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
SIGNS: Final = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "asterisk": "*",
    "space": "Space",
    "backspace": "Backspace",
    "tab": "Tab",
}


_WRITTEN: Final = SIGNS.keys() - {"backspace", "tab"}


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done. `keys` as Textual names them, with commas between; the first is the one to show.

    `changes`: it changes tasks, so that it is absent from a screen that is read-only. `run`: what does it, where it is
    no method of its home; see `deed`. `files`: it writes a file of this host, so that it is absent from a browser.
    """

    action: str
    keys: str
    label: str
    help: str
    group: Group
    footer: bool = False
    changes: bool = False
    run: Callable[[Any], object] | None = None
    files: bool = False

    @property
    def name(self) -> str:
        """What it is called in config.toml: as its action, if that is a name; a move as its label."""
        verb, _, rest = self.action.removeprefix("app.").partition("(")
        what = rest.strip("')")
        if verb in ("do", "go"):
            return what if verb == "do" else f"go_{what}"
        return self.label.lower().replace(" ", "_") if rest else verb

    def key_names(self) -> list[str]:
        """The keys as people write them."""
        return [_shown(key) for key in self.keys.split(",")]

    def untyped(self) -> list[str]:
        """Those of them that write nothing."""
        return [_shown(key) for key in self.keys.split(",") if len(key) > 1 and key not in _WRITTEN]


def deed(
    name: str,
    run: Callable[[Any], object],
    keys: str,
    label: str,
    help: str,
    group: Group,
    footer: bool = False,
    changes: bool = False,
    files: bool = False,
) -> Command:
    """A command that a function does, which takes the screen (see CommandScreen.action_do)."""
    return Command(f"do('{name}')", keys, label, help, group, footer, changes, run, files)


def bindings(commands: Iterable[Command]) -> list[BindingType]:
    """The bindings of commands, for a widget, a screen or an app."""
    return [
        Binding(
            each.keys,
            each.action,
            each.label,
            show=each.footer,
            key_display=each.key_names()[0],
            tooltip=each.help,
            id=each.name,
        )
        for each in commands
    ]


def withheld(commands: Iterable[Command], *, changing: bool, filing: bool) -> frozenset[str]:
    """The actions that are not to be had where those that change tasks, or those that write files, are not."""
    return frozenset(each.action for each in commands if (changing and each.changes) or (filing and each.files))


def _shown(key: str) -> str:
    return _SHOWN.get(key, _plain(key))


def _plain(key: str) -> str:
    *modifiers, name = key.split("+")
    shown = name.upper() if modifiers or _is_function(name) else SIGNS.get(name, name)
    return "-".join([*(each.capitalize() for each in modifiers), shown])


def _is_function(key: str) -> bool:
    return key[:1] == "f" and key[1:].isdecimal()


def available(screen: Screen[Any]) -> list[tuple[DOMNode, Command]]:
    """The commands of a screen, of what has the focus, and of the app, each with its home; none that is disabled."""
    homes = [home for home in (screen, screen.focused, screen.app) if home is not None]
    given = getattr(screen.app, "given_keys", {})
    found = [
        (home, replace(each, keys=given.get(each.name, each.keys)))
        for home in homes
        for each in getattr(home, "commands", ())
    ]
    return [(home, each) for home, each in found if home.check_action(each.action, ())]
