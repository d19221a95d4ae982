"""aque kill"""

from __future__ import annotations

import signal as signals

import click

from ..core.broker import get_broker
from .options import broker_option, echo_json, ids_argument, json_option


def _signal(_: click.Context, __: click.Parameter, text: str) -> int:
    try:
        return int(
            signals.Signals(int(text)) if text.isdecimal() else signals.Signals[f"SIG{text.removeprefix('SIG')}"]
        )
    except (KeyError, ValueError):
        raise click.BadParameter(f"no such signal: {text}") from None


@click.command("kill")
@ids_argument()
@click.option("-s", "--signal", default="TERM", show_default=True, callback=_signal)
@click.option("--grace", default=5.0, show_default=True, help="Seconds until SIGKILL.")
@json_option
@broker_option
def command(ids: list[int], signal: int, grace: float, as_json: bool, broker: str | None) -> int:
    """Stop tasks: those that wait are cancelled, those that run get a signal."""
    done = get_broker(broker).kill(ids, signal, grace)
    for each in done if as_json else ():
        echo_json(each)
    running = sum(each.worker is not None for each in done)
    click.echo(f"{running} running told to stop, {len(done) - running} cancelled or failed", err=True)
    return 0 if done else 1
