"""Filters as SQL over the columns of queries/listing.sql, there named `r`; predicate.py says the same in Python.

The pieces stand in condition.sql. Values are always parameters; nothing of a user's text becomes SQL. A comparison
with a lack is null, which counts as no; only negation has to care.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, LiteralString

from psycopg import sql

from ..db.statements import statements
from ..fields import BY_NAME, Field, Shape
from .ast import All, AnyOf, Node, Not, Term, Word
from .values import folded, values

_SQL: Final = {name: sql.SQL(text) for name, text in statements(__name__).items()}
_COMPARE: Final = {name: sql.SQL(name) for name in ("<", "<=", ">", ">=")}
_PLAIN: Final = re.compile(r"[\w./:=@%+,-]+", re.ASCII)
_AND: Final = sql.SQL(" and ")
_OR: Final = sql.SQL(" or ")


def condition(node: Node, prefix: LiteralString = "f") -> tuple[sql.Composable, dict[str, Any]]:
    """The condition that a filter is, and the values of its parameters, whose names begin with `prefix`."""
    writer = _Writer(prefix)
    return writer.node(node), writer.parameters


class _Writer:
    """Collects parameters."""

    def __init__(self, prefix: str) -> None:
        self.parameters: dict[str, Any] = {}
        self._prefix = prefix

    def node(self, node: Node) -> sql.Composable:
        match node:
            case All(parts):
                return self._joined(_AND, [self.node(part) for part in parts])
            case AnyOf(parts):
                return self._joined(_OR, [self.node(part) for part in parts])
            case Not(part):
                return _SQL["not"].format(part=self.node(part))
            case Word(text):
                name = "plain_word" if _PLAIN.fullmatch(text) else "word"
                return _SQL[name].format(text=self._parameter(folded(text)))
            case Term():
                return self._term(node)

    def _term(self, term: Term) -> sql.Composable:
        if term.operator == "!=":
            return _SQL["not"].format(part=self._term(Term(term.field, ":", term.texts)))
        field = BY_NAME[term.field]
        if term.operator == "~":
            from .regex import read_regex

            pattern = self._parameter(read_regex(term.texts[0]).postgres)
            return _SQL["regex_many" if field.kind.shape is Shape.MANY else "regex"].format(
                column=column(field), pattern=pattern
            )
        return _SHAPES[field.kind.shape](self, term, field)

    def one(self, term: Term, field: Field) -> sql.Composable:
        wanted = values(term)
        if term.operator != ":":
            return _SQL["compare"].format(
                column=column(field),
                operator=_COMPARE[term.operator],
                value=self._parameter(wanted[0]),
                type=sql.SQL(field.kind.sql),
            )
        given = [value for value in wanted if value is not None]
        parts = [self._any("any_of", field, given)] if given else []
        if None in wanted or "" in wanted:
            parts.append(_SQL["unset"].format(column=column(field)))
        return self._joined(_OR, parts)

    def many(self, term: Term, field: Field) -> sql.Composable:
        return self._any("any_of_many", field, values(term))

    def worker(self, term: Term, field: Field) -> sql.Composable:
        del field
        wanted = values(term)
        ids = [value for value in wanted if isinstance(value, int)]
        return _SQL["worker"].format(ids=self._parameter(ids), names=self._parameter([str(each) for each in wanted]))

    def link(self, term: Term, field: Field) -> sql.Composable:
        return _SQL[field.name].format(ids=self._parameter(values(term)))

    def _any(self, name: str, field: Field, given: Sequence[Any]) -> sql.Composable:
        return _SQL[name].format(
            column=column(field), values=self._parameter(list(given)), type=sql.SQL(field.kind.sql)
        )

    def _joined(self, between: sql.SQL, parts: Sequence[sql.Composable]) -> sql.Composable:
        return _SQL["group"].format(parts=between.join(parts))

    def _parameter(self, value: Any) -> sql.Composable:
        name = f"{self._prefix}{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)


_SHAPES: Final = {
    Shape.ONE: _Writer.one,
    Shape.MANY: _Writer.many,
    Shape.WORKER: _Writer.worker,
    Shape.LINK: _Writer.link,
}


def column(field: Field) -> sql.Composable:
    """The column of a field: what its name stands for in queries/listing.sql."""
    return sql.Identifier("r", f"{field.name}_value" if field.has_own_column else field.name)
