"""The columns of tasks, and what their fields are there, in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from .child import codec
from .imports import extra_path
from .mounts import volume_of
from .task import Prototype


def _same(value: Any) -> Any:
    return value


_COLUMNS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    **{
        name: (name, _same)
        for name in (
            *("pattern", "cwd", "interpreter", "stdin", "stdout", "stderr", "timeout", "retry_delay", "retries"),
            *("io_paths", "priority", "duration", "guessed", "memory", "key", "hold", "isolation"),
        )
    },
    "group": ("groupname", _same),
    "stdin_value": ("stdin_value", lambda value: None if value is None else f"\\x{value.hex()}"),
    "run_at": ("run_at", lambda value: value and value.isoformat()),
}
"""The fields that are stored as they were read: the name of the column, and the value's form in JSON."""
_DEMANDED: Final = {"username": "user", "cpu_share": "cpus", "volume": "io_paths"}  # fields of columns with other names


def of_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of those fields that have one of their own."""
    return {
        column: form(value) for name, value in fields.items() if name in _COLUMNS for column, form in [_COLUMNS[name]]
    }


def columns(prototype: Prototype, names: Iterable[str]) -> dict[str, Any]:
    """The columns of some fields, those of its demand too, and the JSON forms of their values."""
    fields = {name: getattr(prototype, name) for name in names}
    demand = {
        column: value for column, value in demand_row(prototype).items() if _DEMANDED.get(column, column) in fields
    }
    named = {"name": codec.clean_text(prototype.name)} if "name" in fields else {}
    return {**of_fields(fields), **demand, **named}


def demand_key(prototype: Prototype) -> Hashable:
    """The same for prototypes that ask for the same."""
    return tuple({**demand_row(prototype), "limits": tuple(prototype.limits.items())}.values())


def demand_row(prototype: Prototype) -> dict[str, Any]:
    """What it asks for, by the columns of `aque.shape`."""
    return {
        "queue": prototype.queue,
        "username": prototype.user,
        "cpus": prototype.cpus.count,
        "cpu_share": prototype.cpus.share,
        "memory": prototype.memory,
        "host": prototype.host,
        "platform": prototype.platform,
        "tags": tuple(sorted(prototype.tags)),
        "limits": dict(prototype.limits),
        "volume": volume_of(prototype.io_paths, prototype.cwd),
    }


def environ_row(environ: Mapping[str, str], is_shell: bool) -> Mapping[str, Any]:
    """As it is stored: once for all that have the same. Functions also get where this process imports from."""
    variables = dict(environ)
    if not is_shell and (path := extra_path()):
        variables.setdefault("AQUE_SYS_PATH", path)
    return _digested(frozenset(variables.items()))


@lru_cache(64)
def _digested(variables: frozenset[tuple[str, str]]) -> Mapping[str, Any]:
    text = json.dumps(dict(sorted(variables)))  # stays a text: what is no UTF-8 is escaped in it, and read by no server
    return {"digest": f"\\x{hashlib.sha256(text.encode()).hexdigest()}", "vars": text}
