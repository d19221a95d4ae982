"""A disk that is full: one clear line, nothing half done, and all is well again once there is room."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from aque.core import embedded
from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import New

Aque = Callable[..., subprocess.CompletedProcess[bytes]]
CONTENT = 6 << 20
root = pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root can make a small disk")


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=711", "none", folder], check=True)

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes free."""
        wanted = self.free() - leave
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while wanted > 0:
                wanted -= file.write(b"x" * min(wanted, 1 << 16))

    def free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=400m", self.folder], check=True)


@pytest.fixture
def disk(new_home: New) -> Iterator[Disk]:
    made = Disk(new_home("disk"))
    yield made
    embedded.stop(made.folder / "broker")
    wait_for(lambda: subprocess.run(["umount", made.folder], capture_output=True).returncode == 0)


@pytest.fixture
def aque(disk: Disk) -> Aque:
    def run(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", "from aque.cli.main import main; main()", *args],
            env={"PATH": "/usr/bin:/bin", "AQUE_HOME": str(disk.folder / "broker")},
            input=stdin,
            capture_output=True,
            timeout=60,
        )

    return run


def assert_full(done: subprocess.CompletedProcess[bytes]) -> None:
    told = done.stderr.decode()
    assert (done.returncode, done.stdout) == (3, b""), told
    assert told.startswith("aque: the ")
    assert "disk" in told
    assert "is full" in told
    assert len(told.splitlines()) == 1


@root
def test_submits_fill_the_disk_of_the_broker(aque: Aque, disk: Disk) -> None:
    acknowledged: list[int] = []
    content = random.Random(1).randbytes(CONTENT)
    while not (done := aque("submit", "--stdin", "-", "wc", "-c", stdin=content)).returncode:
        acknowledged.append(int(done.stdout))
    assert acknowledged
    assert_full(done)
    assert_full(aque("submit", "--stdin", "-", "wc", "-c", stdin=content))
    disk.make_room()
    acknowledged.append(int(aque("submit", "echo", "back").stdout))
    stored = [json.loads(line)["id"] for line in aque("status", "--json").stdout.splitlines()]
    assert sorted(stored) == acknowledged
    assert sizes(disk) == {CONTENT: len(acknowledged) - 1, 0: 1}
    assert aque("worker", "-2").returncode == 0
    assert aque("output", str(acknowledged[-1])).stdout == b"back\n"
    assert aque("output", str(acknowledged[0])).stdout == f"{CONTENT}\n".encode()


def sizes(disk: Disk) -> dict[int, int]:
    """How many tasks have how many bytes of input."""
    query = """
        select coalesce(octet_length(stdin_value), 0), count(*)
        from aque.task left join aque.spec on task_id = id group by 1
    """
    with psycopg.connect(**embedded.ensure(disk.folder / "broker").conninfo) as conn:  # type: ignore[arg-type]
        return dict(conn.execute(query).fetchall())


@root
@pytest.mark.parametrize("leave", [0, 20 << 20, 45 << 20], ids=["nothing", "no programs", "no data"])
def test_a_full_disk_is_no_place_for_a_new_server(leave: int, aque: Aque, disk: Disk) -> None:
    disk.fill(leave)
    before = disk.free()
    assert_full(aque("submit", "true"))
    home = disk.folder / "broker"
    left = [*home.glob("data*"), *home.glob("pgsql/.*")] if home.exists() else []
    assert left == []
    assert before < 40 << 20 or disk.free() > before - (36 << 20), "more than the programs was left"
    disk.make_room()
    assert aque("submit", "true").stdout == b"1\n"


@root
def test_a_server_that_cannot_even_write_its_log_is_told_to_have_no_room(aque: Aque, disk: Disk) -> None:
    assert aque("submit", "true").returncode == 0
    assert aque("db", "stop").returncode == 0
    log = disk.folder / "broker" / "server.log"
    log.write_bytes(b"x" * 4096 * (log.stat().st_size // 4096 + 1))  # its last page is used up
    disk.fill()
    assert_full(aque("submit", "true"))
    disk.make_room()
    assert aque("submit", "true").stdout == b"2\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.usefixtures("worker")
def test_a_command_that_cannot_write_its_output_is_an_error(broker: Broker) -> None:
    from aque.core.queue import Queue

    submit = Queue(broker=broker).submit_many
    told, quiet = submit(
        [
            {"pattern": "shell", "args": ["echo", "lost"], "stdout": "/dev/full"},
            {"pattern": "shell", "args": "echo lost; true", "stdout": "/dev/full"},
        ]
    )
    assert "exit status 1" in str(told.exception(30))
    assert quiet.exception(30) is None, "what a command makes of it is its own affair"
    pieces = broker.output(told.id)
    assert any(b"No space left" in piece.data for piece in pieces)
