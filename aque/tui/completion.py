"""What may be written next in a filter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..core.fields import BY_NAME, FIELDS, REASONS, Field
from ..core.fields.kinds import REASON, STATE, USER
from ..core.states import State

Vocabulary = Mapping[str, Sequence[str]]
"""The values that occur, by field."""

_TERM: Final = re.compile(r'(?:^|[\s(])-*(?:([A-Za-z_]\w*)(!=|>=|<=|[:~=<>])(?:[^\s"]*,)?)?("?[^\s(),"]*)$')
_PLAIN: Final = re.compile(r"[\w./@%+*^$?!;&|'`-]+")
_KNOWN: Final = {
    STATE: ("open", "complete", "failed", *State),
    REASON: tuple(each.name for each in REASONS),
    USER: ("me",),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Texts of which each may stand in place of what was written from `start` on."""

    start: int
    texts: tuple[str, ...] = ()


def offer(text: str, vocabulary: Vocabulary) -> Offer:
    """What may stand at the end of a filter that is being written."""
    match = _TERM.search(text)
    if match is None:
        return Offer(len(text))
    name, operator, begun = match.groups()
    words = _fields() if name is None else _values(BY_NAME.get(name.lower()), operator, vocabulary)
    return Offer(match.start(3), tuple(each for each in words if _begins(each, begun)))


def _fields() -> Iterable[str]:
    return (f"{each.name}{each.kind.operators[0]}" for each in FIELDS if each.kind.operators)


def _values(field: Field | None, operator: str, vocabulary: Vocabulary) -> Iterable[str]:
    if field is None or operator == "~":
        return ()
    known = [*_KNOWN.get(field.kind, ()), *vocabulary.get(field.name, ())]
    return (
        each if _PLAIN.fullmatch(each) else '"' + each.replace("\\", r"\\").replace('"', r"\"") + '"' for each in known
    )


def _begins(word: str, begun: str) -> bool:
    return word != begun and word.lstrip('"').lower().startswith(begun.lstrip('"').lower())
