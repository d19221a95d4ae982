"""aque db"""

from __future__ import annotations

import os

import click

from ..core import config, embedded
from .options import broker_option, echo_json, json_option


@click.group("db")
def command() -> None:
    """Start, stop and look at the embedded server.

    It lives in the place of --broker or $AQUE_BROKER where that is embedded:PATH, else in $AQUE_HOME, else in the
    user's data folder.
    """


@command.command("start")
@click.option("--linger", metavar="TIME", help="Stop after this long without users, or never; default $AQUE_LINGER.")
@broker_option
def start(linger: str | None, broker: str | None) -> None:
    """Start it, unless it runs."""
    endpoint = embedded.ensure(config.required_home(broker), linger=embedded.parse_linger(linger))
    click.echo(f"runs in {endpoint.home.root}", err=True)


@command.command("stop")
@broker_option
def stop(broker: str | None) -> None:
    """Stop it, whoever uses it."""
    home = config.required_home(broker)
    users = embedded.status(home).users
    if not embedded.stop(home):
        click.echo("it did not run", err=True)
    elif users:
        click.echo(f"stopped; {users} used it, and may start it again", err=True)
    else:
        click.echo("stopped", err=True)


@command.command("status")
@json_option
@broker_option
def status(as_json: bool, broker: str | None) -> int:
    """Tell whether it runs; exits with 1 where it does not."""
    told = embedded.status(config.required_home(broker))
    if as_json:
        echo_json(told)
    else:
        click.echo(_line(told))
    return 0 if told.running else 1


@command.command("url")
@json_option
@broker_option
def url(as_json: bool, broker: str | None) -> None:
    """Print its URL, for psql and the like; starts nothing."""
    told = embedded.url(config.required_home(broker))
    if as_json:
        echo_json({"url": told})
    else:
        click.echo(told)


@command.command(
    "psql",
    short_help="Open psql on it, with ARGUMENTS of psql's.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@broker_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...], broker: str | None) -> None:
    """Open psql on it, with ARGUMENTS of psql's; the server stays meanwhile."""
    endpoint = embedded.ensure(config.required_home(broker))
    argv = [*embedded.psql_command(endpoint.home.root), *arguments]
    endpoint.lease.bequeath()
    # What the environment says of other servers is not meant for this one.
    os.execvpe(argv[0], argv, {name: value for name, value in os.environ.items() if not name.startswith("PG")})


def _line(told: embedded.Status) -> str:
    if not told.running:
        return f"{told.home}: does not run"
    size = told.data_bytes / 2**20
    users = "" if told.users is None else f", used by {told.users}"
    return f"{told.home}: runs (pid {told.pid}), PostgreSQL {told.version}, {size:.0f} MiB{users}"
