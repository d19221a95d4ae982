"""The encoding: readable, faithful, and harmless to describe."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import pathlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.child import codec
from aque.core.errors import DecodeError, EncodeError

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.text(st.characters(categories=["Cs"])),
    st.binary(),
    st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
    st.sampled_from([math.floor, json.JSONDecoder, pathlib.Path("/a/b"), range(3), bytearray(b"x")]),
    st.builds(codec.Reference, st.integers(1, 2**62), st.sampled_from(["result", "stdout"])),
)
_HASHABLE = st.one_of(st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text()))
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
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


def test_errors_keep_their_class_and_arguments() -> None:
    back = codec.from_tree(codec.to_tree(KeyError("a", 1)))
    assert (type(back), back.args) == (KeyError, ("a", 1))


@pytest.mark.parametrize("value", [decimal.Decimal("1.50"), uuid.UUID(int=7), datetime.timedelta(1, 2, 3)])
def test_exact_forms_stay_exact(value: object) -> None:
    assert repr(codec.decode(codec.encode(value))) == repr(value)
