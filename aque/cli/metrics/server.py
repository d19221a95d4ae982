"""Serves metrics over HTTP until it is told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable

import click
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import Metric

from .address import Place
from .families import families
from .watch import Watch


class _Collector:
    """What prometheus_client asks whenever somebody asks it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def describe(self) -> Iterable[Metric]:
        """Nothing: no name is taken by others, and nobody is to ask the broker for them."""
        return ()

    def collect(self) -> Iterable[Metric]:
        return families(self._watch.look())


def serve(watch: Watch, place: Place) -> int:
    """Listen until TERM or Ctrl-C. Raises OSError where it cannot."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    watch.tell = _tell
    registry = CollectorRegistry()
    registry.register(_Collector(watch))
    watch.look()  # the counts begin here
    server, _ = start_http_server(place.port, place.host, registry)
    _tell(f"metrics are at http://{place._replace(port=server.server_port)}/metrics")
    try:
        ended.wait()
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _tell(words: str) -> None:
    click.echo(f"aque metrics: {words}", err=True)
