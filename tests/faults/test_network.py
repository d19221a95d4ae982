"""A network that swallows packets: connections are half open, and nobody is told so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import aque
from aque.core import embedded
from aque.core.broker import Broker
from tests.waiting import wait_for

from . import records
from .conftest import Report
from .network import ip, listening, needed
from .test_stopped import begun
from .test_worker import row
from .workers import starting

pytestmark = needed

HERE, THERE = "10.231.77.1", "10.231.77.2"
NOBODY = "02:00:00:00:00:01"


class Cable:
    """A network of two hosts, this one and a namespace; packets are lost while it is cut."""

    def __init__(self) -> None:
        self.name = f"aque{os.getpid()}"
        self._ends = (f"ah{os.getpid()}", f"at{os.getpid()}")
        ours, theirs = self._ends
        ip("netns", "add", self.name)
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", self.name)
        ip("addr", "add", f"{HERE}/30", "dev", ours)
        ip("link", "set", ours, "up")
        self.inside("addr", "add", f"{THERE}/30", "dev", theirs)
        self.inside("link", "set", theirs, "up")
        self.inside("link", "set", "lo", "up")

    def inside(self, *words: str) -> None:
        ip("-n", self.name, *words)

    def cut(self) -> None:
        """Send what is for the other end to nobody."""
        ours, theirs = self._ends
        ip("neigh", "replace", THERE, "lladdr", NOBODY, "nud", "permanent", "dev", ours)
        self.inside("neigh", "replace", HERE, "lladdr", NOBODY, "nud", "permanent", "dev", theirs)

    def mend(self) -> None:
        ours, theirs = self._ends
        ip("neigh", "del", THERE, "dev", ours)
        self.inside("neigh", "del", HERE, "dev", theirs)

    def remove(self) -> None:
        ip("netns", "del", self.name)


@pytest.fixture
def cable() -> Iterator[Cable]:
    try:
        made = Cable()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    yield made
    made.remove()


@pytest.fixture
def url(home: Path, cable: Cable) -> str:
    """The broker as the other end of the cable reaches it: a server that listens there."""
    del cable  # it must be there before the server is
    return listening(home, HERE, f"{THERE}/32")


CASES = [(4.0, "BE", ("success", 1, 0)), pytest.param(45.0, "BBE", ("success", 2, 1), marks=pytest.mark.soak)]


@pytest.mark.parametrize(("seconds", "expected", "end"), CASES)
def test_a_worker_behind_a_cable_that_is_cut(
    seconds: float,
    expected: str,
    end: tuple[str, int, int],
    home: Path,
    url: str,
    cable: Cable,
    tmp_path: Path,
    report: Report,
) -> None:
    with Broker(f"embedded:{home}") as broker, starting(broker) as start:
        queue = aque.Queue(broker=broker)
        args = records.SHELL.format(folder=tmp_path, seconds=seconds + 5)
        future = queue.submit_many([{"pattern": "shell", "args": args}])[0]
        start(url=url, before=["ip", "netns", "exec", cable.name])
        wait_for(lambda: begun(tmp_path, future.id), 30)
        start()
        wait_for(lambda: len(broker.workers()) == 2, 30)
        with psycopg.connect(**embedded.ensure(home).conninfo, autocommit=True) as clock:  # type: ignore[arg-type]
            cable.cut()
            clock.execute("select pg_sleep(%s)", [seconds])
        cable.mend()
        assert future.result(120) == 0
        wait_for(lambda: len(broker.workers()) == 2, 30, "the worker did not come back")
        kinds = "".join(begun(tmp_path, future.id))
        report(cut=seconds, records=kinds, row=row(broker, future.id))
        assert (kinds, row(broker, future.id)) == (expected, end)
