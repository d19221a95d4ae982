"""aque worker"""

from __future__ import annotations

import logging
import os
import signal

import click

from ..core.broker import get_broker
from ..core.units import Cpus, parse_memory
from ..core.worker import Worker
from ..core.worker.host import usable_cpus
from .options import broker_option


@click.command("worker")
@click.option("-1", "--one", is_flag=True, help="Run one task, then end.")
@click.option("-2", "--to-the-end", is_flag=True, help="End when there is nothing left to run.")
@click.option("-c", "--cpus", help="Default: all of this host's.")
@click.option("-m", "--memory", help="Default: all of this host's.")
@click.option("-q", "--queue", "queues", multiple=True, help="Serve these queues only.")
@click.option("--tag", "tags", multiple=True, help="Offer a tag that tasks may ask for.")
@click.option("--name")
@broker_option
def command(
    one: bool,
    to_the_end: bool,
    cpus: str | None,
    memory: str | None,
    queues: tuple[str, ...],
    tags: tuple[str, ...],
    name: str | None,
    broker: str | None,
) -> None:
    """Run tasks on this host. HUP and TERM drain: no more are taken, and it ends with the last that runs."""
    logging.basicConfig(level=os.environ.get("AQUE_LOG", "WARNING").upper(), format="%(asctime)s %(name)s %(message)s")
    worker = Worker(
        get_broker(broker),
        cpus=None if cpus is None else Cpus.parse(cpus).on(usable_cpus()),
        memory=None if memory is None else parse_memory(memory),
        queues=queues,
        tags=tags,
        name=name,
    )
    for each in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(each, lambda *_: worker.drain())
    worker.run(limit=1 if one else None, until_empty=to_the_end)
