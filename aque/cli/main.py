"""`aque`: finds the command, and turns aque's errors into one line and an exit status."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from ..core.errors import AqueError
from ..core.garbage import unlooked_for
from ..core.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = {
    "call": "Queue a Python function.",
    "completion": "Print what lets a shell complete words.",
    "db": "Start, stop and look at the embedded server.",
    "doctor": "Look at how the broker is set up, and say how to mend it.",
    "drain": "Let workers take no more tasks, and end.",
    "edit": "Change what tasks ask for.",
    "events": "Show who did what.",
    "help": "Show the help of a command.",
    "init": "Create the schema or bring it up to date.",
    "kill": "Stop tasks.",
    "limits": "Show and set how much of licences and the like may be in use.",
    "metrics": "Tell how the farm is in Prometheus' format.",
    "output": "Show what tasks wrote.",
    "pause": "Hold tasks or queues back.",
    "priority": "Let tasks run earlier or later.",
    "queues": "Show, pause, resume and limit queues.",
    "resume": "Let tasks or queues go on.",
    "retry": "Run tasks again.",
    "rm": "Remove complete tasks.",
    "status": "Show tasks.",
    "submit": "Queue a command.",
    "top": "Watch and steer tasks on the whole screen.",
    "undo": "Take back what somebody did.",
    "wait": "Wait until tasks are complete.",
    "why": "Tell why tasks do not run.",
    "worker": "Run tasks on this host.",
    "workers": "Show the workers that live.",
    "xargs": "Queue commands that are built from stdin, as xargs does.",
}


class LazyGroup(click.Group):
    """Commands by name; `aque --help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            raise click.UsageError(error.message + "".join(f" Did you mean {each!r}?" for each in near), ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def load(name: str) -> click.Command:
    """The command of a name."""
    with unlooked_for():
        command: click.Command = importlib.import_module(f"aque.cli.{name}").command
    command.no_args_is_help = False  # a group without a command is called wrongly as any other
    return command


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(__version__, "-V", "--version", prog_name="aque")
@click.option("--broker", metavar="URL", help="The broker; default $AQUE_BROKER, else the embedded one.")
@click.pass_context
def cli(context: click.Context, broker: str | None) -> None:
    """A work queue for shell commands and Python functions.

    Exit status: 0 done, 1 a task failed or nothing matched, 2 usage, 3 broker unreachable, 4 no such task,
    130 interrupted.

    \b
    Examples:
      aque submit -w echo hello
      aque worker -2
      aque help submit
    """
    del broker  # the commands find it in this context
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


def main() -> None:
    """The console script `aque`."""
    _leave(run(cli, "aque"))


def kill() -> None:
    """The console script `aque-kill`."""
    _leave(run(load("kill"), "aque-kill"))


def xargs() -> None:
    """The console script `aque-xargs`."""
    _leave(run(load("xargs"), "aque-xargs"))


def run(command: click.Command, name: str) -> int:
    """Run a command with this process's arguments; its exit status. Errors are told in one line on stderr."""
    _have_streams()
    try:
        status = _call(command, name)
        sys.stdout.flush()
    except tuple(_ENDS) as error:
        return next(end for kind, end in _ENDS.items() if isinstance(error, kind))(error, name)
    return status


def _leave(status: int) -> NoReturn:
    """End the process, without the look for cycles in all of itself that takes longer than many a command."""
    gc.freeze()
    sys.exit(status)


def _call(command: click.Command, name: str) -> int:
    if f"_{name.upper().replace('-', '_')}_COMPLETE" in os.environ:
        command.main(prog_name=name)  # a shell asks how a word goes on
    # click's own main has other answers to Ctrl-C and to a closed pipe
    with command.make_context(name, sys.argv[1:], help_option_names=["-h", "--help"]) as context:
        result: Any = command.invoke(context)
    return result if isinstance(result, int) else 0


def _on_bad_usage(error: Any, name: str) -> int:
    path = error.ctx.command_path if error.ctx else _called(name)
    return _complain(name, f"{error.format_message()} (see {path} --help)", error.exit_code)


def _called(name: str) -> str:
    """The command that was meant, where click does not say which: of an option without its argument."""
    path: list[str] = [name]
    here: click.Command | None = cli if name == "aque" else None
    for word in sys.argv[1:]:
        if not isinstance(here, click.Group):
            break
        if found := here.get_command(click.Context(here), word):
            path, here = [*path, word], found
    return " ".join(path)


def _on_broken_pipe(_error: Any, _name: str) -> int:
    _forget_stdout()
    return 141  # as if SIGPIPE had ended it


def _on_system_error(error: Any, name: str) -> int:
    from ..core import hangup

    _forget_stdout()
    if hangup.has_come(2):
        return hangup.STATUS  # as if it had been told by that: nobody can be told
    return _complain(name, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 1)


_ENDS: Final[Mapping[type[BaseException], Callable[[Any, str], int]]] = {
    click.exceptions.Exit: lambda error, _: int(error.exit_code),
    click.exceptions.Abort: lambda *_: 130,
    KeyboardInterrupt: lambda *_: 130,
    click.UsageError: _on_bad_usage,
    click.ClickException: lambda error, name: _complain(name, error.format_message(), error.exit_code),
    AqueError: lambda error, name: _complain(name, str(error), error.exit_code),
    BrokenPipeError: _on_broken_pipe,
    OSError: _on_system_error,
}
"""What ends a command before its time, and its exit status; the first that applies."""


def _complain(who: str, message: str, status: int) -> int:
    """Tell it under the name of the program, as all programs do, whichever of its commands it was."""
    click.echo(f"{who}: {' '.join(message.split())}", err=True)
    return status


def _have_streams() -> None:
    """Descriptors that were closed are opened, lest a connection takes their place: writing to stdout still fails."""
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _forget_stdout() -> None:
    """What could not be written is not tried again when this process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
