"""aque completion"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import click

_PROGRAMS: Final = ("aque", "aque-kill", "aque-xargs")
# click's own script for zsh is for one program: of several in a file, as it is loaded, all would be asked at each Tab.
_ZSH: Final = """\
#compdef %(programs)s

_aque() {
    local program=${words[1]:t} kind value meaning
    local -a lines plain told
    (( $+commands[$program] )) || return 1
    lines=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \\
        "_${${(U)program}//-/_}_COMPLETE=zsh_complete" $program)}")
    for kind value meaning in "${lines[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files ;;
            plain) if [[ $meaning == _ ]]; then plain+=("$value"); else told+=("$value:$meaning"); fi ;;
        esac
    done
    (( $#told )) && _describe -V unsorted told -U
    (( $#plain )) && compadd -U -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _aque "$@"
else
    compdef _aque %(programs)s
fi
"""


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
    click.echo(_SCRIPTS.get(shell, _by_click)(shell), nl=False)


def _by_click(shell: str) -> str:
    """The scripts that click makes, one for each program."""
    from click.shell_completion import get_completion_class

    from .main import cli

    kind = get_completion_class(shell)
    assert kind
    names = ((name, f"_{name.upper().replace('-', '_')}_COMPLETE") for name in _PROGRAMS)
    return "".join(f"{kind(cli, {}, name, variable).source()}\n" for name, variable in names)


def _of_fish(shell: str) -> str:
    """A comma may stand in what is offered, as in a list of ids: the first alone ends the kind."""
    return _by_click(shell).replace('string split ","', 'string split --max 1 ","')


_SCRIPTS: Final[Mapping[str, Callable[[str], str]]] = {
    "zsh": lambda _: _ZSH % {"programs": " ".join(_PROGRAMS)},
    "fish": _of_fish,
}
