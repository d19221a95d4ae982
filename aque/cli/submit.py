"""aque submit"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import click

from ..core.queue import Queue
from ..core.units import parse_duration
from .options import broker_option, read_ids
from .watch import watch

_CONDITIONS = {"after": "success", "after_any": "complete", "after_failure": "failure"}


@click.command("submit", context_settings={"allow_interspersed_args": False})
@click.option("-n", "--name")
@click.option("-p", "--priority", type=int, help="Larger first; default 1000.")
@click.option("-c", "--cpus", help="2, 0.5, or /4: a fourth of the host.")
@click.option("-m", "--memory", help="512M, 8MB, 1.5GiB.")
@click.option("-q", "--queue")
@click.option("--duration", help="A hint: how long it will take.")
@click.option("--after", multiple=True, metavar="IDS", help="Run after the success of these.")
@click.option("--after-any", multiple=True, metavar="IDS", help="Run after the end of these.")
@click.option("--after-failure", multiple=True, metavar="IDS", help="Run after the failure of these.")
@click.option("--parent", type=int)
@click.option("--host", help="Globs; with ! those that are not to run it.")
@click.option("--platform")
@click.option("--tag", "tags", multiple=True)
@click.option("--cwd")
@click.option("--env", multiple=True, metavar="K=V")
@click.option("--stdin", metavar="PATH|-", help="A path; - for what is on stdin now.")
@click.option("--stdout")
@click.option("--stderr")
@click.option("--retries", type=int)
@click.option("--timeout")
@click.option("--at", "run_at", metavar="TIME")
@click.option("--delay", help="30s, 2h: not before that time has passed.")
@click.option("--hold", is_flag=True, help="Paused until it is resumed.")
@click.option("--key", help="Unique among the tasks that are not complete.")
@click.option("-s", "--shell", is_flag=True, help="CMD is a line for /bin/sh.")
@click.option("-w", "--watch", "is_watched", is_flag=True, help="Show its output, and exit as it does.")
@broker_option
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(broker: str | None, cmd: tuple[str, ...], shell: bool, is_watched: bool, **given: Any) -> int:
    """Queue a command; its id is printed."""
    fields = {"pattern": "shell", "args": " ".join(cmd) if shell else list(cmd), **_fields(given)}
    future = Queue(broker=broker).submit_many([fields])[0]
    if not is_watched:
        click.echo(future.id)
        return 0
    return watch(future)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    dependencies = [
        (task, condition)
        for option, condition in _CONDITIONS.items()
        for words in given.pop(option)
        for task in read_ids(words.replace(",", " ").split())
    ]
    environ, stdin, delay = (given.pop(name) for name in ("env", "stdin", "delay"))
    fields = {name: value for name, value in given.items() if value not in (None, (), False)}
    if environ:
        fields["environ"] = {**os.environ, **dict(map(_pair, environ))}
    if stdin == "-":
        fields["stdin_value"] = sys.stdin.buffer.read()
    elif stdin:
        fields["stdin"] = os.path.abspath(stdin)  # noqa: PTH100 - keeps symlinks
    if delay:
        fields["run_at"] = time.time() + parse_duration(delay)
    return {**fields, "dependencies": dependencies}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--env: {text!r} is not K=V")
    return name, value
