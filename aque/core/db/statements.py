"""SQL from the .sql files that stand beside the modules that use it.

A file holds several statements, each under a line `-- name: the_name` and the comments that explain it. Parameters are
psycopg's `%(name)s`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final, LiteralString

_NAME: Final = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(module: str) -> Mapping[str, LiteralString]:
    """The statements of the file that bears a module's name: `aque.core.queries.tasks` → `queries/tasks.sql`."""
    package, _, stem = module.rpartition(".")
    return MappingProxyType(dict(_split((files(package) / f"{stem}.sql").read_text("utf-8"))))


def _split(text: str) -> Iterator[tuple[str, LiteralString]]:
    parts = _NAME.split(text)[1:]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        yield name, body.strip().rstrip(";")


def scripts(folder: str) -> list[tuple[str, LiteralString]]:
    """The scripts of a folder beside this module, by name, in order."""
    return [(each.name, _text(each)) for each in _files(folder)]


def count(folder: str) -> int:
    """How many scripts a folder has."""
    return len(_files(folder))


def _files(folder: str) -> list[Traversable]:
    found = [each for each in (files(__package__) / folder).iterdir() if each.name.endswith(".sql")]
    return sorted(found, key=lambda each: each.name)


def _text(file: Traversable) -> LiteralString:
    return file.read_text("utf-8")
