"""aque drain"""

from __future__ import annotations

from dataclasses import asdict

import click

from ..core.errors import UsageError
from ..core.text import clean
from .completing import worker_names
from .options import broker_option, echo_json, json_option, open_broker


@click.command("drain")
@click.argument("workers", nargs=-1, metavar="[WORKER]...", shell_complete=worker_names)
@click.option("--all", "are_all", is_flag=True, help="All that live.")
@json_option
@broker_option
def command(workers: tuple[str, ...], are_all: bool, as_json: bool, broker: str | None) -> int:
    """Let workers, by id or name, take no more tasks; they end with the last that they run.

    They hear of it within a second. `aque workers` shows who they are.

    \b
    Examples:
      aque drain 7
      aque drain render-1 render-2
      aque drain --all
    """
    if bool(workers) == are_all:
        raise UsageError("which workers? give ids or names, or --all")
    from ..core import farm

    done = farm.drain(open_broker(broker), None if are_all else workers)
    for each in done:
        if as_json:
            echo_json(asdict(each))
        else:
            click.echo(f"{clean(each.name)} ({each.id}): {'drains' if each.is_new else 'drains already'}", err=True)
    if not done:
        click.echo("no worker is alive", err=True)
    return 0 if done else 1
