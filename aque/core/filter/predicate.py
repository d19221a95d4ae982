"""Filters as tests of rows that are here already; condition.py says the same in SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from ..fields import BY_NAME, Shape
from ..rows import TaskRow
from .ast import All, AnyOf, Node, Not, Term, Word, terms
from .regex import read_regex
from .values import folded, values

Test: TypeAlias = Callable[[TaskRow], bool]
_Edges: TypeAlias = Mapping[int, frozenset[int]]


@dataclass(frozen=True)
class Context:
    """What a filter goes by besides the row: the server's time, and the edges of the tasks in `links(node)`.

    `needs` has the tasks that each of them depends on, `needed_by` those that depend on it.
    """

    now: datetime
    needs: _Edges = field(default_factory=dict)
    needed_by: _Edges = field(default_factory=dict)


def links(node: Node) -> list[int]:
    """The tasks whose edges a filter asks for."""
    asked = [term for term in terms(node) if BY_NAME[term.field].kind.shape is Shape.LINK]
    return sorted({task for term in asked for task in values(term)})


def predicate(node: Node, context: Context) -> Test:
    """The test that a filter is."""
    match node:
        case All(parts):
            tests = [predicate(part, context) for part in parts]
            return lambda row: all(test(row) for test in tests)
        case AnyOf(parts):
            tests = [predicate(part, context) for part in parts]
            return lambda row: any(test(row) for test in tests)
        case Not(part):
            return _not(predicate(part, context))
        case Word(text):
            word = folded(text)
            return lambda row: word in folded(row.name) or word in folded(row.command)
        case Term():
            return _term(node, context)


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _term(term: Term, context: Context) -> Test:
    if term.operator == "!=":
        return _not(_term(Term(term.field, ":", term.texts), context))
    return _SHAPES[BY_NAME[term.field].kind.shape](term, context)


def _one(term: Term, context: Context) -> Test:
    read, test = BY_NAME[term.field].read, _value_test(term)
    return lambda row: test(read(row, context.now))


def _many(term: Term, context: Context) -> Test:
    read, test = BY_NAME[term.field].read, _value_test(term)
    return lambda row: any(test(each) for each in read(row, context.now))


def _worker(term: Term, context: Context) -> Test:
    del context
    if term.operator == "~":
        found = read_regex(term.texts[0])
        return lambda row: found.matches(row.worker)
    wanted = values(term)
    return lambda row: any(row.worker_id == each or row.worker == str(each) for each in wanted)


def _link(term: Term, context: Context) -> Test:
    edges = context.needs if term.field == "dep" else context.needed_by
    wanted = frozenset[int]().union(*(edges.get(task, ()) for task in values(term)))
    return lambda row: row.id in wanted


_SHAPES: Final = {Shape.ONE: _one, Shape.MANY: _many, Shape.WORKER: _worker, Shape.LINK: _link}
_COMPARE: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _value_test(term: Term) -> Callable[[Any], bool]:
    if term.operator == "~":
        return read_regex(term.texts[0]).matches
    wanted = values(term)
    if term.operator == ":":
        is_unset = None in wanted or "" in wanted
        return lambda value: is_unset if value is None else value in wanted
    compare, bound = _COMPARE[term.operator], wanted[0]
    return lambda value: value is not None and compare(value, bound)
