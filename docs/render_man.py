"""Writes a manual page for each command, from the command's own help: `python docs/render_man.py FOLDER`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path

import click

from aque.cli.main import COMMANDS, cli, load
from aque.core.errors import EXITS
from aque.core.variables import VARIABLES
from aque.core.version import __version__


def pages() -> dict[str, str]:
    """The text of each page by the name of its file: that of aque, and one for each command."""
    return {f"{'-'.join(path)}.1": _page(path, command, told) for path, command, told in _commands()}


def _commands() -> Iterator[tuple[tuple[str, ...], click.Command, str]]:
    yield ("aque",), cli, "a work queue for shell commands and Python functions"
    for name, told in COMMANDS.items():
        yield from _below(("aque", name), load(name), told)


def _below(
    path: tuple[str, ...], command: click.Command, told: str
) -> Iterator[tuple[tuple[str, ...], click.Command, str]]:
    yield path, command, told
    for name, each in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _below((*path, name), each, each.get_short_help_str(80))


def _page(path: tuple[str, ...], command: click.Command, told: str) -> str:
    name = " ".join(path)
    context = click.Context(command, info_name=name)
    synopsis = " ".join([name, *command.collect_usage_pieces(context)])
    summary = (told[0].lower() + told[1:]).rstrip(".")
    parts = [
        f'.TH "{"-".join(path).upper()}" 1 "" "aque {__version__}" "aque"',
        _section("NAME", [f"{_text('-'.join(path))} \\- {_text(summary)}"]),
        _section("SYNOPSIS", [f".B {_text(synopsis)}"]),
        _section("DESCRIPTION", _description(command)),
        _section("OPTIONS", _options(command, context)),
        _section("COMMANDS", _list(COMMANDS.items()) if command is cli else ()),
        _section("EXIT STATUS", _list((str(status), told) for status, told in EXITS.items())),
        _section("ENVIRONMENT", _list(_variables()) if command is cli else ()),
        _section("EXAMPLES", _examples(command)),
        _section("SEE ALSO", [_others(path)]),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    body = list(lines)
    return "\n".join([f".SH {title}", *body]) if body else ""


def _paragraphs(command: click.Command) -> list[str]:
    return cleandoc(command.help or "").split("\n\n")


def _description(command: click.Command) -> Iterator[str]:
    for paragraph in _paragraphs(command):
        if "Examples:" not in paragraph:
            yield ".PP"
            yield from map(_text, paragraph.removeprefix("\b\n").splitlines())


def _examples(command: click.Command) -> Iterator[str]:
    for paragraph in _paragraphs(command):
        if "Examples:" in paragraph:
            yield ".nf"
            yield from (_text(line.strip()) for line in paragraph.partition("Examples:\n")[2].splitlines())
            yield ".fi"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    rows = [each.get_help_record(context) for each in command.get_params(context) if isinstance(each, click.Option)]
    return _list(row for row in rows if row)


def _list(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, told in rows:
        yield f".TP\n.B {_text(term)}\n{_text(told)}"


def _variables() -> Iterator[tuple[str, str]]:
    for each in VARIABLES:
        yield each.name, each.meaning + (f"; default {each.default}" if each.default else "")


def _others(path: tuple[str, ...]) -> str:
    return ", ".join(f"aque-{name}(1)" for name in COMMANDS) if len(path) == 1 else f"{'-'.join(path[:-1])}(1)"


def _text(text: str) -> str:
    """Words with nothing in them that roff obeys."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    plain = re.sub(r"[^\x00-\x7f]", lambda match: f"\\[u{ord(match[0]):04X}]", plain)
    return f"\\&{plain}" if plain.startswith(".") else plain


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
    print(f"{folder}: {len(pages())} pages")
