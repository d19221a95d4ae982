"""The grammar:

filter  = part { "or" part }
part    = item { ["and"] item }
item    = ( "-" | "not" ) item | "(" filter ")" | term | word
term    = field operator value { "," value }      operator: : ~ = != < <= > >=
word    = value                                   value: a text, or "a text in quotes"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..fields import BY_NAME, NONE, Field, hint
from .ast import All, AnyOf, Node, Not, Term, Word
from .errors import BadRegex
from .lexer import Lexer

_MAX_DEPTH = 50
_SYNONYMS = {"=": ":"}
_SEVERAL = (":", "!=")


def parse(text: str) -> Node:
    """Read a filter; raises FilterError, which says where it is wrong and what was expected."""
    parser = _Parser(Lexer(text))
    node = parser.filter()
    if parser.lexer.peek():
        raise parser.lexer.error("a parenthesis that nothing opened")
    return node


class _Parser:
    """One method for each rule."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self._depth = 0

    def filter(self) -> Node:
        parts = [self._part()]
        while self.lexer.keyword("or"):
            parts.append(self._part())
        return _joined(AnyOf, parts)

    def _part(self) -> Node:
        parts = [self._item()]
        while not self._at_end_of_part():
            self.lexer.keyword("and")
            parts.append(self._item())
        return _joined(All, parts)

    def _at_end_of_part(self) -> bool:
        if self.lexer.peek() in ("", ")"):
            return True
        place = self.lexer.place
        is_or = self.lexer.keyword("or")
        self.lexer.place = place
        return is_or

    def _item(self) -> Node:
        start = self.lexer.here()
        if self.lexer.keyword("or", "and"):
            raise self.lexer.error(
                "expected a term before this; write it in quotes to search for it", start, self.lexer.place
            )
        if self.lexer.take("-") or self.lexer.keyword("not"):
            with self._deeper():
                return Not(self._item())
        if self.lexer.take("("):
            return self._group(self.lexer.place - 1)
        return self._term() or self._word()

    def _group(self, start: int) -> Node:
        with self._deeper():
            node = self.filter()
        if not self.lexer.take(")"):
            raise self.lexer.error("a parenthesis that is not closed", start)
        return node

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.lexer.error("nested too deep")
        yield
        self._depth -= 1

    def _word(self) -> Node:
        if self.lexer.peek() in ("", ")"):
            raise self.lexer.error("expected a term such as state:error, or a word")
        text = self.lexer.value()
        self._expect_end()
        return Word(text)

    def _term(self) -> Node | None:
        start = self.lexer.here()
        found = self.lexer.field()
        if found is None:
            return None
        field = self._field(found[0], start)
        operator = _SYNONYMS.get(found[1], found[1])
        if operator not in field.kind.operators:
            takes = " ".join(field.kind.operators) or "no operator: it is only shown"
            raise self.lexer.error(f"{field.name} takes {takes}", self.lexer.place - len(found[1]), self.lexer.place)
        return Term(field.name, operator, self._values(field, operator))

    def _field(self, name: str, start: int) -> Field:
        field = BY_NAME.get(name.lower())
        if field is not None:
            return field
        reason = f'no such field: {hint(name, BY_NAME)} (or put the text into "…")'
        raise self.lexer.error(reason, start, start + len(name))

    def _values(self, field: Field, operator: str) -> tuple[str, ...]:
        texts = [self._value(field, operator)]
        while operator in _SEVERAL and self.lexer.comma():
            texts.append(self._value(field, operator))
        self._expect_end()
        return tuple(texts)

    def _value(self, field: Field, operator: str) -> str:
        start = self.lexer.place
        text = self.lexer.value(stops="," if operator in _SEVERAL else "", is_regex=operator == "~")
        if self.lexer.place == start:
            raise self.lexer.error(f"{field.name}: expected {_expects(field, operator)}")
        try:
            check(field, operator, text)
        except BadRegex as error:
            raise self.lexer.error(f"{field.name}: {error}", start + error.place, self.lexer.place) from None
        except (ValueError, OverflowError):
            raise self.lexer.error(
                f"{field.name}: expected {_expects(field, operator)}", start, self.lexer.place
            ) from None
        return text

    def _expect_end(self) -> None:
        text, place = self.lexer.text, self.lexer.place
        if place < len(text) and text[place] != ")" and not text[place].isspace():
            raise self.lexer.error("expected a space here")


def check(field: Field, operator: str, text: str) -> None:
    """Raise ValueError or OverflowError unless an operator takes this text for a field."""
    if operator == "~":
        from .regex import read_regex  # which most filters do without

        read_regex(text)
    elif not (operator in _SEVERAL and field.kind.has_none and text == NONE):
        field.kind.read(text)


def _expects(field: Field, operator: str) -> str:
    if operator == "~":
        return "a regular expression"
    return field.kind.expects + (f", or {NONE}" if field.kind.has_none and operator in _SEVERAL else "")


def _joined(kind: Callable[[tuple[Node, ...]], Node], parts: Sequence[Node]) -> Node:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))
