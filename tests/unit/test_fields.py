"""The declaration of fields: names are unique, and what is shown can be read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.errors import UsageError
from aque.core.fields import BY_NAME, FIELDS, find, parse_names
from aque.core.rows import TaskRow
from aque.core.sorting import parse_sort
from aque.core.units import parse_duration, parse_memory, show_duration, show_memory


def test_names_and_aliases_are_unique() -> None:
    assert len(BY_NAME) == sum(1 + len(field.aliases) for field in FIELDS)


def test_a_row_has_every_field_that_is_listed() -> None:
    assert {field.name for field in FIELDS if field.is_listed and not field.own_read} <= set(TaskRow._fields)


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (parse_names, "id,nmae", "did you mean name?"),
        (parse_names, "id,dep", "no such field here: 'dep'"),
        (parse_sort, "-args", "no such field here: 'args'"),
        (parse_sort, "", "no such field"),
    ],
)
def test_an_unknown_field_is_told_with_those_there_are(read: object, text: str, told: str) -> None:
    assert callable(read)
    with pytest.raises(UsageError) as caught:
        read(text)
    assert told in str(caught.value)
    assert "`aque help fields` lists them" in str(caught.value)


def test_a_sort_ends_with_the_id() -> None:
    assert list(map(str, parse_sort("-prio, name"))) == ["-priority", "name", "id"]
    assert list(map(str, parse_sort("-id"))) == ["-id"]
    assert find("prio") is find("priority")


@given(st.integers(0, 2**50))
def test_memory_that_is_shown_is_read_as_nearly_the_same(count: int) -> None:
    text = show_memory(count)
    assert len(text) <= 6
    assert parse_memory(text) == pytest.approx(count, rel=0.006)


@given(st.floats(0, 1e9))
def test_a_duration_that_is_shown_is_read_as_nearly_the_same(seconds: float) -> None:
    text = show_duration(seconds)
    assert parse_duration(text) == pytest.approx(seconds, rel=0.05, abs=0.1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (1.24, "1.2s"), (59.6, "1m00s"), (200, "3m20s"), (7500, "2h05m"), (90_000, "1d01h"), (1e7, "115d17h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text
