"""Many that start the server at once, come and go, and are killed on the way: there is always one server, never two."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import psutil
import pytest

from aque.core import embedded
from tests.waiting import wait_for

from .conftest import Chance, New, Report
from .farm import Crowd, Process, client, family, kill, servers, supervisors, told

CLIENTS = 8
SOAK = pytest.mark.soak


def rounds(short: int, long: int) -> pytest.MarkDecorator:
    """The same test with few rounds in the suite, with many in `make faults`."""
    return pytest.mark.parametrize("rounds", [short, pytest.param(long, marks=SOAK)])


def crowd(home: Path) -> Crowd:
    """Some clients at the same time; all are served, by one server."""
    met = told([client("once", home, None) for _ in range(CLIENTS)])
    assert met.complaints == []
    assert len(met.servers) == 1
    assert len(servers(home)) == 1
    return met


@rounds(1, 20)
def test_a_crowd_that_finds_nothing_makes_one_server(rounds: int, new_home: New, report: Report) -> None:
    seconds: list[float] = []
    for number in range(rounds):
        home = new_home(f"cold{number}")
        seconds += crowd(home).seconds
        assert embedded.stop(home)
    report(clients=len(seconds), median=f"{median(seconds):.2f}s", worst=f"{max(seconds):.2f}s")


@rounds(1, 20)
def test_a_crowd_that_finds_a_stopped_server_starts_one(rounds: int, home: Path, report: Report) -> None:
    embedded.ensure(home, linger=None).lease.close()
    seconds: list[float] = []
    for _ in range(rounds):
        assert embedded.stop(home)
        seconds += crowd(home).seconds
    report(clients=len(seconds), median=f"{median(seconds):.3f}s", worst=f"{max(seconds):.3f}s")


@rounds(8, 200)
def test_nobody_is_cut_off_by_a_server_that_stops_with_its_last_user(
    rounds: int, home: Path, chance: Chance, report: Report
) -> None:
    living: list[Process] = []
    started: set[str] = set()
    for _ in range(rounds):
        living.append(client("once", home, 0, chance.choice([0, 0, 0.02, 0.1, 0.3])))
        time.sleep(chance.choice([0, 0.02, 0.1, 0.25, 0.4]))  # this is the weather, no wait for anything
        if len(living) > 6:
            met, living = told(living[:4]), living[4:]
            assert met.complaints == []
            started |= met.servers
    met = told(living)
    assert met.complaints == []
    wait_for(lambda: not servers(home) and not supervisors(home), 30, "the server runs though nobody uses it")
    report(seed=chance.origin, clients=rounds, starts=len(started | met.servers))


@rounds(2, 40)
def test_a_starter_that_is_killed_at_any_moment_leaves_nothing_in_the_way(
    rounds: int, new_home: New, chance: Chance, report: Report
) -> None:
    served = 0
    for number in range(rounds):
        home = new_home(f"killed{number // 2}")  # cold, then warm
        if warm := number % 2:
            embedded.stop(home)
        victim = client("once", home, None)
        time.sleep(chance.uniform(0.1, 0.6 if warm else 1.6))
        its = list(family([psutil.Process(victim.pid)]))
        kill(its if chance.random() < 0.5 else its[-1:])
        victim.communicate()
        met = told([client("once", home, None) for _ in range(3)])
        assert met.complaints == []
        assert len(met.servers) == 1
        served += len(met.seconds)
        if warm:
            assert embedded.stop(home)
    report(seed=chance.origin, kills=rounds, clients=served)


def test_a_server_without_its_supervisor_serves_on_and_can_be_stopped(home: Path) -> None:
    holder = client("hold", home, 0)
    assert holder.stdout
    assert holder.stdout.readline() == "here\n"
    kill(supervisors(home))
    assert told([client("once", home, 0)]).complaints == []
    assert embedded.stop(home)
    with suppress(psutil.NoSuchProcess):
        holder.kill()
    holder.communicate()
    assert told([client("once", home, 0) for _ in range(3)]).complaints == []
    wait_for(lambda: not servers(home), 30)
