"""The values of a term, read from its texts."""

from __future__ import annotations

from typing import Any

from ..fields import BY_NAME, NONE
from .ast import Term


def values(term: Term) -> list[Any]:
    """The values of which any will do; None asks for the lack of one."""
    kind = BY_NAME[term.field].kind
    read = [None if text == NONE and kind.has_none else kind.read(text) for text in term.texts]
    return [value for each in read for value in (each if isinstance(each, tuple) else (each,))]


def folded(text: str) -> str:
    """A text with its ASCII capitals made small: as `lower(… collate "C")` does it in any database."""
    return text.translate(_FOLD)


_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
