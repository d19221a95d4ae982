"""The filter language: what it reads, what it writes, and how it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.errors import UsageError
from aque.core.filter import All, AnyOf, FilterError, Node, Not, Term, Word, parse, show
from aque.core.filter.lexer import MAX_LENGTH
from aque.core.filter.regex import BadRegex, read_regex
from tests.filters import nodes


@given(nodes)
def test_what_is_written_is_read_as_the_same_filter(node: Node) -> None:
    assert parse(show(node)) == node


@given(st.text())
def test_any_text_is_a_filter_or_one_clear_error(text: str) -> None:
    """A traceback, or a message of several lines or with escapes, would reach people."""
    try:
        node = parse(text)
    except FilterError as error:
        assert str(error).isprintable()
        assert 0 <= error.start <= error.end <= len(text)
    else:
        assert parse(show(node)) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a b", All((Word("a"), Word("b")))),
        ("a and b", All((Word("a"), Word("b")))),
        ("a b or c", AnyOf((All((Word("a"), Word("b"))), Word("c")))),
        ("a (b OR c)", All((Word("a"), AnyOf((Word("b"), Word("c")))))),
        ("-a not b", All((Not(Word("a")), Not(Word("b"))))),
        ("a-b", Word("a-b")),
        ("state:error,killed", Term("state", ":", ("error", "killed"))),
        ("state:error, killed", Term("state", ":", ("error", "killed"))),
        ("priority=-5", Term("priority", ":", ("-5",))),
        ("tag:x", Term("tags", ":", ("x",))),
        ("limit:licence", Term("limits", ":", ("licence",))),
        ('name:"a, b",c', Term("name", ":", ("a, b", "c"))),
        ('"or"', Word("or")),
        (r'"a \"b\" \d"', Word(r'a "b" \d')),
        ("(name~^a(b|c),$)", Term("name", "~", ("^a(b|c),$",))),
        (r"(name~\))", Term("name", "~", (r"\)",))),
        ("memory>4G", Term("memory", ">", ("4G",))),
    ],
)
def test_the_grammar(text: str, node: Node) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("", 0, "expected a term"),
        ("a or", 4, "expected a term"),
        ("or a", 0, "expected a term before"),
        ("a (b", 2, "not closed"),
        ("a b)", 3, "nothing opened"),
        ("a nmae:x", 2, "did you mean name?"),
        ("state:eror", 6, "creating, pending"),
        ("state>error", 5, "state takes : !="),
        ("memory>4Q", 7, "512M, 8MB or 1.5GiB"),
        ("age<soon", 4, "1.5h or 2h30m"),
        ("name:", 5, "expected a text"),
        ("name~a[b", 6, "expected members"),
        ("name~(?i)x", 5, "flags"),
        (r"name~\bx", 5, r"expected \d"),
        ("priority:99999999999999999999", 9, "a whole number"),
        ("cpus:inf", 5, "a number"),
        ("cpus>none", 5, "a number"),
        ("reason:luck", 7, "dependencies, time, limit-unset"),
        ('"a', 0, "not closed"),
        ('"a"b', 3, "expected a space"),
        ('a"b', 1, "quotation mark"),
        ("args:1", 4, "only shown"),
        ("a\0", 1, "no text can have"),
        ("\udcff", 0, "no text can have"),
        ("(" * 99 + "a" + ")" * 99, 51, "too deep"),
        ("-" * 99 + "a", 51, "too deep"),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH, "longer than"),
    ],
)
def test_a_bad_filter_says_where_and_what_was_expected(text: str, place: int, told: str) -> None:
    with pytest.raises(UsageError, match="filter: ") as caught:
        parse(text)
    assert isinstance(caught.value, FilterError)
    assert caught.value.start == place
    assert told in caught.value.reason
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "a**",
        "(a+)+",
        "(a{200}){200}",
        "a{2,1}",
        "a{256}",
        "^*",
        "*",
        "[]a]",
        "[z-a]",
        "[a-\\d]",
        "[\\D]",
        "\\1",
        "\\",
        "a)",
        "(" * 30,
    ],
)
def test_a_regex_that_the_two_readers_may_read_apart_is_refused(pattern: str) -> None:
    with pytest.raises(BadRegex):
        read_regex(pattern)
