"""docs/encoding.md and docs/patterns.md say what the code does."""

from __future__ import annotations

import datetime
import decimal
import fractions
import http
import json
import pathlib
import re
import urllib.parse
import uuid
import zoneinfo
from collections.abc import Iterator

import pytest

from aque.core import patterns
from aque.core.child import codec
from aque.core.child.codec import Reference

_DOCS = pathlib.Path(__file__).parents[2] / "docs"
_MODULES = (datetime, decimal, fractions, http, json, pathlib, re, urllib, uuid, zoneinfo)
_NAMES = {"Reference": Reference, **{module.__name__: module for module in _MODULES}}


def _rows(document: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading line."""
    lines = (_DOCS / document).read_text("utf-8").splitlines()
    start = lines.index(heading) + 2
    table = lines[start : next(n for n in range(start, len(lines)) if not lines[n].startswith("|"))]
    return [[cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def _examples() -> Iterator[tuple[str, str, str]]:
    """The form, the Python text and the stored text of each example; "and N zeros" is written out."""
    for value, form, stored in _rows("encoding.md", "| A value such as | is of the form | and stored as |"):
        whole = re.sub(r"` and (\d+) zeros `", lambda found: "0" * int(found[1]), stored)
        for python, text in zip(re.findall("`(.*?)`", value), re.findall("`(.*?)`", whole), strict=True):
            yield form, python, text


@pytest.mark.parametrize(("form", "python", "text"), list(_examples()))
def test_the_table_of_forms_shows_what_is_stored(form: str, python: str, text: str) -> None:
    if "zoneinfo" in python and not zoneinfo.available_timezones():
        pytest.skip("no time zones on this machine")
    value = eval(python, dict(_NAMES))
    assert codec.encode(value) == text
    assert repr(codec.decode(text)) == repr(value)
    assert re.match(r'\{"\$(\w+)"|', text)[1] == (None if form == "plain" else form)  # type: ignore[index]


def test_the_table_of_forms_is_complete() -> None:
    assert {form for form, _, _ in _examples()} == {"plain", *codec.tags()}


def test_the_table_of_patterns_is_complete() -> None:
    rows = _rows("patterns.md", "| pattern | does | result |")
    assert [name.strip("`") for name, *_ in rows] == list(patterns._BUILT_IN)


def test_the_hooks_of_the_table_are_those_of_the_class() -> None:
    named = {
        hook.strip("`").partition("(")[0]
        for hook, *_ in _rows("patterns.md", "| hook | where it is called | what it gives |")
    }
    own = {name for name, each in vars(patterns.Pattern).items() if callable(each) and not name.startswith("_")}
    assert named == own - {"is_instant"} | {"run"}


def test_the_example_of_a_pattern_works() -> None:
    (_, source) = re.findall(r"```python\n# farm.py\n(.*?)```", (_DOCS / "patterns.md").read_text("utf-8"), re.S)
    names: dict[str, type] = {}
    exec(source, names)
    render = names["Render"]()
    read = patterns.Prototype.read({"pattern": "render", "scene": "a"})
    assert render.prepare(read).name == "render a"
    assert render.command({"extra": {"scene": "a"}, "args": ["-f"]}) == ["render", "a", "-f"]
