"""The documentation says what the commands' own help says."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aque.cli.main import COMMANDS, cli, load

DOCS = Path(__file__).parents[2] / "docs"
TESTS = Path(__file__).parents[1]
UNFINISHED = {"db", "worker"}


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all commands below it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, f"{path} {name}")


ALL = [found for name in COMMANDS for found in leaves(load(name), name)]


def test_commands_md_is_up_to_date() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    render = runpy.run_path(str(DOCS / "render_commands.py"))["render"]
    assert render(page) == page, "run `make docs`"


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_every_option_of_every_command_is_documented(path: str, command: click.Command) -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    _, found, rest = page.partition(f" aque {path}\n")
    assert found, f"commands.md has no section `aque {path}`"
    section = rest.partition("\n##")[0]
    for option in command.params:
        if isinstance(option, click.Option):
            assert all(name in section for name in option.opts), f"aque {path}: {option.opts}"
            assert option.help or path in UNFINISHED, f"aque {path} {option.opts[0]} has no help"


def test_every_command_has_a_manual_page_that_roff_can_read() -> None:
    pages = runpy.run_path(str(DOCS / "render_man.py"))["pages"]()
    assert {f"aque-{path.replace(' ', '-')}.1" for path, _ in ALL} | {"aque.1"} == set(pages)
    for name, text in pages.items():
        assert text.startswith(".TH"), name
        assert ".SH SYNOPSIS" in text, name
        assert text.isascii(), name
        if groff := shutil.which("groff"):
            done = subprocess.run([groff, "-man", "-Tascii", "-ww"], input=text, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, ""), name


@pytest.mark.parametrize("path", [path for path, _ in ALL])
def test_every_command_is_called_by_a_test(path: str) -> None:
    """As words beside each other, such as `"queues", "pause"`; those of `db` behind their group."""
    words = path.removeprefix("db ").split()
    call = re.compile(r"[(\[\s]" + r",\s*".join(f'"{word}"' for word in words))
    files = [each for face in ("cli", "tui") for each in (TESTS / face).rglob("test_*.py") if each != Path(__file__)]
    assert any(call.search(each.read_text("utf-8")) for each in files), f"no test calls aque {path}"


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - UNFINISHED))
def test_the_help_of_every_command_has_examples_that_the_command_can_read(name: str) -> None:
    _, found, examples = (load(name).help or "").partition("Examples:\n")
    assert found
    assert f"aque {name}" in examples


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - UNFINISHED))
def test_values_of_options_are_named_for_what_they_are(name: str) -> None:
    """TEXT and FLOAT, click's own names, tell nobody what to write."""
    for option in load(name).params:
        if isinstance(option, click.Option) and not option.is_flag:
            assert option.metavar, f"aque {name} {option.opts[0]}"


def test_the_summary_lists_what_there_is() -> None:
    assert list(COMMANDS) == sorted(COMMANDS)
    assert all(text.endswith(".") for text in COMMANDS.values())
    assert cli.list_commands(click.Context(cli)) == list(COMMANDS)
