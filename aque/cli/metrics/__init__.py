"""aque metrics"""

from __future__ import annotations

import click

from ...core import address
from ..options import broker_option, open_broker


def _read(_: click.Context, parameter: click.Parameter, text: str | None) -> address.Address | None:
    if text is None:
        return None
    if not (found := address.read(text)):
        raise click.BadParameter(f"{text!r} is not [HOST:]PORT", param=parameter)
    return found._replace(host=found.host or address.LOOPBACK)


@click.command("metrics")
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    callback=_read,
    help="Serve them over HTTP; HOST is 127.0.0.1 where it is not given.",
)
@broker_option
def command(listen: address.Address | None, broker: str | None) -> int:
    """Tell how the farm is in Prometheus' text format: once on stdout, or with --listen to all who ask.

    Counts of what ended, with the times of waiting and running, begin when it begins to listen; on stdout the last five
    minutes are told instead. Where the broker cannot be reached aque_up is 0, and the next who asks may find it back.
    TERM ends it.

    \b
    Examples:
      aque metrics --listen 9187
      curl -s http://127.0.0.1:9187/metrics
      aque metrics > /var/lib/node_exporter/aque.prom
    """
    from ...core.metrics import Meter
    from .watch import Watch

    watch = Watch(Meter(open_broker(broker)))
    if listen is not None:
        from .server import serve

        return serve(watch, listen)
    from .families import text

    look = watch.recent()
    click.echo(text(look), nl=False)
    if look.reading is None:
        click.echo(f"aque metrics: {look.complaint}", err=True)
    return look.status
