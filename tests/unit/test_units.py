"""Quantities as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.errors import UsageError
from aque.core.units import Cpus, parse_duration, parse_memory, write_memory


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8MB", 8_000_000), ("1.5GiB", 3 * 2**29), ("4G", 4 * 2**30), ("0", 0), (" 12 kib ", 12_288), ("7b", 7)],
)
def test_memory_is_read_with_its_unit(text: str, expected: int) -> None:
    assert parse_memory(text) == expected


@pytest.mark.parametrize(
    "bad", ["", "G", "1X", "-1", "1.2GB3", "1e3", float("inf"), float("nan"), -5, 2**63, "9999999P"]
)
def test_what_is_no_amount_of_memory_is_refused_in_one_line(bad: float | str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_memory(bad)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**53) | st.builds(lambda n, power: n << 10 * power, st.integers(0, 2000), st.integers(0, 5)))
def test_what_is_written_for_a_command_is_read_as_the_same_amount(number: int) -> None:
    """`aque worker -m …`, as why advises it, is neither too small for the task nor more than people can read."""
    assert parse_memory(write_memory(number)) == number


def test_amounts_are_written_in_short_where_that_is_exact() -> None:
    assert [write_memory(each) for each in (900 << 40, 3 << 29, 2**30 + 1)] == ["900T", "1.5G", "1073741825"]


@given(st.integers(0, 2**60))
def test_plain_numbers_of_bytes_stay_what_they_are(number: int) -> None:
    assert parse_memory(number) == number


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90.0), ("1.5h", 5400.0), ("2h30m", 9000.0), ("250ms", 0.25), ("1d 1s", 86401.0)]
)
def test_durations_add_up_their_parts(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("bad", ["", "h", "1y", "1h x", "-1s", "9" * 39, "9" * 400, 1e39])
def test_what_is_no_duration_is_refused(bad: float | str) -> None:
    with pytest.raises(UsageError):
        parse_duration(bad)


def test_next_to_nothing_is_nothing() -> None:
    """The broker, which keeps four bytes of it, would refuse the task."""
    assert [parse_duration(1e-50), parse_duration(1e-30), Cpus.parse(1e-50).count] == [0.0, 1e-30, 0.0]


def test_a_share_of_cpus_depends_on_the_host() -> None:
    assert Cpus.parse("/4").on(32) == 8
    assert Cpus.parse("0.5").on(32) == 0.5


@pytest.mark.parametrize("bad", ["", "/0", "/x", "-1", "nan", "two", "1e39", f"/{2**31}"])
def test_what_is_no_number_of_cpus_is_refused(bad: str) -> None:
    with pytest.raises(UsageError):
        Cpus.parse(bad)
