"""Prototypes: defaults, fallbacks, nested forms, and errors that name the field."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.errors import UsageError
from aque.core.task import Prototype


def test_what_is_not_given_comes_from_the_first_fallback_that_has_it() -> None:
    read = Prototype.read({"cpus": 2}, {"cpus": 4, "priority": 7}, {"priority": 8, "queue": "night"})
    assert (read.cpus.count, read.priority, read.queue, read.memory) == (2, 7, "night", 0)


def test_nested_requirements_and_hints_are_made_flat() -> None:
    read = Prototype.read({"requirements": {"cpu": 2, "mem": "8MB"}, "hints": {"paths": ["/a"], "duration": 100}})
    assert (read.cpus.count, read.memory, read.io_paths, read.duration) == (2, 8_000_000, ("/a",), 100.0)


def test_unknown_fields_are_kept_apart() -> None:
    assert Prototype.read({"shot": "x12"}).extra == {"shot": "x12"}


def test_a_child_inherits_demands_but_not_identity() -> None:
    inherited = Prototype.read({"name": "a", "key": "k", "cpus": 3, "tags": ["gpu"], "duration": 4}).inheritable()
    child = Prototype.read({}, inherited)
    assert (child.cpus.count, child.tags) == (3, ("gpu",))
    assert (child.name, child.key, child.duration) == ("", None, 0.0)


@pytest.mark.parametrize(
    "given",
    [
        {"licence": 1, "gpu": 2},
        ["gpu=2", "licence"],
        ("licence=1", "gpu=2"),
        "licence,gpu=2",
        "gpu=2 licence",
        {"gpu": "2", "licence": 1.0},
    ],
)
def test_limits_are_names_or_units_by_name(given: object) -> None:
    assert dict(Prototype.read({"limits": given}).limits) == {"gpu": 2, "licence": 1}
    assert dict(Prototype.read({"limits": ()}).limits) == {}


@given(st.times(timezones=st.none() | st.just(UTC)))
def test_a_time_of_day_is_the_next_one(of_day: time) -> None:
    """`--at 18:00` in the evening means tomorrow; never a moment that has passed, nor one of another day."""
    before = datetime.now(UTC)
    read = Prototype.read({"run_at": of_day.isoformat()}).run_at
    assert read is not None
    assert before < read <= datetime.now(UTC) + timedelta(days=1, hours=1)  # a day may have 25 hours
    assert read.astimezone(of_day.tzinfo).time() == of_day.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("priority", "high"),
        ("priority", 1.5),
        ("priority", 2**40),
        ("cpus", "many"),
        ("memory", "1Q"),
        ("retries", -1),
        ("timeout", "soon"),
        ("run_at", "tomorrow"),
        ("run_at", "25:00"),
        ("run_at", "2030"),
        ("environ", {"A=B": "c"}),
        ("environ", {"A": "c\0"}),
        ("kwargs", 3),
        ("func", "no_colon"),
        ("stdin_value", 3.5),
        ("name", "a\0b"),
        ("limits", {"a": 0}),
        ("limits", {"a": 1.5}),
        ("limits", {"a": 2**31}),
        ("limits", {"a b": 1}),
        ("limits", ["a", "a=2"]),
        ("limits", "a=x"),
        ("limits", [""]),
        ("limits", 3),
    ],
)
def test_a_bad_field_is_named_in_one_line(field: str, bad: object) -> None:
    with pytest.raises(UsageError, match=f"^{field}: ") as caught:
        Prototype.read({field: bad})
    assert "\n" not in str(caught.value)


def test_stdin_is_a_path_or_a_value_never_both() -> None:
    with pytest.raises(UsageError, match="not both"):
        Prototype.read({"stdin": "/dev/null", "stdin_value": b"x"})


@pytest.mark.parametrize("name", ["cpu", "dependancies", "dependency", "prioriy", "timeouts"])
def test_a_field_that_is_nearly_one_of_ours_is_a_slip(name: str) -> None:
    """Kept apart as an extra field it would be lost: the order of a graph, for instance."""
    with pytest.raises(UsageError, match="did you mean"):
        Prototype.read({"func": "m:f", name: 1})


def test_other_fields_are_kept_apart() -> None:
    assert Prototype.read({"func": "m:f", "shot": 7, "show": "x"}).extra == {"shot": 7, "show": "x"}
