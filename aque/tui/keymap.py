"""Keys that the user has given to commands, in config.toml: `[keys]`, and in it `kill = "k,f9"`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from textual.keys import Keys as Named

from ..core.errors import UsageError
from .commands import SIGNS, Command

Context = Sequence[Command]
"""Commands that are to be had at the same time."""

_KEYS: Final = frozenset(each.value for each in Named) | SIGNS.keys()
_BY_SIGN: Final = {sign: name for name, sign in SIGNS.items() if len(sign) == 1}
_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt"})


def keymap(given: Mapping[str, Any], contexts: Iterable[Context]) -> dict[str, str]:
    """Keys by command, as Textual names them.

    Raises UsageError for a command or a key that is none, and for a key that would mean two things on one screen.
    """
    contexts = list(contexts)
    known = {each.name for each in chain.from_iterable(contexts)}
    if unknown := [name for name in given if name not in known]:
        raise UsageError(f"config.toml: keys: no such command: {unknown[0]} (there are: {', '.join(sorted(known))})")
    made = {name: _keys(name, value) for name, value in given.items()}
    for context in contexts:
        _check(context, made)
    return made


def _keys(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f"config.toml: keys: {name}: {value!r} is not a text such as 'k' or 'ctrl+k,f9'")
    return ",".join(_key(name, each.strip()) for each in value.split(","))


def _key(name: str, text: str) -> str:
    *modifiers, key = text.split("+") if len(text) > 1 else (text,)
    key = _BY_SIGN.get(key, key)
    if not (_MODIFIERS.issuperset(modifiers) and (key in _KEYS or (len(key) == 1 and key.isalnum()))):
        raise UsageError(f"config.toml: keys: {name}: no such key: {text!r}")
    return "+".join([*modifiers, key])


def _check(context: Context, made: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for each in context:
        for key in made.get(each.name, each.keys).split(","):
            other = taken.setdefault(key, each.name)
            if other != each.name and {other, each.name} & made.keys():
                raise UsageError(f"config.toml: keys: {other} and {each.name} would share the key {key}")
