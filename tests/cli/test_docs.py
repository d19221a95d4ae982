"""The documentation says what the commands' own help says."""

from __future__ import annotations

import itertools
import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aque.cli.main import COMMANDS, cli, load
from aque.cli.xargs.options import _TABLE as XARGS

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


@pytest.mark.parametrize(("path", "command"), [each for each in ALL if " " in each[0]])
def test_what_the_help_of_a_group_says_of_its_commands_is_whole(path: str, command: click.Command) -> None:
    assert not command.get_short_help_str(60).endswith("..."), f"give {path} a short_help"


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


def calls(page: str) -> Iterator[tuple[str, list[str]]]:
    """The commands in the right columns of tables, with their options; an option by itself is one of submit's."""
    columns = "\n".join(re.findall(r"^\| .+? (?<!\\)\| (.*) \|$", page, re.MULTILINE))
    for text in re.findall(r"`((?:aque \w|-)[^`]*)`", columns):
        words = shlex.split(text.replace("\\|", "|").replace("…", ""))
        path = words[1] if words[0] == "aque" else "submit"
        options = itertools.takewhile(lambda word: word not in (":::", "CMD"), words)
        yield path, [word.partition("=")[0] for word in options if re.match("--?[a-z]", word)]


@pytest.mark.parametrize("other", ["slurm", "parallel", "celery"])
def test_what_others_call_it_is_something_that_there_is(other: str) -> None:
    found = list(calls((DOCS / "howto" / f"from-{other}.md").read_text("utf-8")))
    assert len(found) > 5
    for name, options in found:
        own = name == "submit" and other == "parallel"
        known = {each for option in load(name).params for each in option.opts}
        if name == "xargs" or own:
            known |= {f"--{each.long}" for each, _ in XARGS} | {f"-{each.short}" for each, _ in XARGS}
        assert {option[:2] if re.match("-[a-zA-Z]", option) else option for option in options} <= known, (name, options)


def test_the_map_of_the_manual_has_every_page() -> None:
    """The navigation of the site is read from there; dead links are found by `make site`."""
    sections = runpy.run_path(str(DOCS / "site_hooks.py"))["sections"]((DOCS / "index.md").read_text("utf-8"))
    listed = [page for pages in sections.values() for page in pages.values()]
    assert sorted(listed) == sorted(
        str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page.name != "index.md"
    )


def test_what_reliability_rests_on_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (DOCS / "reliability.md").read_text("utf-8"))
    assert len(named) > 15
    assert [each for each in named if not (DOCS.parent / each).exists()] == []


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
