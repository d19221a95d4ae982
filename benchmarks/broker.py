"""What the broker's SQL can do, with nothing executed: rates of submission, claim and completion, and what spoils them.

    python -m benchmarks.broker [--depths 1000,100000,1000000] [--submit 1000000]

Starts an embedded server of its own. Figures are of one session: the lower quartile of 40 turns, for others may use the
machine too. Ratios compare with the first line of the kind.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from aque.core.broker import Broker
from aque.core.graph import Graph
from aque.core.queries import registry, storing, work
from aque.core.queries.registry import WorkerInfo
from aque.core.queries.work import Captured, Outcome
from aque.core.states import State
from aque.core.submit import Encoder

from .demands import demand
from .house import house

_ROUNDS: Final = 40
_BATCH: Final = 200
_MEMORY: Final = 64 << 30
_FILL: Final = """
with demand as materialized (
    select n, size, aque.shape_of(jsonb_populate_record(
        null::aque.demand, %(demand)s::jsonb || jsonb_build_object('memory', size))) as shape
    from generate_series(0, %(sizes)s - 1) n cross join lateral (select n * 6500000::bigint) s (size)
), made as (
    insert into aque.task (id, shape_id, memory, priority, state)
    select nextval('aque.task_id'), d.shape, d.size, %(priority)s, 'pending'
    from generate_series(1, %(count)s) g join demand d on d.n = g %% %(sizes)s returning id
)
insert into aque.spec (task_id, name, pattern, func, args) select id, 'abs', 'generic', 'builtins:abs', '[1]' from made
"""
_TABLES: Final = ("task", "spec", "attempt", "result", "dependency", "shape", "worker")


class Bench:
    """One session with a worker that takes tasks and ends them, and runs nothing."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.conn = broker.database.source.connect()
        self.conn.execute("set statement_timeout = 0")
        self.empty()

    def empty(self) -> None:
        """Begin anew."""
        self.conn.execute(f"truncate {', '.join(f'aque.{table}' for table in _TABLES)}".encode())
        info = WorkerInfo("w", "h", None, 1, "linux", "me", False, 10_000, _MEMORY, None, [], "0")
        self.worker = registry.register(self.conn, info)

    def fill(self, count: int, *, sizes: int = 1, priority: int = 1000, tags: str = "") -> None:
        """Tasks that wait to be claimed."""
        self.top_up(count, sizes=sizes, priority=priority, tags=tags)
        for table in _TABLES:
            self.conn.execute(f"vacuum analyze aque.{table}".encode())

    def top_up(self, count: int, *, sizes: int = 1, priority: int = 1000, tags: str = "") -> None:
        """More of them, with nothing tidied up."""
        self.conn.execute(_FILL, {"count": count, "sizes": sizes, "priority": priority, "demand": demand(tags=tags)})

    def turn(self, batch: int) -> int:
        """Claim and complete once; returns how many it were."""
        taken = self._claim(batch)
        self._complete(taken)
        return len(taken)

    def turns(self, batch: int, rounds: int = _ROUNDS) -> Turns:
        """Claim and complete, each in a transaction of its own; after a few turns to get warm."""
        for _ in range(7):
            self._complete(self._claim(batch))
        claims, completions, done = [], [], 0
        for _ in range(rounds):
            taken, seconds = timed(lambda: self._claim(batch))
            claims.append(seconds)
            completions.append(timed(lambda runs=taken: self._complete(runs))[1])
            done += len(taken)
        return Turns(_low(claims), _low(completions), done / rounds)

    def _claim(self, batch: int) -> list[Captured]:
        return work.claim(self.conn, self.worker, 10_000.0, _MEMORY, batch)

    def _complete(self, runs: Sequence[Captured]) -> None:
        now = datetime.now(UTC).timestamp()
        work.complete(self.conn, [Outcome(run.id, run.lease, State.SUCCESS, now, now, 0) for run in runs])


class Turns:
    """A turn: seconds to claim, seconds to complete, tasks."""

    def __init__(self, claim: float, complete: float, tasks: float) -> None:
        self.claim, self.complete, self.tasks = claim, complete, tasks

    def __str__(self) -> str:
        rate = self.tasks / (self.claim + self.complete)
        return (
            f"claim {self.claim * 1e3:7.2f} ms   complete {self.complete * 1e3:7.2f} ms   "
            f"{self.tasks:5.0f} tasks a turn   {rate:8,.0f} tasks/s"
        )


def _low(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=4)[0]


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    value = action()
    return value, time.perf_counter() - start


def report(name: str, turns: Turns, base: Turns | None = None) -> Turns:
    ratio = f"   claim x{turns.claim / base.claim:.2f}" if base else ""
    print(f"{name:44}{turns}{ratio}", flush=True)
    return turns


