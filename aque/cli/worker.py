"""aque worker"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from ..core.rules import ISOLATIONS
from .logs import FORMATS, set_up
from .options import broker_option
from .unit import KINDS, unit

if TYPE_CHECKING:
    from ..core.worker import Worker
    from ..core.worker.service import Service

DRAIN_LIMIT: Final = 80.0
"""Seconds; service managers wait for 90 by default before they kill."""
_log: Final = logging.getLogger("aque.worker")
_OURS: Final = ("daemon", "unit_kind")


@click.command("worker")
@click.option("-1", "--one", is_flag=True, help="Run one task, then end.")
@click.option("-2", "--to-the-end", is_flag=True, help="End when there is nothing left to run.")
@click.option("-c", "--cpus", metavar="CPUS", help="Default: all of this host's.")
@click.option("-m", "--memory", metavar="SIZE", help="Default: all of this host's.")
@click.option("-q", "--queue", "queues", multiple=True, metavar="NAME", help="Serve these queues only.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Offer a tag that tasks may ask for.")
@click.option("--name", metavar="NAME", help="What it is called; default HOST:PID, of a daemon HOST.")
@click.option("--isolation", type=click.Choice(ISOLATIONS), default="process", help="Of functions that do not say.")
@click.option(
    "--io-order/--no-io-order",
    default=None,
    help="Whether, among equals, tasks go first whose files are quick to reach; they do unless it is turned off.",
)
@click.option("--enforce-memory", is_flag=True, help="Kill tasks that use more memory than they asked for.")
@click.option(
    "--output-limit", metavar="SIZE", help="Keep head and tail of what a task writes beyond it; 0: all. Default 64M."
)
@click.option(
    "--drain-limit",
    type=click.FloatRange(min=0),
    default=DRAIN_LIMIT,
    metavar="SECONDS",
    help=f"How long TERM lets tasks run; default {DRAIN_LIMIT:g}.",
)
@click.option("--daemon", is_flag=True, help="Go on in the background, once it takes tasks.")
@click.option("--unit", "unit_kind", type=click.Choice(KINDS), help="Print a systemd unit that runs it as told here.")
@click.option("--log-format", type=click.Choice(FORMATS), help="Default: that of $AQUE_LOG, else text.")
@broker_option
@click.pass_context
def command(context: click.Context, /, daemon: bool, unit_kind: str | None, **given: Any) -> int:
    """Run tasks on this host.

    HUP and Ctrl-C drain it: no more are taken, and it ends with the last that runs. TERM does too, but what still runs
    after --drain-limit is stopped and pending again, at no cost. A second TERM or Ctrl-C does that at once.

    It logs to stderr. AQUE_LOG is a level (debug, info, warning, error), a format (text, json), or both: `info,json`.

    \b
    Examples:
      aque worker -c 4 -q render
      aque worker --daemon --name night
      aque worker --unit user -c 4 > ~/.config/systemd/user/aque-worker.service
    """
    if unit_kind:
        click.echo(unit(unit_kind, _arguments(context), given["drain_limit"]), nl=False)
        return 0
    if not daemon:
        from ..core.worker.service import manager_of

        return _run(manager_of(os.environ), "warning", **given)
    from .daemon import Place, detach

    given["name"] = given["name"] or socket.gethostname()
    return detach(Place(given["name"]), lambda service: _run(service, "info", **given))


def _run(service: Service, level: str, *, one: bool, to_the_end: bool, drain_limit: float, **given: Any) -> int:
    os.environ.pop("NOTIFY_SOCKET", None)  # which is for this process alone
    from ..core.garbage import look_rarely
    from ..core.tracing import exported

    with exported() as is_traced:
        worker = _worker(service, level, is_traced=is_traced, **given)
        _obey_signals(worker, drain_limit)
        look_rarely()
        worker.run(limit=1 if one else None, until_empty=to_the_end)
    return 0


def _worker(
    service: Service,
    level: str,
    *,
    cpus: str | None,
    memory: str | None,
    output_limit: str | None,
    io_order: bool | None,
    broker: str | None,
    log_format: str | None,
    is_traced: bool,
    **more: Any,
) -> Worker:
    from ..core import config
    from ..core.broker import get_broker
    from ..core.tracing import is_asked_for
    from ..core.units import Cpus, parse_memory
    from ..core.worker import OUTPUT_LIMIT, Worker
    from ..core.worker.host import usable_cpus
    from ..core.worker.spans import Spans

    limit = output_limit or config.setting("output_limit")
    worker = Worker(
        get_broker(broker),
        cpus=None if cpus is None else Cpus.parse(cpus).on(usable_cpus()),
        memory=None if memory is None else parse_memory(memory),
        io_order=config.io_order() if io_order is None else io_order,
        output_limit=OUTPUT_LIMIT if limit is None else parse_memory(limit),
        service=service,
        tracer=Spans() if is_traced else None,
        **more,
    )
    set_up(log_format, level, lambda: {"worker": worker.id})
    if not is_traced and is_asked_for():
        _log.warning("OTEL_… asks for traces, and OpenTelemetry is not installed: pip install 'aque[otel]'")
    return worker


def _obey_signals(worker: Worker, drain_limit: float) -> None:
    def end(limit: float | None, *_: object) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: worker.stop())
        if sys.stderr.isatty():
            os.write(2, b"aque: draining; once more to kill what runs and end now\n")
        worker.drain(limit)

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, lambda *_: worker.drain())
    signal.signal(signal.SIGTERM, partial(end, drain_limit))
    signal.signal(signal.SIGINT, partial(end, None))


def _arguments(context: click.Context) -> list[str]:
    """The options as they were given, but for those that say how it is started."""
    found: list[str] = []
    for option in context.command.params:
        value = context.params.get(option.name or "")
        is_given = value is not None and value is not False and value != option.get_default(context)
        if option.name in _OURS or not is_given:
            continue
        for each in value if isinstance(value, tuple) else [value]:
            found += [option.opts[-1], *([] if each is True else [str(each)])]
    return found
