"""Reading the pieces of a filter: where one ends depends on what it is."""

from __future__ import annotations

import re
from typing import Final

from .errors import FilterError

_FIELD: Final = re.compile(r"([A-Za-z_]\w*)(!=|>=|<=|[:~=<>])", re.ASCII)
_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"[^\s()\"]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\])')
_BAD: Final = re.compile("[\0\ud800-\udfff]")  # what PostgreSQL takes in no text
MAX_LENGTH: Final = 10_000


class Lexer:
    """A text and the place in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        if bad := _BAD.search(text):
            raise FilterError("a character that no text can have", text, bad.start())
        if len(text) > MAX_LENGTH:
            raise FilterError(f"it is longer than {MAX_LENGTH} characters", text, MAX_LENGTH)

    def error(self, reason: str, start: int | None = None, end: int | None = None) -> FilterError:
        """An error at this place, or another."""
        return FilterError(reason, self.text, self.place if start is None else start, end)

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        space = _SPACE.match(self.text, self.place)
        self.place = space.end() if space else self.place
        return self.text[self.place : self.place + 1]

    def here(self) -> int:
        """The place of the next character that is no space."""
        self.peek()
        return self.place

    def take(self, mark: str) -> bool:
        """Whether the next character is `mark`, and if so, go past it."""
        if self.peek() != mark:
            return False
        self.place += 1
        return True

    def keyword(self, *words: str) -> bool:
        """Whether the next word is one of these, in either case, and if so, go past it."""
        self.peek()
        match = _WORD.match(self.text, self.place)
        if not match or match[0].lower() not in words:
            return False
        self.place = match.end()
        return True

    def field(self) -> tuple[str, str] | None:
        """A name and an operator, if that is what comes."""
        self.peek()
        if match := _FIELD.match(self.text, self.place):
            self.place = match.end()
            return match[1], match[2]
        return None

    def comma(self) -> bool:
        """Whether a comma follows at once, and if so, go past it and any spaces."""
        if not self.text.startswith(",", self.place):
            return False
        self.place += 1
        self.peek()
        return True

    def value(self, stops: str = "", is_regex: bool = False) -> str:
        """A text in quotes, or up to a space, a parenthesis that it did not open, or one of `stops`.

        A backslash stays as it is; in a regular expression the next character does not end the text.
        """
        start = self.place
        if self.text[start : start + 1] == '"':
            return self._quoted()
        depth = 0
        while self.place < len(self.text) and not self._ends(self.text[self.place], depth, stops):
            depth += self._step(is_regex)
        if depth:
            raise self.error("a parenthesis that is not closed", start, self.place)
        return self.text[start : self.place]

    def _ends(self, char: str, depth: int, stops: str) -> bool:
        if char == '"':
            raise self.error('a quotation mark inside a text: put the whole into "…", and write \\" in it')
        return char.isspace() or (depth == 0 and char in f"){stops}")

    def _step(self, is_regex: bool) -> int:
        """Go past a character; 1 where it opens a parenthesis, -1 where it closes one."""
        char = self.text[self.place]
        is_pair = is_regex and char == "\\" and not self.text[self.place + 1 : self.place + 2].isspace()
        self.place = min(self.place + 1 + is_pair, len(self.text))
        return {"(": 1, ")": -1}.get(char, 0)

    def _quoted(self) -> str:
        match = _QUOTED.match(self.text, self.place)
        if not match:
            raise self.error('a quotation mark that is not closed: expected another "', self.place, len(self.text))
        self.place = match.end()
        return _ESCAPE.sub(r"\1", match[1])
