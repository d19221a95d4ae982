"""The encoding: readable, faithful, and harmless to describe."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import typing
import uuid
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.child import codec
from aque.core.child.fields import TaskFields
from aque.core.errors import DecodeError, EncodeError


class Colour(enum.Enum):
    RED = 1
    CRIMSON = 1  # noqa: PIE796 - an alias
    BLUE = "b"


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2


class Point(typing.NamedTuple):
    x: object
    y: object = None


class Kept:
    """Has no form of its own."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Kept and other.value == self.value

    def __hash__(self) -> int:
        return 0


class Texts(list[str]):
    """Not exactly a list."""


_ZONES = [datetime.UTC, datetime.timezone(datetime.timedelta(hours=-3, seconds=1), "odd")]
_ZONES += [zoneinfo.ZoneInfo("Europe/Berlin")] if zoneinfo.available_timezones() else []
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.text(st.characters(categories=["Cs"])),
    st.binary(),
    st.datetimes(timezones=st.sampled_from([None, *_ZONES])),
    st.dates(),
    st.times(timezones=st.sampled_from([None, *_ZONES])),
    st.builds(lambda moment, fold: moment.replace(fold=fold), st.datetimes() | st.times(), st.integers(0, 1)),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
    st.sampled_from([math.floor, json.JSONDecoder, json.JSONDecoder.decode, pathlib.Path("/a/b"), range(3), *_ZONES]),
    st.sampled_from([*Colour, *Right, Right.READ | Right.WRITE, Right(0), pathlib.PureWindowsPath("c:/a b")]),
    st.builds(bytearray, st.binary()),
    st.integers(2**4095, 2**4097) | st.integers(-(2**4097), -(2**4095)),
    st.builds(pathlib.PurePosixPath, st.text(st.characters(exclude_characters="\0"))),
    st.builds(Kept, st.integers()),
    st.builds(Texts, st.lists(st.text(), max_size=2)),
    st.fractions(),
    st.builds(codec.Reference, st.integers(1, 2**62), st.sampled_from(["result", "stdout"])),
)
_HASHABLE = st.one_of(st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text()))
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.builds(Point, inner, inner),
        st.dictionaries(_HASHABLE, inner, max_size=4),
        st.dictionaries(st.text(max_size=3).map(lambda key: f"${key}"), inner, max_size=2),
        st.sets(_HASHABLE, max_size=4),
        st.frozensets(_HASHABLE, max_size=4),
    ),
    max_leaves=12,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["$tuple", "$pickle", "$error"]), inner)
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_what_is_read_is_what_was_written_with_its_type(value: object) -> None:
    text = codec.encode(value)
    assert "\0" not in text
    assert "\\u0000" not in text
    text.encode()
    back = codec.decode(text)
    assert (back, repr(type(back))) == (value, repr(type(value)))


def _spoilt(tree: object) -> st.SearchStrategy[object]:
    """Trees that cannot be read, and some in which another stands beside them."""
    bad = st.sampled_from(
        [
            {"$name": "no_such_module_:x"},
            {"$enum": [f"{__name__}:Colour", "GREEN"]},
            {"$pickle": "AAAA"},
            {"$future": 1},
            {"$bytes": 5},
            {"$set": [[]]},
            {"$result": 99},
        ]
    )
    return bad | bad.map(lambda each: [tree, each]) | bad.map(lambda each: {"a": {"$tuple": [each, tree]}})


@given(st.lists(_VALUES, max_size=3), st.lists(_VALUES, max_size=3), st.data())
def test_what_can_be_read_stays_readable_beside_what_cannot(
    before: list[object], after: list[object], data: st.DataObject
) -> None:
    """Each argument decodes apart, and the error names the one that is spoilt."""
    trees = [codec.to_tree(value) for value in (*before, *after)]
    place = len(before)
    spoilt = data.draw(_spoilt(trees[0] if trees else None))
    fields = TaskFields(
        {"id": 1, "args": json.dumps([*trees[:place], spoilt, *trees[place:]]), "kwargs": json.dumps({"k": trees})},
        {"id": (ids := list(_references(trees))), "result": list(map(codec.encode, ids))},
    )
    with pytest.raises(DecodeError, match=f"^argument {place + 1}: ") as caught:
        fields["args"]
    assert "\n" not in str(caught.value)
    assert len(fields["kwargs"]["k"]) == len(trees)
    assert [codec.from_tree(tree) for tree in trees] == [*before, *after]


