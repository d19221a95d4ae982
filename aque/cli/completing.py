"""How words go on: what a shell offers for ids, filters, fields, queues and workers. Whatever fails offers nothing,
and a name that a terminal would obey is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

import click

from ..core.errors import AqueError
from ..core.text import clean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..core.broker import Broker

_MOST: Final = 50  # tasks that are offered
Complete: TypeAlias = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def _item(value: str, help: str = "") -> CompletionItem:
    from click.shell_completion import CompletionItem

    return CompletionItem(value, help=help)


def _asking(find: Callable[[Broker, str], Iterable[CompletionItem]]) -> Complete:
    """What a broker that runs offers for the beginning of a word."""

    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            broker = _running(context)
            found = [] if broker is None else find(broker, begun)
            return [each for each in found if each.value.startswith(begun) and each.value.isprintable()]
        except AqueError:
            return []

    return complete


def _running(context: click.Context) -> Broker | None:
    """The broker that is meant; None where it would have to be started."""
    from ..core import config, embedded
    from ..core.broker import get_broker

    given = [each.params.get("broker") for each in (context, *([context.parent] if context.parent else []))]
    url = config.broker_url(next((each for each in given if each), None))
    if config.is_embedded(url) and not embedded.status(config.required_home(url)).running:
        return None
    return get_broker(url)


def _tasks(broker: Broker, begun: str) -> Iterable[CompletionItem]:
    """The latest; of a list the last id alone goes on."""
    from ..core.selection import Selection
    from ..core.view import View

    head = begun.rpartition(",")[0]
    for row in View(broker).page(Selection(), limit=_MOST).rows:
        yield _item(f"{head},{row.id}" if head else str(row.id), help=clean(f"{row.state} {row.name}"))


def _queues(broker: Broker, _: str) -> Iterable[CompletionItem]:
    from ..core import farm

    return [_item(row.name, f"{row.pending} pending, {row.running} running") for row in farm.queues(broker)]


def _workers(broker: Broker, _: str) -> Iterable[CompletionItem]:
    return [_item(row.name, help=f"{row.running} running") for row in broker.workers()]


task_ids: Final = _asking(_tasks)
queue_names: Final = _asking(_queues)
worker_names: Final = _asking(_workers)


def filters(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Fields that a filter may name, and the values of those that have few."""
    from ..core.fields import FIELDS
    from ..core.fields.kinds import STATE

    head, space, term = begun.rpartition(" ")
    name, colon, value = term.partition(":")
    if not colon:
        return [
            _item(f"{head}{space}{each.name}:", help=each.meaning)
            for each in FIELDS
            if each.kind.operators and each.name.startswith(name)
        ]
    kinds = {alias: each.kind for each in FIELDS for alias in (each.name, *each.aliases)}
    known = kinds[name].expects.split(", ") if name in kinds and kinds[name].name in (STATE.name, "reason") else []
    before, comma, last = value.rpartition(",")
    return [_item(f"{head}{space}{name}:{before}{comma}{each}") for each in known if each.startswith(last)]


def field_lists(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Fields with commas between, as --csv and --sort take them."""
    from ..core.fields import FIELDS

    head, comma, last = begun.rpartition(",")
    sign = "-" if last.startswith("-") else ""
    return [
        _item(f"{head}{comma}{sign}{each.name}", help=each.meaning)
        for each in FIELDS
        if each.is_listed and each.name.startswith(last.removeprefix("-"))
    ]


def signal_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The names of signals."""
    import signal

    names = (each.name.removeprefix("SIG") for each in signal.Signals)
    return [_item(name) for name in names if name.startswith(begun.upper())]
