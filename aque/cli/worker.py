"""aque worker"""

from __future__ import annotations

import logging
import os
import signal
import sys

import click

from ..core import config
from ..core.broker import get_broker
from ..core.rules import ISOLATIONS
from ..core.units import Cpus, parse_memory
from ..core.worker import Worker
from ..core.worker.host import usable_cpus
from .options import broker_option


@click.command("worker")
@click.option("-1", "--one", is_flag=True, help="Run one task, then end.")
@click.option("-2", "--to-the-end", is_flag=True, help="End when there is nothing left to run.")
@click.option("-c", "--cpus", metavar="CPUS", help="Default: all of this host's.")
@click.option("-m", "--memory", metavar="SIZE", help="Default: all of this host's.")
@click.option("-q", "--queue", "queues", multiple=True, metavar="NAME", help="Serve these queues only.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Offer a tag that tasks may ask for.")
@click.option("--name", metavar="NAME", help="What it is called; default HOST:PID.")
@click.option("--isolation", type=click.Choice(ISOLATIONS), default="process", help="Of functions that do not say.")
@click.option(
    "--io-order/--no-io-order",
    default=None,
    help="Whether, among equals, tasks go first whose files are quick to reach; they do unless it is turned off.",
)
@broker_option
def command(
    one: bool,
    to_the_end: bool,
    cpus: str | None,
    memory: str | None,
    queues: tuple[str, ...],
    tags: tuple[str, ...],
    name: str | None,
    isolation: str,
    io_order: bool | None,
    broker: str | None,
) -> None:
    """Run tasks on this host.

    HUP, TERM and Ctrl-C drain it: no more are taken, and it ends with the last that runs. A second TERM or Ctrl-C ends
    it now; what runs is killed then, and pending again.
    """
    logging.basicConfig(level=os.environ.get("AQUE_LOG", "WARNING").upper(), format="%(asctime)s %(name)s %(message)s")
    worker = Worker(
        get_broker(broker),
        cpus=None if cpus is None else Cpus.parse(cpus).on(usable_cpus()),
        memory=None if memory is None else parse_memory(memory),
        queues=queues,
        tags=tags,
        name=name,
        isolation=isolation,
        io_order=config.io_order() if io_order is None else io_order,
    )
    _obey_signals(worker)
    worker.run(limit=1 if one else None, until_empty=to_the_end)


def _obey_signals(worker: Worker) -> None:
    def drain(*_: object) -> None:
        worker.drain()

    def end(*_: object) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: worker.stop())
        if sys.stderr.isatty():
            os.write(2, b"aque: draining; once more to kill what runs and end now\n")
        worker.drain()

    signal.signal(signal.SIGHUP, drain)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
