"""Filters as texts again: what `parse` makes of them is the same filter."""

from __future__ import annotations

import re
from typing import Final

from .ast import All, AnyOf, Node, Not, Term, Word

_PLAIN: Final = re.compile(r"[\w./@%+*^$?!;&|'`-]+")
_NO_WORD: Final = re.compile(r"-.*|or|and|not", re.IGNORECASE | re.DOTALL)


def show(node: Node) -> str:
    """The text of a filter."""
    match node:
        case AnyOf(parts):
            return " or ".join(_item(part) if isinstance(part, AnyOf) else show(part) for part in parts)
        case All(parts):
            return " ".join(map(_item, parts))
        case _:
            return _item(node)


def _item(node: Node) -> str:
    match node:
        case Term(field, operator, texts):
            return f"{field}{operator}{','.join(map(_value, texts))}"
        case Word(text):
            return _quoted(text) if _NO_WORD.fullmatch(text) else _value(text)
        case Not(part):
            return f"-{_item(part)}"
        case _:
            return f"({show(node)})"


def _value(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
