"""The one query layer: typed functions over named statements, which take a connection first and return frozen rows.

As an attribute of this package a module is loaded when it is first used: each takes a millisecond or more, and a
command needs but two or three of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import batches as batches
    from . import kill as kill
    from . import output as output
    from . import registry as registry
    from . import tasks as tasks
    from . import work as work


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError:
        raise AttributeError(name) from None
