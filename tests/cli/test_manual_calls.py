"""What the manual, the README and the help have people type can be read by the commands that it names."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click
import pytest

from aque.cli.main import COMMANDS, load
from aque.cli.xargs.limits import measure
from aque.cli.xargs.options import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PYTHON = re.compile(r"^```python\n.*?^```", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```(?:sh)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (.*)", re.MULTILINE)
_SPAN = re.compile(r"`(aque [a-z][^`\n]*)`")
_STANDS_FOR_IDS = re.compile(r"^(\$\w+|ID)(?=-|$)")
Call = tuple[str, ...]


def blocks(page: str) -> Iterator[str]:
    """The lines of a page's code for a shell; those that show what a command may be given are none."""
    text = _PYTHON.sub("", page)
    for block in (*_FENCED.findall(text), *_INDENTED.findall(text)):
        yield from (line for line in block.replace("\\\n", " ").splitlines() if "OPTIONS]" not in line)


def spans(page: str) -> Iterator[str]:
    """Commands within a text."""
    for found in _SPAN.findall(page):
        yield re.sub(r" ?\[.*", "", found.replace("\\|", "|"))


def examples(name: str) -> list[str]:
    """The last lines of a command's help."""
    return (load(name).help or "").partition("Examples:")[2].splitlines()


def calls(line: str) -> Iterator[Call]:
    """The words of each call of aque in a line, without what the shell itself takes out."""
    if not re.search(r"\baque [a-z]", line):
        return
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    for part in re.split(r"\n[|&;()]+\n", "\n" + "\n".join(words) + "\n"):
        found = part.split("\n")
        while "aque" in found and (found := found[found.index("aque") + 1 :]):
            if found[0] in COMMANDS:
                yield tuple(_typed(found))
                break


def _typed(words: Sequence[str]) -> Iterator[str]:
    """Without redirections, and with a number where something stands for ids."""
    left = iter(words)
    for word in left:
        if word and set(word) <= set("<>"):
            next(left, None)
        elif word and word != "…":
            yield _STANDS_FOR_IDS.sub("1", word)


def read(call: Call) -> None:
    """As the command does; raises what it would say."""
    name, *rest = call
    if name == "xargs":
        parse(rest, measure(os.environb), lambda said: None)
        return
    command = load(name)
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    with suppress(click.exceptions.Exit):  # of --help
        command.make_context(name, rest)


def told() -> Iterator[tuple[str, Call]]:
    """Each call that people may copy, once for a page."""
    texts = {page.name: blocks(page.read_text("utf-8")) for page in PAGES}
    helps = {f"{name} --help": iter(examples(name)) for name in COMMANDS}
    for place, lines in {**texts, **helps}.items():
        yield from ((place, each) for each in dict.fromkeys(call for line in lines for call in calls(line)))


WHOLE = [pytest.param(call, id=f"{place}: aque {' '.join(call)}") for place, call in told()]
NAMED = sorted({call for page in PAGES for line in spans(page.read_text("utf-8")) for call in calls(line)})


def test_there_is_much_that_people_may_copy() -> None:
    assert len(WHOLE) > 250
    assert len(NAMED) > 80


@pytest.mark.parametrize("call", WHOLE)
def test_what_people_may_copy_is_no_usage_error(call: Call) -> None:
    read(call)


@pytest.mark.parametrize("call", NAMED, ids=" ".join)
def test_what_a_text_names_is_there(call: Call) -> None:
    """It may leave out what it is not about."""
    try:
        read(call)
    except click.MissingParameter:
        return
    except click.BadOptionUsage as error:
        assert "requires an argument" in error.message
    except click.BadParameter:
        assert re.search(r"\b[A-Z]+$", call[-1]), call  # a word that stands for a value
