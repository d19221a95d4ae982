"""Writes the sections of commands.md, one a command, from the commands' own help: `python docs/render_commands.py`."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from aque.cli.main import COMMANDS, cli, load

PAGE = Path(__file__).with_name("commands.md")
MARK = "<!-- from here on written by docs/render_commands.py -->\n"


def render(page: str) -> str:
    """The page with its sections as they should be; what stands above the mark is kept."""
    head, mark, _ = page.partition(MARK)
    sections = [section for name in sorted(COMMANDS) for section in _sections(load(name), f"aque {name}", "##")]
    return head + mark + "\n" + "\n".join(sections)


def _sections(command: click.Command, path: str, level: str) -> Iterator[str]:
    context = click.Context(command, info_name=path, parent=None)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield "\n".join([f"{level} {path}\n", f"    {usage}\n", *_help(command), *_options(command, context)])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from _sections(found, f"{path} {name}", f"{level}#")


def _help(command: click.Command) -> Iterator[str]:
    """Paragraphs as they stand, examples as code."""
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        lines = paragraph.removeprefix("\b\n").splitlines()
        if lines[0] == "Examples:":
            lines = [f"    {line.strip()}" for line in lines[1:]]
        yield "\n".join(lines) + "\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    rows = [each.get_help_record(context) for each in command.params if isinstance(each, click.Option)]
    if found := [row for row in rows if row]:
        yield "| option | |\n|---|---|"
        yield from (f"| `{_cell(names)}` | {_cell(text)} |" for names, text in found)
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE}: {len(COMMANDS)} commands of {cli.name or 'aque'}")
