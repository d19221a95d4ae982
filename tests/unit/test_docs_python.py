"""Python in the manual and the README is Python, and names what aque has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import aque

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(aque\.[A-Z]\w*)\b")
_OWNERS = {"aque": aque, "queue": aque.Queue, "broker": aque.Broker}


def blocks() -> Iterator[object]:
    """Each program of a page; signatures of the reference are none."""
    for page in PAGES:
        if page.name != "api.md":
            found = _BLOCK.findall(page.read_text("utf-8"))
            yield from (pytest.param(text, id=f"{page.name}-{number}") for number, text in enumerate(found, 1))


@pytest.mark.parametrize("text", [*blocks()])
def test_a_program_can_be_read_and_names_what_is_there(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _OWNERS:
            found = f"{node.value.id}.{node.attr}"
            assert hasattr(_OWNERS[node.value.id], node.attr) or found == "aque.joblib", found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_text_names_of_aque_is_exported(page: Path) -> None:
    named = {each.partition(".")[2] for each in _SPAN.findall(page.read_text("utf-8"))}
    assert named - {*aque.__all__} == set()
