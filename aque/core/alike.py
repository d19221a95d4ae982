"""What prototypes are alike in all but their arguments: what they have in common is read, encoded and sent once."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from .task import Prototype

SERIES: Final = frozenset({list, tuple})
_PLAIN: Final = frozenset({str, int, bool, type(None), FunctionType, BuiltinFunctionType, type})


@dataclass(frozen=True, slots=True, eq=False)
class Like:
    """What was given last, but for its arguments: most give the very same as the one before.

    `kind`: of all that are given like it, where nobody looks at their arguments; else `read` is what they are read as.
    """

    given: Mapping[str, Any] | None = None
    kind: int | None = None
    read: Prototype = Prototype()  # noqa: RUF009 - it is frozen

    def has(self, given: Mapping[str, Any], args: Any) -> bool:
        """Whether something is given like it."""
        known = self.given
        return (
            known is not None
            and type(args) in SERIES
            and list(given) == list(known)
            and all(map(operator.is_, given.values(), known.values()))
        )


def key(own: Mapping[str, Any], args: Any, common: Prototype) -> Hashable:
    """Prototypes of the same key differ in nothing but arguments and edges; None: read it to know what it is.

    What looks the same is the same for these types alone: 0.0 is -0.0 elsewhere, and (1,) is (True,).
    """
    types = tuple(map(type, own.values()))
    is_plain = (
        _PLAIN.issuperset(types)
        and not _is_bound(own.get("func"))
        and type(args) in SERIES
        and own.get("func") is not None
        and (own.get("pattern") or common.pattern) == "generic"  # others may look at the arguments
    )
    return (types, tuple(own.items())) if is_plain else None


def _is_bound(func: Any) -> bool:
    """Whether it is a method of an object that is written in C: then it goes in front of its arguments."""
    return type(func) is BuiltinFunctionType and not isinstance(func.__self__, ModuleType)
