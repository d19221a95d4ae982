"""Orders in SQL, and the condition that continues a list after a place in its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg import sql

from ..db.statements import statements
from ..filter.condition import column
from ..sorting import Key, Sort

_SQL: Final = {name: sql.SQL(text) for name, text in statements(__name__).items()}


def order(sort: Sort) -> sql.Composable:
    """What follows `order by`."""
    return sql.SQL(", ").join(_direction(key) for key in sort)


def after(sort: Sort, place: Sequence[Any]) -> sql.Composable:
    """The condition that holds for what comes after a place: the values of the keys, as far as the id."""
    condition: sql.Composable = _SQL["nothing"]
    for number, (key, value) in reversed(list(enumerate(zip(sort, place, strict=False)))):
        condition = _after_key(key, value, sql.Placeholder(f"a{number}"), condition)
    return condition


def parameters(place: Sequence[Any]) -> dict[str, Any]:
    """The parameters of `after`."""
    return {f"a{number}": value for number, value in enumerate(place)}


def _direction(key: Key) -> sql.Composable:
    name = "descending" if key.is_descending else "ascending"
    return _SQL[f"id_{name}"] if key.field.name == "id" else _SQL[name].format(column=column(key.field))


def _after_key(key: Key, value: Any, given: sql.Placeholder, rest: sql.Composable) -> sql.Composable:
    more = "less" if key.is_descending else "more"
    if key.field.name == "id":  # unique: what follows it does not matter, and an index serves
        return _SQL[f"id_{more}"].format(value=given)
    parts = {"column": column(key.field), "value": given, "type": sql.SQL(key.field.kind.sql)}
    if value is None:
        return _SQL["after_none"].format(equal=_SQL["unset"].format(**parts), rest=rest)
    return _SQL["after"].format(more=_SQL[more].format(**parts), equal=_SQL["equal"].format(**parts), rest=rest)
