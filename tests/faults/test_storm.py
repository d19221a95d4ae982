"""Everything is killed at random while there is work: each task ends once, none is lost, none ran beside itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

import aque
from aque.core.broker import Broker
from aque.core.errors import AqueError
from tests.waiting import wait_for

from . import records
from .conftest import Chance, Report
from .farm import kill, servers

pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="needs flock(1)")

WORKERS = 3
COUNT_ENDS = """
create table public.ended (task bigint, state text);
create function public.note_end() returns trigger language plpgsql as $$
begin
    insert into public.ended values (new.id, new.state::text);
    return null;
end $$;
create trigger note_end after update on aque.task for each row
when (old.state is distinct from new.state and new.state in ('success', 'error', 'killed', 'cancelled'))
execute function public.note_end();
"""


class Crowd:
    """Workers as processes, replaced when they die."""

    def __init__(self, url: str) -> None:
        self._command = [sys.executable, "-m", "aque", "worker", "-c", "2", "--broker", url]
        self._started: list[subprocess.Popen[bytes]] = []
        self.restarts = -WORKERS

    def fill_up(self) -> None:
        self._started = [each for each in self._started if each.poll() is None]
        while len(self._started) < WORKERS:
            environ = {**os.environ, "AQUE_LOG": "critical"}
            self._started.append(subprocess.Popen(self._command, env=environ, stderr=subprocess.DEVNULL))
            self.restarts += 1

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(each.pid) for each in self._started if each.poll() is None]

    def end(self) -> None:
        for each in self._started:
            each.send_signal(signal.SIGCONT)
            each.kill()
            each.wait()


Victims = Callable[[psutil.Process, list[psutil.Process], Chance], Sequence[psutil.Process]]


def one_of(found: Sequence[psutil.Process], chance: Chance) -> list[psutil.Process]:
    return [chance.choice(found)] if found else []


def below(worker: psutil.Process, depth: int) -> list[psutil.Process]:
    """The processes so many steps below a worker: guardian, runner, tasks and warm interpreters, their children."""
    found = [worker]
    for _ in range(depth):
        found = [child for each in found for child in each.children()]
    return found


KINDS: Mapping[str, tuple[int, Victims]] = {
    "worker": (6, lambda worker, _, __: [worker]),
    "guardian": (2, lambda worker, _, chance: one_of(below(worker, 1), chance)),
    "runner": (2, lambda worker, _, chance: one_of(below(worker, 2), chance)),
    "worker_and_runner": (4, lambda worker, _, __: [worker, *below(worker, 2)]),
    "child": (3, lambda worker, _, chance: one_of([*below(worker, 3), *below(worker, 4)], chance)),
    "backend": (6, lambda _, backends, chance: one_of(backends, chance)),
}


def storm(home: Path, crowd: Crowd, chance: Chance, seconds: float) -> Counter[str]:
    """Kill at random; what was hit, and how often."""
    hits: Counter[str] = Counter()
    until, server_at = time.monotonic() + seconds, time.monotonic() + chance.uniform(3, 30)
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.2, 1.5))
        with suppress(psutil.NoSuchProcess, IndexError):
            worker = chance.choice(crowd.processes())
            if time.monotonic() > server_at:
                server_at = time.monotonic() + chance.uniform(20, 40)
                hits["server"] += bool(kill(servers(home)))
            elif chance.random() < 0.08:
                hits["stopped"] += 1
                freeze(worker, chance.uniform(1, 12))
            else:
                backends = [each for server in servers(home) for each in server.children()]
                name = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
                hits[name] += bool(kill(KINDS[name][1](worker, backends, chance)))
        crowd.fill_up()
    return hits


def freeze(process: psutil.Process, seconds: float) -> None:
    process.suspend()

    def thaw() -> None:
        with suppress(psutil.NoSuchProcess):
            process.resume()

    threading.Timer(seconds, thaw).start()


def work(folder: Path, count: int, chance: Chance) -> list[dict[str, Any]]:
    """Commands and functions; each may need some of those before it."""
    made: list[dict[str, Any]] = []
    for number in range(count):
        seconds = round(chance.choice([0.0, 0.01, 0.05, chance.expovariate(5)]), 3)
        task: dict[str, Any] = {"retries": 50, "retry_delay": 0.1}
        if chance.random() < 0.5:
            task |= {"pattern": "shell", "args": records.SHELL.format(folder=folder, seconds=seconds)}
        else:
            task |= {"func": records.run, "args": [str(folder), seconds]}
        if number and chance.random() < 0.5:
            near = range(max(0, number - 200), number)
            task["dependencies"] = [made[each] for each in {chance.choice(near) for _ in range(2)}]
        made.append(task)
    return made


def figures(broker: Broker) -> Iterator[tuple[str, Any]]:
    queries = {
        "states": "select json_object_agg(state, n) from (select state::text, count(*) n from aque.task group by 1) s",
        "losses": "select sum(losses) from aque.task",
        "attempts": "select sum(attempt) from aque.task",
        "given_up": "select count(*) from aque.task where losses >= 3",
    }
    with broker.database.connection() as conn:
        for name, query in queries.items():
            row = conn.execute(query).fetchone()  # type: ignore[call-overload]
            yield name, row[0] if row else None


def incomplete(broker: Broker) -> int:
    with suppress(AqueError), broker.database.connection() as conn:
        row = conn.execute("select count(*) from aque.task where not aque.is_complete(state)").fetchone()
        return int(row[0]) if row else 0
    return -1


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("count", "seconds"), [(150, 8), pytest.param(10_000, 180, marks=pytest.mark.soak)])
def test_each_task_ends_once(
    count: int, seconds: float, home: Path, tmp_path: Path, chance: Chance, report: Report
) -> None:
    with Broker(f"embedded:{home}") as broker:
        tasks = work(tmp_path, count, chance)
        futures = aque.Queue(broker=broker).submit_many(tasks)
        ids = [future.id for future in futures]
        place = {id(task): task_id for task, task_id in zip(tasks, ids, strict=True)}
        needs = {place[id(task)]: [place[id(one)] for one in task.get("dependencies", [])] for task in tasks}
        with broker.database.connection() as conn:
            conn.execute(COUNT_ENDS)
        began = time.monotonic()
        crowd = Crowd(broker.to_url())
        crowd.fill_up()
        try:
            hits = storm(home, crowd, chance, seconds)
            left = incomplete(broker)
            wait_for(lambda: crowd.fill_up() or incomplete(broker) == 0, 900, "tasks are left that nobody runs")
        finally:
            crowd.end()
        told = dict(figures(broker))
        with broker.database.connection() as conn:
            ends = conn.execute("select task, count(*), min(state) from public.ended group by 1").fetchall()
            good = {row[0] for row in conn.execute("select id from aque.task where state = 'success'")}
            twice = conn.execute(
                "select task_id from aque.attempt where state = 'success' group by 1 having count(*) > 1"
            ).fetchall()
    seen = records.read(tmp_path)
    kinds = Counter(each.kind for each in seen)
    report(
        seed=chance.origin,
        seconds=round(time.monotonic() - began),
        hits=dict(hits),
        new_workers=crowd.restarts,
        left_after_storm=left,
        begun=kinds["B"],
        ended=kinds["E"],
        beside_itself=kinds["O"],
        **told,
    )
    assert sum(hits.values())
    assert {each.task for each in seen if each.kind == "O"} == set()
    assert sorted(row[0] for row in ends) == sorted(ids)
    assert [row for row in ends if row[1] != 1] == []
    assert twice == []
    assert good <= {each.task for each in seen if each.kind == "E"}
    assert list(records.out_of_order(seen, needs)) == []
    assert_only_lost_ones_failed(told, good, needs)


def assert_only_lost_ones_failed(told: Mapping[str, Any], good: set[int], needs: Mapping[int, Sequence[int]]) -> None:
    """What was lost three times is an error, and so is what needs it; all else succeeded."""
    own = [task for task, before in needs.items() if task not in good and good.issuperset(before)]
    assert len(own) == told["given_up"], "tasks failed that were not lost three times"
