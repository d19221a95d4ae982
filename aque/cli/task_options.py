"""The options that make a task, declared once for all commands that queue one."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.environment import environ as own_environ
from ..core.errors import UsageError
from .completing import queue_names, task_ids
from .endings import echo_ending, exit_status, is_plain_exit, tell
from .options import Function, broker_option, duration, echo_json, json_option, read_ids
from .sinks import sink

if TYPE_CHECKING:
    from ..core.broker import Broker
    from ..core.queries.tasks import Ending

_CONDITIONS: Final = {"after": "success", "after_any": "complete", "after_failure": "failure"}
_FILES: Final = ("stdin", "stdout", "stderr")


def _checked(_: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Refuse what the field of this name does not take, before a broker is asked."""
    from ..core.task import Prototype

    try:
        Prototype.read({parameter.name or "": value})
    except UsageError as error:
        raise click.BadParameter(str(error).partition(": ")[2], param=parameter) from None
    return value


def _hooks(_: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    from ..core import hooks

    try:
        return hooks.read(value)
    except UsageError as error:
        raise click.BadParameter(str(error).partition(": ")[2], param=parameter) from None


def _option(*names: str, **settings: Any) -> Callable[[Function], Function]:
    return click.option(*names, callback=_checked, **settings)


def _ids(name: str, help: str) -> Callable[[Function], Function]:
    return click.option(name, multiple=True, metavar="IDS", shell_complete=task_ids, help=help)


_OPTIONS: Final = (
    _option("-n", "--name", metavar="NAME", help="What it is called."),
    _option("-p", "--priority", metavar="N", help="Larger first; default 1000."),
    _option("-c", "--cpus", metavar="CPUS", help="2, 0.5, or /4: a fourth of the host; default 1."),
    _option("-m", "--memory", metavar="SIZE", help="512M, 8MB, 1.5GiB; default 0."),
    _option("-q", "--queue", metavar="NAME", shell_complete=queue_names, help="Default: default."),
    _option("--duration", metavar="DURATION", help="A hint: how long it will take."),
    _option("--io-path", "--io", "io_paths", multiple=True, metavar="PATH", help="A hint: what it reads or writes."),
    _ids("--after", "Run after the success of these; 1,2 or - for stdin."),
    _ids("--after-any", "Run after the end of these."),
    _ids("--after-failure", "Run after the failure of these."),
    click.option(
        "--otherwise",
        type=click.Choice(["fail", "cancel", "wait"]),
        metavar="fail|cancel|wait",
        help="Where one of these ends otherwise: fail with it, be cancelled, or wait for its retry; default fail.",
    ),
    click.option("--parent", type=int, metavar="ID", help="Inherit its fields; it waits for this task."),
    _option("--host", metavar="GLOBS", help="Where it may run; with ! where it may not."),
    _option("--platform", metavar="NAME", help="As in sys.platform: linux, darwin."),
    _option("--tag", "tags", multiple=True, metavar="TAG", help="What its worker must offer."),
    _option("--limit", "limits", multiple=True, metavar="NAME[=N]", help="Units of a named limit; see aque limits."),
    _option("--cwd", metavar="PATH", help="Where it runs; default here."),
    click.option("--env", multiple=True, metavar="K=V", help="A variable beside those of this environment."),
    _option("--stdin", metavar="PATH|-", help="A file; - for what is on stdin now."),
    _option("--stdout", metavar="PATH", help="A file; {id}, {name} and {attempt} are filled in."),
    _option("--stderr", metavar="PATH", help="A file; the same as --stdout's is written by both."),
    _option("--interpreter", metavar="PROGRAM", help="The program that runs it."),
    _option("--isolation", metavar="KIND", help="process: one of its own; shared: one after another in warm ones."),
    _option("--user", metavar="NAME", help="Whose task it is; a worker of root runs those of others."),
    _option("--group", metavar="NAME", help="The group that it runs with."),
    _option("--retries", metavar="N", help="Runs after one that failed; default 0."),
    _option("--retry-delay", metavar="DURATION", help="Before the first retry; doubled for each that follows."),
    _option("--timeout", metavar="DURATION", help="A run is stopped after it."),
    _option("--at", "run_at", metavar="TIME", help="Not before; 2030-01-31T18:00, or the next 18:00."),
    click.option("--delay", metavar="DURATION", callback=duration, help="Not before that has passed."),
    click.option("--hold", is_flag=True, help="Paused until it is resumed."),
    _option("--key", metavar="KEY", help="Unique among the tasks that are not complete."),
    click.option(
        "--on-done",
        multiple=True,
        metavar="LINE|URL",
        callback=_hooks,
        help="Once it has ended: a line for /bin/sh, or a URL that is told by POST; a task of its own.",
    ),
    click.option("-w", "--watch", "--wait", "is_watched", is_flag=True, help="Show its output, and exit as it does."),
    json_option,
    broker_option,
)


def task_options(function: Function) -> Function:
    """All options that make a task, then --watch, --json and --broker."""
    for each in reversed(_OPTIONS):
        function = each(function)
    return function


OF_TASKS: Final[Sequence[click.Option]] = task_options(lambda: None).__click_params__  # type: ignore[attr-defined]
"""They, by themselves."""


def fields(given: dict[str, Any], now: Callable[[], datetime]) -> dict[str, Any]:
    """The fields of a prototype from options as click gives them; `now` is the broker's clock."""
    after = {name: given.pop(name) for name in _CONDITIONS}
    dependencies = _dependencies(after, given.pop("otherwise"), given["stdin"])
    environ, delay = given.pop("env"), given.pop("delay")
    found = {name: value for name, value in given.items() if value is not None and value != () and value is not False}
    found.update((name, os.path.abspath(found[name])) for name in _FILES if found.get(name, "-") != "-")  # noqa: PTH100
    if environ:
        found["environ"] = {**own_environ(), **dict(map(_pair, environ))}
    if found.get("stdin") == "-":
        del found["stdin"]
        found["stdin_value"] = sys.stdin.buffer.read()
    if delay is not None:
        if "run_at" in found:
            raise click.UsageError("give --at or --delay, not both")
        found["run_at"] = now() + timedelta(seconds=delay)
    return {**found, "dependencies": dependencies}


def _dependencies(
    given: dict[str, tuple[str, ...]], otherwise: str | None, stdin: str | None
) -> list[dict[str, int | str]]:
    words = [(each, name) for name, texts in given.items() for text in texts for each in text.replace(",", " ").split()]
    if [each for each, _ in words].count("-") + (stdin == "-") > 1:
        raise click.UsageError("stdin can be read once")
    if otherwise and not words:
        raise click.UsageError("--otherwise goes with --after, --after-any or --after-failure")
    return [
        {"task": task, "condition": _CONDITIONS[name], "otherwise": otherwise or "fail"}
        for each, name in words
        for task in read_ids([each])
    ]


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--env: {text!r} is not K=V")
    return name, value


def queue_task(broker: Broker, prototype: dict[str, Any]) -> int:
    """Store one task; its id. No future is made for it: its value is not to be decoded here.

    Raises UsageError for a user that is not there, where the broker is this host's own: none could run it.
    """
    from ..core.config import is_embedded
    from ..core.task import local_defaults

    if is_embedded(broker.to_url()):
        _check_user(prototype.get("user"))
    task = broker.submit([prototype], local_defaults())[0]
    if "limits" in prototype:
        from ..core import farm

        for words in farm.limit_warnings(broker, prototype["limits"]):
            click.echo(words, err=True)
    return task


def _check_user(name: str | None) -> None:
    try:
        if name is not None:
            pwd.getpwnam(name)
    except KeyError:
        raise UsageError(f"no such user on this host: {name}") from None


def _print_id(task: int) -> None:
    try:
        click.echo(task)
    except BrokenPipeError:
        raise
    except OSError as error:
        told = f"task {task} is queued, but its id could not be written: {error.strerror}"
        raise OSError(error.errno, told) from None


def queue_and_show(
    broker: Broker,
    prototype: dict[str, Any],
    *,
    is_watched: bool,
    as_json: bool,
    at_end: Callable[[Ending], None] = lambda _: None,
) -> int:
    """Store one task, and print its id, or follow it to its end and exit as its command did."""
    from ..core.tracing import exported

    with exported():
        return _show(broker, queue_task(broker, prototype), is_watched=is_watched, as_json=as_json, at_end=at_end)


def _show(broker: Broker, task: int, *, is_watched: bool, as_json: bool, at_end: Callable[[Ending], None]) -> int:
    if as_json:
        echo_json({"id": task})
    elif not is_watched:
        _print_id(task)
    if not is_watched:
        return 0
    from .watch import watch

    ending = watch(broker, task, sink(as_json=as_json, merged=False, together=False))
    if as_json:
        echo_ending(ending)
    elif ending.state == "success":
        at_end(ending)
    elif not is_plain_exit(ending):
        tell(ending)
    return exit_status(ending)
