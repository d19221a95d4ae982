"""Writes api.md from the docstrings of all that `aque` exports: `python docs/render_api.py`."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import EnumMeta
from functools import cached_property
from pathlib import Path
from typing import Any

import aque

PAGE = Path(__file__).with_name("api.md")
MARK = "<!-- from here on written by docs/render_api.py -->\n"


def render(page: str) -> str:
    """The page with its sections as they should be; what stands above the mark is kept."""
    head, mark, _ = page.partition(MARK)
    return head + mark + "\n" + "\n".join(section for name in _names() for section in _sections(name))


def _names() -> list[str]:
    """All that is exported; errors have a page of their own, and modules and the version explain themselves."""
    return [name for name in aque.__all__ if inspect.isfunction(found := getattr(aque, name)) or _is_class(found)]


def _is_class(found: object) -> bool:
    return isinstance(found, type) and not issubclass(found, aque.AqueError)


def _sections(name: str) -> Iterator[str]:
    found = getattr(aque, name)
    yield f"## aque.{name}\n\n{_told(found, f'aque.{name}')}"
    if isinstance(found, type):
        for each, member in _members(found):
            yield f"### {name}.{each}\n\n{_told(member, f'{name}.{each}')}"


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """What aque's own classes among its bases define and document, in the order of their files."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.startswith("aque."):
            for name, member in vars(base).items():
                if not name.startswith("_") and name not in seen and _is_told(member):
                    seen.add(name)
                    yield name, member


def _is_told(member: object) -> bool:
    return isinstance(member, (property, cached_property, classmethod, staticmethod)) or inspect.isfunction(member)


def _told(found: Any, path: str) -> str:
    signature = f"```python\n{path}{_signature(found)}\n```"
    parts = [signature, _as_markdown(inspect.cleandoc(found.__doc__ or "")), _values(found)]
    return "\n\n".join(part for part in parts if part) + "\n"


class _Bare(str):
    """A text that is shown without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _signature(found: Any) -> str:
    if isinstance(found, (property, cached_property)) or dataclasses.is_dataclass(found) or isinstance(found, EnumMeta):
        return ""
    signature = inspect.signature(getattr(found, "__func__", found))  # a class method has one within
    kept = [_shown(each) for name, each in signature.parameters.items() if name not in ("self", "cls")]
    returned = inspect.Signature.empty if isinstance(found, type) else _Bare(signature.return_annotation)
    return str(signature.replace(parameters=kept, return_annotation=returned))


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    """Its annotation as it is written, and no default that only the machine can read."""
    default = _Bare("…") if callable(parameter.default) and parameter.default is not parameter.empty else None
    return parameter.replace(annotation=_Bare(parameter.annotation), default=default or parameter.default)


def _values(found: Any) -> str:
    return ", ".join(f"`{each.name}`" for each in found) if isinstance(found, EnumMeta) else ""


def _as_markdown(text: str) -> str:
    """Paragraphs as they stand; outside of code no sign means anything."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<_])", r"\\\1", part) for part in parts)


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE}: {len(_names())} names of aque")
