"""What a filter is made of. Nodes are frozen; values stay as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class All:
    """All of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not the part."""

    part: Node


@dataclass(frozen=True, slots=True)
class Term:
    """A field by its name, an operator, and texts of which any will do; only `:` and `!=` take several."""

    field: str
    operator: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A text that stands in the name or the command; ASCII letters match in either case."""

    text: str


Node: TypeAlias = All | AnyOf | Not | Term | Word


def terms(node: Node) -> Iterator[Term]:
    """All terms of a filter."""
    match node:
        case Term():
            yield node
        case Not(part):
            yield from terms(part)
        case All(parts) | AnyOf(parts):
            for each in parts:
                yield from terms(each)
        case Word():
            return
