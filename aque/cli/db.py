"""aque db"""

from __future__ import annotations

import os

import click

from ..core import embedded
from .options import echo_json, json_option


@click.group("db")
def command() -> None:
    """Start, stop and look at the embedded server ($AQUE_HOME, else the user's data folder)."""


@command.command("start")
def start() -> None:
    """Start it, unless it runs."""
    click.echo(f"runs in {embedded.ensure().home.root}", err=True)


@command.command("stop")
def stop() -> None:
    """Stop it, whoever uses it."""
    click.echo("stopped" if embedded.stop() else "it did not run", err=True)


@command.command("status")
@json_option
def status(as_json: bool) -> int:
    """Tell whether it runs; exits with 1 where it does not."""
    told = embedded.status()
    if as_json:
        echo_json(told)
    else:
        state = f"runs (pid {told.pid}), PostgreSQL {told.version}" if told.running else "does not run"
        click.echo(f"{told.home}: {state}")
    return 0 if told.running else 1


@command.command("url")
def url() -> None:
    """Print its URL."""
    click.echo(embedded.url())


@command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on it."""
    endpoint = embedded.ensure()
    argv = [*embedded.psql_command(), *arguments]
    pid = os.spawnvp(os.P_WAIT, argv[0], argv)
    endpoint.lease.close()
    raise click.exceptions.Exit(pid)
