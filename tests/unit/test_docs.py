"""The manual says what the program does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from aque.core.filter import parse, show

DOCS = Path(__file__).parents[2] / "docs"
TABLES = runpy.run_path(str(DOCS / "tables.py"))


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_tables_are_those_of_the_declarations(page: Path) -> None:
    """`python docs/tables.py` writes them anew."""
    text = page.read_text("utf-8")
    assert TABLES["renewed"](text) == text


def test_every_field_stands_in_the_manual() -> None:
    assert "| `memory` (`mem`) |" in (DOCS / "filters.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"aque status -f '([^']+)' +#", (DOCS / "filters.md").read_text("utf-8")))
def test_filters_of_the_manual_are_filters(text: str) -> None:
    assert parse(show(parse(text))) == parse(text)


@pytest.mark.parametrize("picture", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda picture: picture.stem)
def test_pictures_are_shown_and_tell_nothing_of_where_they_were_made(picture: Path) -> None:
    text = picture.read_text("utf-8")
    assert f"](pictures/{picture.name})" in (DOCS / "top.md").read_text("utf-8")
    assert len(text) < 200_000
    assert "http" not in text.replace("http://www.w3.org/", "").replace("https://www.textualize.io", "")
    assert not re.search(r"/tmp|/home|/root|root\b", text)
