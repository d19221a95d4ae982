"""aque completion"""

from __future__ import annotations

from typing import Final

import click

_PROGRAMS: Final = ("aque", "aque-kill")


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script by which a shell completes commands, options, ids, filters, queues and workers.

    It asks aque at each Tab; an embedded broker that does not run is not started for it.

    \b
    Examples:
      aque completion bash > ~/.local/share/bash-completion/completions/aque
      aque completion zsh > ~/.zfunc/_aque
      aque completion fish > ~/.config/fish/completions/aque.fish
    """
    from click.shell_completion import get_completion_class

    from .main import cli

    kind = get_completion_class(shell)
    assert kind
    for name in _PROGRAMS:
        click.echo(kind(cli, {}, name, f"_{name.upper().replace('-', '_')}_COMPLETE").source())
