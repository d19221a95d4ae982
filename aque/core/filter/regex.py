r"""Regular expressions that PostgreSQL and Python read the same way.

What both have in common is less than it seems: `\b` is a backspace to one of them, `$` stands before a last newline for
the other, `\d` depends on the locale, `.` on the newline. So a pattern is read here, by a grammar of its own, and
written again for each of them with every doubt spelt out:

    pattern = branch { "|" branch }          branch = { atom [ repeat ] }
    atom    = character | . | ^ | $ | \d \w \s \D \W \S | \n \t \r | \punctuation
            | ( pattern ) | (?: pattern ) | [ members ] | [^ members ]
    repeat  = * | + | ? | {m} | {m,} | {m,n}

Letters match in their case; `\d`, `\w` and `\s` know ASCII alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .errors import BadRegex

_MAX_SIZE: Final = 500  # atoms, each as often as it may be repeated
_MAX_REPEAT: Final = 255
_MAX_DEPTH: Final = 20
_CLASSES: Final = {"d": "0-9", "w": "a-zA-Z0-9_", "s": " \t\n\r\f\v"}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_REPEAT: Final = re.compile(r"([*+?])|\{([0-9]{1,3})(,([0-9]{1,3})?)?\}")
_END: Final = "\0"  # stands for `$` until it is known who reads


@dataclass(frozen=True, slots=True)
class Regex:
    """One pattern, for each of its two readers."""

    python: re.Pattern[str]
    postgres: str

    def matches(self, text: str | None) -> bool:
        """Whether it is found anywhere in a text."""
        return text is not None and self.python.search(text) is not None


@dataclass(frozen=True, slots=True)
class _Part:
    """What was read: its text, how much it can grow to, and whether something in it repeats without end."""

    text: str
    size: int = 1
    is_endless: bool = False
    is_repeatable: bool = True


@lru_cache(256)
def read_regex(text: str) -> Regex:
    """Read a pattern; raises BadRegex."""
    reader = _Reader(text)
    part = reader.pattern()
    if reader.place < len(text):
        raise reader.error("a parenthesis that nothing opened (write \\) for the character)")
    return Regex(re.compile(part.text.replace(_END, r"\Z"), re.DOTALL), part.text.replace(_END, "$"))


class _Reader:
    """One method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self._depth = 0

    def error(self, reason: str, place: int | None = None) -> BadRegex:
        return BadRegex(reason, min(self.place if place is None else place, max(len(self.text) - 1, 0)))

    def pattern(self) -> _Part:
        branches = [self._branch()]
        while self._next("|"):
            branches.append(self._branch())
        return self._sum(branches, "|")

    def _branch(self) -> _Part:
        parts: list[_Part] = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            parts.append(self._repeated(self._atom()))
        return self._sum(parts, "")

    def _sum(self, parts: list[_Part], between: str) -> _Part:
        size = sum(part.size for part in parts)
        if size > _MAX_SIZE:
            raise self.error("a pattern that grows too large")
        return _Part(between.join(part.text for part in parts), size, any(part.is_endless for part in parts))

    def _repeated(self, part: _Part) -> _Part:
        match = _REPEAT.match(self.text, self.place)
        if not match:
            return part
        if not part.is_repeatable:
            raise self.error("nothing that could be repeated")
        most = self._most(match)
        if most is None and part.is_endless:
            raise self.error("an endless repetition of what is itself repeated without end")
        self.place = match.end()
        if self.text[self.place : self.place + 1] in (*"*+?{",):
            raise self.error("a repetition of a repetition")
        size = part.size * max(most or 1, 1)
        return self._sum([_Part(part.text + match[0], size, part.is_endless or most is None)], "")

    def _most(self, match: re.Match[str]) -> int | None:
        """How often at most; None: without end."""
        if match[1]:
            return 1 if match[1] == "?" else None
        least, most = int(match[2]), int(match[4] or match[2])
        if not least <= most <= _MAX_REPEAT:
            raise self.error(f"expected {{m,n}} with m ≤ n ≤ {_MAX_REPEAT}")
        return None if match[3] == "," else most

    def _atom(self) -> _Part:
        char = self._take()
        return _ATOMS[char](self) if char in _ATOMS else _Part(_literal(char))

    def _take(self) -> str:
        self.place += 1
        return self.text[self.place - 1]

    def _next(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.place)
        self.place += len(mark) * found
        return found

    def _group(self) -> _Part:
        start = self.place - 1
        if not self._next("?:") and self._next("?"):
            raise self.error("expected ( or (?: here; look-arounds, flags and names are not known", start)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.error("nested too deep", start)
        inner = self.pattern()
        if not self._next(")"):
            raise self.error("a parenthesis that is not closed", start)
        self._depth -= 1
        return _Part(f"(?:{inner.text})", max(inner.size, 1), inner.is_endless)

    def _escape(self) -> _Part:
        member = self._escaped()
        if len(member) > 1 and member[0] != "\\":
            return _Part(f"[{member}]")
        return _Part(member)

    def _escaped(self, is_member: bool = False) -> str:
        """What stands after a backslash: the members of a class, or one character."""
        start = self.place - 1
        char = self._take() if self.place < len(self.text) else ""
        if char.lower() in _CLASSES and not (is_member and char.isupper()):
            return ("^" if char.isupper() else "") + _CLASSES[char.lower()]
        if char in _ESCAPES:
            return _ESCAPES[char]
        if not char or char.isalnum():
            raise self.error(r"expected \d \w \s \D \W \S \n \t \r, or a backslash before punctuation", start)
        return _literal(char)

    def _class(self) -> _Part:
        start = self.place - 1
        opening = "[^" if self._next("^") else "["
        members = ""
        while not self._next("]"):
            if self.place >= len(self.text) or self.text[self.place] == "[":
                raise self.error(r"expected members, then ] (write \[ or \] for the characters)", start)
            members += self._member(start)
        if not members:
            raise self.error(r"expected a member (write \] for the character)", start)
        return _Part(f"{opening}{members}]")

    def _member(self, start: int) -> str:
        low = self._one()
        if not self.text.startswith("-", self.place) or self.text.startswith("-]", self.place):
            return low
        self.place += 1
        high = self._one() if self.place < len(self.text) else ""
        if len(low.lstrip("\\")) > 1 or len(high.lstrip("\\")) > 1 or not low[-1:] <= high[-1:]:
            raise self.error("expected a range from a lower to a higher character", start)
        return f"{low}-{high}"

    def _one(self) -> str:
        char = self._take()
        return self._escaped(is_member=True) if char == "\\" else _literal(char)

    def _misplaced(self) -> _Part:
        raise self.error("nothing before it to repeat (write a backslash before it for the character)", self.place - 1)


def _literal(char: str) -> str:
    """A character that stands for itself in either."""
    return f"\\{char}" if char.isascii() and char.isprintable() and not char.isalnum() and char != " " else char


_ATOMS: Final = {
    "(": _Reader._group,
    "[": _Reader._class,
    "\\": _Reader._escape,
    ".": lambda _: _Part("."),
    "^": lambda _: _Part("^", is_repeatable=False),
    "$": lambda _: _Part(_END, is_repeatable=False),
    **dict.fromkeys("*+?{", _Reader._misplaced),
}
