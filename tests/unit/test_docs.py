"""The manual says what the program does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import aque
from aque.core.filter import parse, show
from aque.core.variables import IN_TASKS, VARIABLES

PACKAGE = Path(aque.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"
TABLES = runpy.run_path(str(DOCS / "tables.py"))


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_tables_are_those_of_the_declarations(page: Path) -> None:
    """`python docs/tables.py` writes them anew."""
    text = page.read_text("utf-8")
    assert TABLES["renewed"](text) == text


def test_every_field_stands_in_the_manual() -> None:
    assert "| `memory` (`mem`) |" in (DOCS / "filters.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"aque status -f '([^']+)' +#", (DOCS / "filters.md").read_text("utf-8")))
def test_filters_of_the_manual_are_filters(text: str) -> None:
    assert parse(show(parse(text))) == parse(text)


def test_the_python_interface_is_that_of_the_docstrings() -> None:
    render = runpy.run_path(str(DOCS / "render_api.py"))["render"]
    page = (DOCS / "api.md").read_text("utf-8")
    assert render(page) == page, "run `make docs`"


def test_all_that_is_exported_is_told_of() -> None:
    page = (DOCS / "api.md").read_text("utf-8") + (DOCS / "errors.md").read_text("utf-8")
    hidden = [name for name in aque.__all__ if not re.search(rf"\b{name}\b", page)]
    assert hidden == ["__version__"]
    assert not re.findall(r"^#+ (\S+)\n\n```python\n.*\n```\n\n(?=#)", page, re.MULTILINE), "no docstring"


def test_every_variable_that_is_read_or_given_is_declared() -> None:
    named = {
        name for file in PACKAGE.rglob("*.py") for name in re.findall(r"\bAQUE_[A-Z_]+\b", file.read_text("utf-8"))
    }
    assert named == {each.name for each in (*VARIABLES, *IN_TASKS) if each.name.startswith("AQUE_")}


def test_the_tree_of_errors_is_told_in_one_way() -> None:
    """As in the docstring of its module, down to the exit statuses."""
    drawn = re.findall(r"^[│├└─ ]*(\w+) +(\d) ?", aque.errors.__doc__ or "", re.MULTILINE)
    table = re.findall(r"^\| (?:&emsp;)*`(\w+)` \| (\d)", (DOCS / "errors.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(drawn) == sorted(table)


@pytest.mark.parametrize("picture", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda picture: picture.stem)
def test_pictures_are_shown_and_tell_nothing_of_where_they_were_made(picture: Path) -> None:
    text = picture.read_text("utf-8")
    assert f"](pictures/{picture.name})" in (DOCS / "top.md").read_text("utf-8")
    assert len(text) < 200_000
    assert "http" not in text.replace("http://www.w3.org/", "").replace("https://www.textualize.io", "")
    assert not re.search(r"/tmp|/home|/root|root\b", text)