def depths(bench: Bench, counts: Sequence[int]) -> None:
    """The cost of a claim must not depend on how much waits."""
    for batch in (1, _BATCH):
        base = None
        for count in counts:
            bench.empty()
            bench.fill(max(count, batch * (_ROUNDS + 8)))
            turns = report(f"{count:,} pending, batches of {batch}", bench.turns(batch), base)
            base = base or turns


def obstacles(bench: Bench) -> None:
    """What makes claims slow elsewhere."""
    bench.empty()
    bench.fill(30_000)
    base = report("30,000 pending", bench.turns(1))
    bench.fill(100_000, priority=2000, tags="gpu")
    report("100,000 ahead that fit nobody", bench.turns(1), base)
    bench.empty()
    bench.fill(100_000, sizes=10_000)
    report("100,000 of 10,000 sizes of memory", bench.turns(1), base)
    bench.empty()
    bench.fill(120_000)
    with pinned(bench.broker):
        for claimed in (40_000, 80_000):
            bench.turns(1000, 33)
            report(f"a snapshot is held; {claimed:,} claimed since", bench.turns(1), base)


@contextmanager
def pinned(broker: Broker) -> Iterator[None]:
    """Somebody looks at the database for long, as a dump does."""
    with broker.database.source.connect() as conn:
        conn.execute("set idle_in_transaction_session_timeout = 0")
        conn.execute("begin isolation level repeatable read")
        conn.execute("select from aque.shape")
        yield


def submissions(bench: Bench, count: int) -> None:
    """Tasks that do nothing, beside COPY of the same rows into one table with a primary key."""
    bench.empty()
    given = ({"func": "builtins:abs", "args": [n]} for n in range(count))
    cpu = time.process_time()
    _, seconds = timed(lambda: bench.broker.submit(given, {"user": "me", "queue": "default"}))
    cpu = time.process_time() - cpu
    print(
        f"submit, {count:,} in one transaction{'':12}{count / seconds:10,.0f} tasks/s   "
        f"{cpu / count * 1e6:.1f} us of this process a task",
        flush=True,
    )
    server = _store_alone(bench, min(count, 100_000))
    copy = _copy_alone(bench, min(count, 100_000))
    print(f"  the server's part alone{'':20}{server:10,.0f} tasks/s   {server / copy:.2f} of COPY ({copy:,.0f} rows/s)")
    print(
        f"  a single one: {_latency(bench):.2f} ms from submit() to its return, of which {_flush(bench):.2f} ms "
        "are the disk's (a commit of one row)"
    )


def _store_alone(bench: Bench, count: int, part: int = 2000) -> float:
    """Tasks a second that the server stores, where all is encoded before."""
    bench.empty()
    graph, ids = Graph(), array("q")
    encoder = Encoder(graph, ids, {"user": "me", "queue": "default"}, lambda _: {}, {})
    batches = []
    for start in range(0, count, part):
        nodes, _ = graph.add({"func": "builtins:abs", "args": [n]} for n in range(start, start + part))
        ids.extend(storing.next_ids(bench.conn, len(nodes)))
        batches.append(encoder.batch(nodes, start))
    storing.prepare(bench.conn, batches[0])

    def store() -> None:
        with bench.conn.transaction():
            for batch in batches:
                storing.store(bench.conn, batch.parameters())

    return len(ids) / timed(store)[1]


def _copy_alone(bench: Bench, count: int) -> float:
    """Rows a second that COPY stores of what was stored."""
    with bench.conn.cursor().copy("copy aque.spec to stdout") as out:
        data = b"".join(out)
    bench.conn.execute("drop table if exists public.copied")
    bench.conn.execute("create table public.copied (like aque.spec including all)")

    def copy() -> None:
        with bench.conn.cursor().copy("copy public.copied from stdin") as into:
            into.write(data)

    seconds = timed(copy)[1]
    bench.conn.execute("drop table public.copied")
    return count / seconds


def _latency(bench: Bench) -> float:
    given = {"func": "builtins:abs", "args": [1]}
    return _milliseconds(lambda: bench.broker.submit([given], {"user": "me"}))


def _flush(bench: Bench) -> float:
    bench.conn.execute("create table if not exists public.flushed (n int)")
    return _milliseconds(lambda: bench.conn.execute("insert into public.flushed values (1)"))


def _milliseconds(action: Callable[[], Any]) -> float:
    return _low([timed(action)[1] for _ in range(300)]) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", default="1000,100000,1000000", help="how many tasks wait")
    parser.add_argument("--submit", type=int, default=1_000_000, help="how many tasks are submitted in one go")
    asked = parser.parse_args()
    with house() as here:
        bench = Bench(here.broker)
        version = bench.conn.info.server_version // 10_000
        print(
            f"{os.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}, PostgreSQL {version}, "
            f"Python {platform.python_version()}; fsync is on"
        )
        depths(bench, [int(count) for count in asked.depths.split(",")])
        obstacles(bench)
        submissions(bench, asked.submit)
        print(f"load at the end {os.getloadavg()[0]:.1f}")
        bench.conn.close()


if __name__ == "__main__":
    main()
