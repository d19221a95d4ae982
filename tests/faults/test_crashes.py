"""What the server acknowledged is there, whatever of it was killed with SIGKILL, and however often."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from aque.core import embedded
from tests.waiting import wait_for

from .conftest import Chance, Report
from .farm import alive, client, kill, servers

WRITERS = 4
Victims = Callable[[psutil.Process, Chance], list[psutil.Process]]


def postmaster(server: psutil.Process, _chance: Chance) -> list[psutil.Process]:
    return [server]


def backend(server: psutil.Process, chance: Chance) -> list[psutil.Process]:
    return [chance.choice(server.children())]


def everything(server: psutil.Process, _chance: Chance) -> list[psutil.Process]:
    return [*server.children(), server]


CASES = [(postmaster, (0.3, 1.5)), (backend, (0.3, 1.5)), (everything, (0.02, 0.5))]


@pytest.mark.parametrize(("victims", "pauses"), CASES, ids=[case[0].__name__ for case in CASES])
@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_no_acknowledged_commit_is_lost(
    victims: Victims, pauses: tuple[float, float], seconds: float, home: Path, chance: Chance, report: Report
) -> None:
    endpoint = embedded.ensure(home, linger=None)
    with psycopg.connect(**endpoint.conninfo, autocommit=True) as conn:  # type: ignore[arg-type]
        conn.execute("create table written (writer text, number int)")
    notes = [home / f"notes.{number}" for number in range(WRITERS)]
    writers = [client("write", home, None, path.name, seconds, path) for path in notes]
    kills = storm(home, victims, pauses, seconds, chance)
    ends = [each.communicate(timeout=120) for each in writers]
    assert [each.returncode for each in writers] == [0] * WRITERS, ends
    acknowledged = {(path.name, int(line)) for path in notes for line in path.read_text().split()}
    endpoint = embedded.ensure(home, linger=None)
    with psycopg.connect(**endpoint.conninfo) as conn:  # type: ignore[arg-type]
        stored = conn.execute("select writer, number from written").fetchall()
    assert kills
    assert acknowledged
    assert acknowledged - set(stored) == set()
    assert len(stored) == len(set(stored))
    cuts = sum(int(out.split()[0]) for out, _ in ends)
    report(seed=chance.origin, kills=kills, acknowledged=len(acknowledged), lost=0, cuts=cuts)


def storm(home: Path, victims: Victims, pauses: tuple[float, float], seconds: float, chance: Chance) -> int:
    """Kill again and again; how often."""
    kills, until = 0, time.monotonic() + seconds - 0.5
    while time.monotonic() < until:
        time.sleep(chance.uniform(*pauses))
        for server in servers(home):
            with suppress(psutil.NoSuchProcess, IndexError):
                kills += bool(kill(victims(server, chance)))
    return kills


@pytest.mark.soak
def test_a_server_that_recovers_for_ever_is_started_again(home: Path) -> None:
    """PostgreSQL 18 does not notice that its startup process was killed in the middle of a restart."""
    embedded.ensure(home, linger=None).lease.close()
    server = servers(home)[0]
    wait_for(lambda: stuck(home, server), 60, "the startup process was never hit")
    assert embedded.ensure(home, timeout=60).lease.held
    assert not alive(server)


def stuck(home: Path, server: psutil.Process) -> bool:
    """Have the server restart, and kill the process that recovers; whether that was done in time."""
    embedded.ensure(home)
    kill([session for session in server.children() if "checkpointer" in session.cmdline()[0]])
    for _ in range(2000):
        for each in server.children():
            with suppress(psutil.NoSuchProcess, IndexError):
                if "startup" in each.cmdline()[0]:
                    return bool(kill([each]))
    return False
