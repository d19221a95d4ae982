"""Claims and completions without execution, in batches, whatever waits ahead, lies behind, or looks on.

Each case has a database of its own on the same server, and all take turns. Before a turn each gets as many new tasks as
it will end, so that depth stays what it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from aque.core.broker import Broker

from .__main__ import Asked
from .broker import Bench, pinned
from .demands import demand
from .house import House
from .peers.timing import rate
from .report import Table
from .rounds import Contestant, Go, compete

_BATCH: Final = 200
_TURNS: Final = 10
_WARM: Final = 5
_ENDED: Final = """
with made as (
    insert into aque.task (id, shape_id, state, attempt, created_at, started_at, finished_at)
    select nextval('aque.task_id'), aque.shape_of(jsonb_populate_record(null::aque.demand, %(demand)s::jsonb)),
           'success', 1, at, at, at
    from (select clock_timestamp() as at from generate_series(1, %(count)s)) g returning id, finished_at
), specs as (
    insert into aque.spec (task_id, name, pattern, func, args)
    select id, 'abs', 'generic', 'builtins:abs', '[1]' from made
)
insert into aque.attempt (task_id, finished_at, number, state) select id, finished_at, 1, 'success' from made
"""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    ready: int = 1000
    unfit: int = 0
    ended: int = 0
    is_watched: bool = False


def measure(house: House, asked: Asked) -> Iterator[Table]:
    """Tasks a second through one session: a transaction to claim, another to complete."""
    many, ended = asked.count(1_000_000), asked.count(5_000_000)
    cases = [
        _Case("1,000 pending"),
        _Case(f"{asked.count(100_000):,} pending", asked.count(100_000)),
        _Case(f"{many:,} pending", many),
        _Case(f"{asked.count(100_000):,} ahead that fit nobody", unfit=asked.count(100_000)),
        _Case(f"{ended:,} completed behind", ended=ended),
        _Case("a snapshot held by another session", is_watched=True),
    ]
    with ExitStack() as stack:
        contestants = [
            Contestant(case.name, _turns(stack.enter_context(_filled(house, place, case))))
            for place, case in enumerate(cases)
        ]
        note = f"Batches of {_BATCH}. Waiting tasks are of one shape; the snapshot is held during the whole run."
        title = "Claim and complete, nothing executed"
        yield compete(house, title, "tasks a second, more is better", contestants, max(asked.rounds, 7), note)


def _turns(bench: Bench) -> Callable[[House], Any]:
    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        bench.top_up(_BATCH * (_TURNS + _WARM))
        for _ in range(_WARM):  # the others have had the server's memory since
            bench.turn(_BATCH)

        def go() -> float:
            return float(sum(bench.turn(_BATCH) for _ in range(_TURNS)))

        yield rate(go)

    return opened


@contextmanager
def _filled(house: House, place: int, case: _Case) -> Iterator[Bench]:
    address = house.address(f"depth{place}")
    host = quote(address["host"], safe="")
    url = f"postgresql://{address['user']}@/{address['dbname']}?host={host}&port={address['port']}"
    with Broker(url) as broker:
        broker.database.initialise()
        bench = Bench(broker)
        bench.conn.execute(_ENDED, {"count": case.ended, "demand": demand()})
        bench.fill(case.ready)
        if case.unfit:
            bench.fill(case.unfit, priority=2000, tags="gpu")
        with pinned(broker) if case.is_watched else contextlib.nullcontext():
            yield bench
        bench.conn.close()
