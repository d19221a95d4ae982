"""aque help"""

from __future__ import annotations

from typing import Final

import click

TOPICS: Final = ("fields", "filters", "settings", "states")
"""What several commands share, and is told in pages of its own."""


def _words(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    names = [*context.find_root().command.list_commands(context), *TOPICS]  # type: ignore[attr-defined]
    return [name for name in names if name.startswith(begun)]


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=_words)
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or of what several share: fields, filters, settings, states.

    \b
    Examples:
      aque help
      aque help submit
      aque help db start
      aque help filters
    """
    if len(words) == 1 and words[0] in TOPICS:
        from .topics import echo

        echo(words[0])
        return
    shown = context.find_root()
    for word in words:
        group = shown.command
        found = group.get_command(shown, word) if isinstance(group, click.Group) else None
        if found is None:
            raise click.UsageError(f"No such command {word!r}.", context)
        shown = click.Context(found, parent=shown, info_name=word)
    click.echo(shown.get_help())
