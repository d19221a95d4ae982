"""A farm of three hosts and one server: work spreads over them, one dies, one is cut off, and every task ends once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.errors import AqueError
from tests.waiting import wait_for

from . import records
from .conftest import Report
from .network import Host, farm, needed
from .test_storm import COUNT_ENDS, incomplete
from .workers import Start, starting

pytestmark = needed

NAMES = ("render-a", "render-b", "storage")
_WHERE = """
select w.hostname, a.task_id from aque.attempt a join aque.worker w on w.id = a.worker_id where a.state = 'success'
"""
_GLOBS: Sequence[Mapping[str, str]] = ({}, {}, {"host": "render-*"}, {"host": "!storage"}, {"host": "stor*"})


def work(folder: Path, count: int, seconds: float) -> list[dict[str, Any]]:
    """Commands, some of which are for some hosts alone."""
    args = records.SHELL.format(folder=folder, seconds=seconds)
    return [{"pattern": "shell", "args": args, "retries": 9, **_GLOBS[each % len(_GLOBS)]} for each in range(count)]


def allowed(globs: Mapping[str, str], host: str) -> bool:
    """What the globs of `work` mean, in words of their own."""
    told = globs.get("host")
    return told is None or host.startswith("render-") == (told != "stor*")


def workers(broker: Broker) -> set[str]:
    """The names of the hosts whose workers live."""
    with suppress(AqueError):
        return {each.hostname for each in broker.workers()}
    return set()


def stage(broker: Broker, start: Start, url: str, hosts: Sequence[Host]) -> None:
    """A worker on each host."""
    for host in hosts:
        start(url=url, before=host.words)
    wait_for(lambda: workers(broker) == set(NAMES), 60, "a worker did not come")


def spread(broker: Broker) -> dict[int, str]:
    """On which host each task came to its good end."""
    with broker.database.connection() as conn:
        return {task: host for host, task in conn.execute(_WHERE)}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("count", "seconds", "away", "is_power_lost"),
    [(45, 0.3, 4.0, False), pytest.param(600, 0.5, 50.0, True, marks=pytest.mark.soak)],
    ids=["short", "soak"],
)
def test_one_host_dies_and_one_is_cut_off_and_comes_back(
    count: int, seconds: float, away: float, is_power_lost: bool, home: Path, tmp_path: Path, report: Report
) -> None:
    """`away`: seconds for which the one is cut off. Where power is lost nobody says good-bye to the server either."""
    with farm(home, NAMES) as (url, hosts), Broker(f"embedded:{home}") as broker, starting(broker) as start:
        tasks = work(tmp_path, count, seconds)
        broker.database.initialise()
        with broker.database.connection() as conn:
            conn.execute(COUNT_ENDS)
        stage(broker, start, url, hosts)
        futures = aque.Queue(broker=broker).submit_many(tasks)
        began = time.monotonic()
        wait_for(lambda: len(set(spread(broker).values())) == len(hosts), 60, "a host has done nothing")
        dead, cut_off, _ = hosts
        if is_power_lost:
            dead.cut()
        killed = dead.kill()
        cut_off.cut()
        time.sleep(away)
        cut_off.mend()
        wait_for(lambda: incomplete(broker) == 0, 400, "tasks are left that nobody runs")
        took = time.monotonic() - began
        wait_for(lambda: workers(broker) == {cut_off.name, NAMES[2]}, 60, "the host did not come back")
        where = spread(broker)
        with broker.database.connection() as conn:
            ends = Counter(row[0] for row in conn.execute("select task from public.ended"))
            losses = conn.execute("select sum(losses) from aque.task").fetchone()
    seen = records.read(tmp_path)
    kinds = Counter(each.kind for each in seen)
    report(
        seconds=round(took, 1),
        spread=dict(Counter(where.values())),
        killed=killed,
        losses=losses,
        begun=kinds["B"],
        ended=kinds["E"],
        beside_itself=kinds["O"],
    )
    assert [each.result(1) for each in futures] == [0] * count
    assert ends == Counter(each.id for each in futures), "each task ends once"
    assert kinds["O"] == 0
    assert set(where) <= {each.task for each in seen if each.kind == "E"}
    wrong = [each for each, task in zip(futures, tasks, strict=True) if not allowed(task, where[each.id])]
    assert wrong == [], "a task ran on a host that its globs do not allow"
