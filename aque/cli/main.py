"""`aque`: finds the command, and turns aque's errors into one line and an exit status."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Final

import click

from .. import __version__
from ..core.errors import AqueError

COMMANDS: Final = {
    "call": "Queue a Python function.",
    "db": "Start, stop and look at the embedded server.",
    "init": "Create the schema or bring it up to date.",
    "kill": "Stop tasks.",
    "output": "Show what tasks wrote.",
    "status": "Show tasks.",
    "submit": "Queue a command.",
    "wait": "Wait until tasks are complete.",
    "worker": "Run tasks on this host.",
    "workers": "Show the workers that live.",
    "xargs": "Queue commands that are built from stdin, as xargs does.",
}


class LazyGroup(click.Group):
    """Commands by name; `aque --help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"aque.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aque")
def cli() -> None:
    """A work queue for shell commands and Python functions."""


def main() -> None:
    """Run a command. 1: a task failed, 2: usage, 3: the broker cannot be reached, 4: no such task, 130: interrupted."""
    sys.exit(_status())


def xargs() -> None:
    """`aque-xargs` is `aque xargs`."""
    sys.exit(_status(["xargs", *sys.argv[1:]]))


def _status(words: list[str] | None = None) -> int:
    try:
        result: Any = cli.main(words, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AqueError as error:
        click.echo(f"aque: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        click.echo(f"aque: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        return 1
    return result if isinstance(result, int) else 0
