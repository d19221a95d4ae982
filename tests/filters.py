"""Strategies: filters as people may write them, and tasks for them to be about."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from aque.core.fields import FIELDS, NONE, REASONS, Field
from aque.core.fields.reasons import GROUPS
from aque.core.filter import All, AnyOf, Node, Not, Term, Word
from aque.core.filter.regex import BadRegex, read_regex
from aque.core.states import State

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
_ALPHABET = "aAbé0_- .,:~\"\\()'*\n|鼠\u017f\u212a"
texts = st.one_of(
    st.sampled_from(["", "a", "ab", "me", "or", "-a", "render 1", 'a"b', "none", "Ab", "é", "a\\", "(", "host", "x"]),
    st.text(_ALPHABET, max_size=4),
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=4),
)
_small = st.integers(-3, 8)


def _escaped(char: str) -> str:
    return f"\\{char}" if char in string.punctuation else char


_chars = st.sampled_from(list(_ALPHABET)).map(_escaped)
_members = st.one_of(_chars, st.sampled_from(["\\d", "\\w", "\\s", "a-b", "0-9", " -~", "\\n"]))
_classes = st.builds(
    lambda mark, members: f"[{mark}{''.join(members)}]",
    st.sampled_from(["", "^"]),
    st.lists(_members, min_size=1, max_size=3),
)
_atoms = st.one_of(_chars, _classes, st.sampled_from([".", "^", "$", "\\d", "\\W", "\\s", "\\n"]))
_repeats = st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}"])


def _is_regex(text: str) -> bool:
    try:
        return bool(read_regex(text))
    except BadRegex:
        return False


regexes = st.recursive(
    st.builds(str.__add__, _atoms, _repeats),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        st.builds("({}){}".format, inner, _repeats),
    ),
    max_leaves=6,
).filter(_is_regex)

_numbers = st.one_of(_small.map(str), st.sampled_from(["0.1", "1.5", "2e0", "-0.0"]))
_durations = st.sampled_from(["0", "90", "1m30s", "1.5h", "0.1", "3d", "2h30m", "1h"])
_values = {
    "text": texts,
    "user": st.one_of(st.just("me"), texts),
    "texts": texts,
    "reason": st.sampled_from([*(each.name for each in REASONS), *GROUPS]),
    "state": st.sampled_from([*State, "open", "complete", "failed"]),
    "integer": _small.map(str),
    "number": _numbers,
    "memory": st.sampled_from(["0", "1", "8MB", "1.5GiB", "4G", "512m"]),
    "seconds": _durations,
    "span": _durations,
    "moment": st.sampled_from(["2030-01-31T12:00+00:00", "2030-01-31", "2030-01-01T00:00:30"]),
    "worker": st.one_of(_small.map(str), st.sampled_from(["w1", "w2", "7"])),
    "link": _small.map(str),
    "percent": _numbers,
    "flag": st.sampled_from(["yes", "no"]),
}


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """A term that parse() might have made."""
    field: Field = draw(st.sampled_from([each for each in FIELDS if each.kind.operators]))
    operator = draw(st.sampled_from(field.kind.operators))
    if operator == "~":
        return Term(field.name, operator, (draw(regexes),))
    value = _values[field.kind.name].map(str)
    if operator not in (":", "!="):
        return Term(field.name, operator, (draw(value),))
    if field.kind.has_none:
        value = st.one_of(value, st.just(NONE))
    return Term(field.name, operator, tuple(draw(st.lists(value, min_size=1, max_size=3))))


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(parts.map(All), parts.map(AnyOf), inner.map(Not))


nodes: st.SearchStrategy[Node] = st.recursive(st.one_of(terms(), texts.map(Word)), _joined, max_leaves=6)

_moment = st.sampled_from([0, 30, 90, 3600, 9000.25, 300_000]).map(lambda seconds: NOW - timedelta(seconds=seconds))
_moments = st.one_of(st.none(), _moment)
_some = st.one_of(st.none(), _small)
_names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=5) | texts


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    """A task as the tables have it, be it ever so unlikely."""
    pattern = draw(st.sampled_from(["shell", "generic"]))
    words = draw(st.one_of(_names, st.lists(_names, max_size=3)))
    return {
        "name": draw(_names),
        "pattern": pattern,
        "func": None if pattern == "shell" else draw(st.sampled_from(["os:getpid", "m:f"])),
        "args": words,
        "timeout": draw(st.sampled_from([None, 0.1, 90.0])),
        "queue": draw(st.sampled_from(["default", "a"])),
        "username": draw(st.sampled_from(["root", "bob", "a"])),
        "cpus": draw(st.sampled_from([0.1, 1, 1.5, 2])),
        "cpu_share": draw(st.sampled_from([0, 0, 4])),
        "memory": draw(st.sampled_from([0, 1, 8_000_000, 4 * 2**30])),
        "host": draw(st.lists(st.sampled_from(["a", "!host", "b*"]), max_size=2)),
        "platform": draw(st.sampled_from(["", "linux"])),
        "tags": draw(st.lists(texts, max_size=2)),
        "limits": draw(st.dictionaries(texts, st.integers(1, 3), max_size=2)),
        "parent_id": draw(_some),
        "worker_id": draw(st.sampled_from([None, 1, 2])),
        "created_at": draw(_moment),
        "run_at": draw(_moments),
        "started_at": draw(_moments),
        "finished_at": draw(_moments),
        "priority": draw(_small),
        "duration": draw(st.sampled_from([0, 0.1, 90])),
        "blockers": draw(st.integers(0, 2)),
        "state": str(draw(st.sampled_from(list(State)))),
        "attempt": draw(st.integers(0, 2)),
        "retries": draw(st.integers(0, 2)),
        "lease": draw(_some),
        "exit_code": draw(_some),
        "signal": draw(st.sampled_from([None, 9])),
        "message": draw(st.one_of(st.none(), texts)),
        "has_run": draw(st.booleans()),
        "max_rss": draw(st.sampled_from([None, 1, 8_000_001, 2**33])),
        "read_bytes": draw(_some),
        "user_time": draw(st.sampled_from([None, 0.1, 90])),
        "usage_lease": draw(_some),
        "cpu": draw(st.sampled_from([0, 0.1, 1.5, 100])),
        "rss": draw(st.sampled_from([0, 2, 8_000_001])),
        "needs": draw(st.lists(st.integers(1, 8), max_size=2, unique=True)),
    }
