"""The embedded server: one for all who ask, and back after anything was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from aque.core import embedded
from aque.core.errors import BrokerUnavailable
from tests.waiting import wait_for

CLIENT = """
import sys, psycopg
from pathlib import Path
from aque.core import embedded
endpoint = embedded.ensure(Path(sys.argv[1]))
with psycopg.connect(**endpoint.conninfo) as conn:
    print(conn.execute("select pg_postmaster_start_time()").fetchone()[0])
"""


@pytest.fixture
def place() -> Iterator[Callable[[str], Path]]:
    with tempfile.TemporaryDirectory(prefix="aque-embedded-") as folder:
        Path(folder).chmod(0o711)
        made: list[Path] = []

        def make(name: str) -> Path:
            made.append(Path(folder) / name)
            return made[-1]

        yield make
        for home in made:
            if home.is_dir():
                embedded.stop(home)


def client(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_eight_processes_at_once_find_one_server(place: Callable[[str], Path]) -> None:
    clients = [client(place("broker")) for _ in range(1)]
    home = Path(clients[0].args[3])  # type: ignore[index,arg-type]
    clients += [client(home) for _ in range(7)]
    told = [each.communicate(timeout=60) for each in clients]
    assert [each.returncode for each in clients] == [0] * 8, told
    assert len({out for out, _ in told}) == 1


def test_it_is_back_after_its_postmaster_was_killed(place: Callable[[str], Path]) -> None:
    home = place("broker")
    endpoint = embedded.ensure(home)
    with psycopg.connect(**endpoint.conninfo, autocommit=True) as conn:  # type: ignore[arg-type]
        conn.execute("create table kept as select 1 as one")
    pid = embedded.status(home).pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    again = embedded.ensure(home)
    with psycopg.connect(**again.conninfo) as conn:  # type: ignore[arg-type]
        assert conn.execute("select one from kept").fetchone() == (1,)


def test_a_starter_that_is_killed_leaves_nothing_in_the_way(place: Callable[[str], Path]) -> None:
    home = place("broker")
    first = client(home)
    wait_for(lambda: list(home.glob("data*")) if home.exists() else [], 30)
    first.kill()
    first.communicate()
    out, err = client(home).communicate(timeout=60)
    assert out, err


@pytest.mark.parametrize("name", ["long-" + "x" * 150, "a b,c'%é"], ids=["long", "odd"])
def test_any_name_of_a_home_will_do(place: Callable[[str], Path], name: str) -> None:
    home = place(name)
    embedded.ensure(home)
    with psycopg.connect(embedded.url(home)) as conn:
        assert conn.execute("show fsync").fetchone() == ("on",)


def test_a_server_that_nobody_uses_stops(place: Callable[[str], Path]) -> None:
    home = place("broker")
    endpoint = embedded.ensure(home, linger=0)
    endpoint.lease.close()
    wait_for(lambda: not embedded.status(home).running, 30, "the server runs though nobody uses it")


def test_a_home_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerUnavailable) as caught:
        embedded.ensure(tmp_path / "file")
    assert "\n" not in str(caught.value)


def test_a_home_that_others_can_write_into_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(BrokerUnavailable, match="others can write"):
        embedded.ensure(tmp_path / "open")
