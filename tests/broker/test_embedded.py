"""The embedded server: where it lives, as whom, how long. What it survives is in tests/faults."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from aque.core import embedded
from aque.core.broker import Broker
from aque.core.embedded import folders, pidfile
from aque.core.embedded.home import locate
from aque.core.errors import BrokerUnavailable
from aque.core.queries import tasks
from tests.waiting import wait_for


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
            shutil.rmtree(locate(home).run, ignore_errors=True)  # which may be in /tmp


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


def test_a_worker_whose_broker_was_deleted_ends_and_makes_no_new_one(place: Callable[[str], Path]) -> None:
    """A new one would know no task of the old, and its worker 1 might be another."""
    home = place("broker")
    command = [sys.executable, "-m", "aque", "worker", "--broker", f"embedded:{home}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as worker:
        try:
            wait_for(lambda: home.is_dir() and embedded.status(home).running, 60)
            with Broker(f"embedded:{home}") as broker:
                wait_for(lambda: broker.read(tasks.workers), 60)
            pid = embedded.status(home).pid
            assert pid
            shutil.rmtree(home)
            with suppress(ProcessLookupError):  # it may have seen that for itself
                os.kill(pid, signal.SIGKILL)
            _, told = worker.communicate(timeout=60)
        finally:
            worker.kill()
    assert worker.returncode == 3
    assert told.splitlines()[-1] == f"aque: the embedded broker {locate(home).root} was deleted, and all that it held"
    assert not home.exists()


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGOPTIONS", "-c nonsense=1"),
        ("PGTARGETSESSIONATTRS", "read-only"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGCHANNELBINDING", "require"),
        ("PGGSSENCMODE", "require"),
        ("PGREQUIREPEER", "somebody"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLCERTMODE", "require"),
        ("PGSSLNEGOTIATION", "direct"),
    ],
)
def test_what_the_environment_says_of_other_servers_leads_nowhere_else(
    name: str, value: str, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with psycopg.connect(**embedded.ensure(server).conninfo) as conn:  # type: ignore[arg-type]
        assert conn.execute("select current_user").fetchone() == ("aque",)


def test_a_clock_that_was_set_back_does_not_keep_a_server_up(place: Callable[[str], Path]) -> None:
    home = place("broker")
    embedded.ensure(home, linger=0.2).lease.close()
    next_year = time.time() + 365 * 86400
    os.utime(home / "users.lock", (next_year, next_year))
    wait_for(lambda: not embedded.status(home).running, 30, "it waits for the next year")


def test_a_forked_child_that_goes_on_does_not_keep_a_server_up(place: Callable[[str], Path]) -> None:
    home = place("broker")
    code = f"""
import os, sys
from aque.core import embedded
from aque.core.broker import Broker
endpoint = embedded.ensure({str(home)!r}, linger=0)
if not os.fork():
    sys.stdin.read()
    os._exit(0)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert parent.wait(60) == 0
    wait_for(lambda: not embedded.status(home).running, 30, "the child keeps it")
    parent.communicate()


def test_limits_of_the_one_that_starts_it_are_not_the_servers(place: Callable[[str], Path]) -> None:
    home = place("broker")
    code = f"""
import resource
from aque.core import embedded
from aque.core.broker import Broker
_, hard = resource.getrlimit(resource.RLIMIT_CPU)
resource.setrlimit(resource.RLIMIT_CPU, (60, hard))
embedded.ensure({str(home)!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    pid = embedded.status(home).pid
    assert pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
    assert soft == hard


def test_stop_cuts_off_those_who_use_it_and_they_can_come_back(place: Callable[[str], Path]) -> None:
    home = place("broker")
    endpoint = embedded.ensure(home)
    with psycopg.connect(**endpoint.conninfo) as conn:  # type: ignore[arg-type]
        assert embedded.stop(home)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("select 1")
    assert not embedded.stop(home)
    assert embedded.ensure(home).lease.held


@pytest.mark.soak
def test_a_server_that_does_not_listen_is_stopped_all_the_same(place: Callable[[str], Path]) -> None:
    home = place("broker")
    embedded.ensure(home)
    server = psutil.Process(embedded.status(home).pid)
    session = server.children()[0]
    session.suspend()  # a fast shutdown would wait for it
    try:
        assert embedded.stop(home)
    finally:
        with suppress(psutil.NoSuchProcess):
            session.resume()


def test_the_data_of_another_server_with_a_longer_name_is_not_ours(place: Callable[[str], Path]) -> None:
    home = place("broker")
    embedded.ensure(home)
    pid = embedded.status(home).pid
    assert pid
    assert pidfile.is_server(pid, home / "data")
    assert not pidfile.is_server(pid, home / "dat")
    assert not pidfile.is_server(os.getpid(), home / "data")


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw
31 30 0:41 / /home/me/my\\040disk rw - ext4 /dev/vdb rw
32 22 0:42 / /mnt rw - fuse.sshfs there: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/me", "nfs4"), ("/home/me/my disk/x", ""), ("/homeless", ""), ("/mnt/x", "fuse.sshfs"), ("/var", "")],
)
def test_network_file_systems_are_known(path: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(folders, "_MOUNTS", tmp_path / "mountinfo")
    assert folders.network(Path(path)) == kind
