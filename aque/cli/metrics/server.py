"""Serves metrics over HTTP until it is told to end."""

from __future__ import annotations

import signal
import threading

import click
from prometheus_client import start_http_server

from ...core.address import Address
from ...core.errors import AqueError
from .families import registry
from .watch import Watch


def serve(watch: Watch, address: Address) -> int:
    """Listen until TERM or Ctrl-C. Raises AqueError where it cannot."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    watch.tell = _tell
    watch.look()  # the counts begin here
    try:
        server, _ = start_http_server(address.port, address.host, registry(watch.look))
    except OSError as error:
        raise AqueError(f"cannot listen on {address}: {error.strerror}") from None
    _tell(f"metrics are at http://{address._replace(port=server.server_port)}/metrics")
    try:
        ended.wait()
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _tell(words: str) -> None:
    click.echo(f"aque metrics: {words}", err=True)