def _references(tree: object) -> set[int]:
    """The ids of all tasks that are referred to in a tree."""
    if isinstance(tree, list):
        return set().union(*map(_references, tree))
    if isinstance(tree, dict):
        own = {each for name, each in tree.items() if name in ("$result", "$stdout")}
        return own.union(*map(_references, tree.values()))
    return set()


@given(_VALUES, st.integers())
def test_only_what_has_no_other_form_is_pickled(value: object, number: int) -> None:
    odd = fractions.Fraction(number, 3)
    tree = codec.to_tree({"a": value, "b": [odd, value]})
    assert tree == {"a": codec.to_tree(value), "b": [codec.to_tree(odd), codec.to_tree(value)]}
    assert set(codec.to_tree(odd)) == {"$pickle"}


@given(_VALUES)
def test_without_pickle_a_value_is_refused_or_of_aques_own_forms(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AQUE_PICKLE", "0")
        try:
            text = codec.encode(value)
        except EncodeError as error:
            assert "AQUE_PICKLE=0" in str(error)
            return
        assert "$pickle" not in text or "$pickle" in repr(value)
        assert codec.decode(text) == value


_TAGS = st.sampled_from(sorted(codec.tags() - {"pickle"})).map(lambda tag: f"${tag}")
_DAMAGED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(f"{__name__}:Colour"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TAGS | st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(_TAGS, _DAMAGED, min_size=1, max_size=1) | _DAMAGED)
def test_a_damaged_tree_is_read_or_refused_in_one_line(tree: object) -> None:
    try:
        codec.from_tree(tree)
    except DecodeError as error:
        assert "\n" not in str(error)


@given(_JSON)
def test_describing_never_fails_and_keeps_to_one_line(tree: object) -> None:
    told = codec.describe(tree, 60)
    assert len(told) <= 60
    assert told.isprintable() or told == ""


def test_a_pickle_is_described_without_being_read() -> None:
    hostile = {"$pickle": "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"}
    assert "pickle" in codec.describe(hostile)


def test_pickle_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = codec.to_tree(slice(1, 2))
    monkeypatch.setenv("AQUE_PICKLE", "0")
    with pytest.raises(EncodeError, match="AQUE_PICKLE"):
        codec.to_tree(slice(1, 2))
    if "$pickle" in tree:
        with pytest.raises(DecodeError, match="AQUE_PICKLE"):
            codec.from_tree(tree)


@pytest.mark.parametrize("value", [lambda: 1, open("/dev/null"), (n for n in ())])  # noqa: PTH123, SIM115
def test_what_cannot_be_stored_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(EncodeError) as caught:
        codec.to_tree(value)
    assert "\n" not in str(caught.value)


def test_cycles_are_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(EncodeError, match="contains itself"):
        codec.to_tree(loop)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a", 1),
        OSError(2, "No such file", "/x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"),
        ExceptionGroup("several", [ValueError(1), TypeError((2, {3}))]),
        SystemExit(3),
        ImportError("no", name="n", path="p"),
    ],
)
def test_errors_keep_their_class_arguments_and_state(error: BaseException) -> None:
    error.note = {"seen": (1,)}  # type: ignore[attr-defined]
    back = codec.from_tree(codec.to_tree(error))
    assert (type(back), repr(back.args), str(back)) == (type(error), repr(error.args), str(error))
    assert vars(back) == vars(error)


def test_what_is_not_a_number_stays_so() -> None:
    assert math.isnan(codec.decode(codec.encode(math.nan)))
    assert codec.decode(codec.encode(decimal.Decimal("sNaN1"))).is_snan()


@pytest.mark.parametrize(
    "value",
    [
        decimal.Decimal("1.50"),
        uuid.UUID(int=7),
        datetime.timedelta(1, 2, 3),
        datetime.datetime(2030, 10, 27, 2, 30, fold=1),
        datetime.time(2, 30, fold=1, tzinfo=_ZONES[1]),
        -0.0,
        complex(-0.0, math.inf),
        Colour.CRIMSON,
    ],
)
def test_exact_forms_stay_exact(value: object) -> None:
    assert repr(codec.decode(codec.encode(value))) == repr(value)
