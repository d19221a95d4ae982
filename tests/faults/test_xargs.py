"""`aque xargs` when things die under it: what it was given runs once, or it says that it could not go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from aque.core import embedded
from aque.core.broker import Broker
from tests.waiting import wait_for

from .farm import kill, servers, supervisors

Start = Callable[..., "subprocess.Popen[bytes]"]
_MEMORY = 80 * 2**20  # bytes


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a command of aque on a broker, with pipes; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(url: str, *words: str, **options: object) -> subprocess.Popen[bytes]:
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        environ = {**os.environ, "AQUE_BROKER": url, "AQUE_LOG": "ERROR"}
        command = [sys.executable, "-m", "aque", *words]
        started.append(subprocess.Popen(command, env=environ, **streams))  # type: ignore[call-overload]
        return started[-1]

    yield run
    for each in started:
        with suppress(ProcessLookupError):
            each.kill()
        each.communicate()


@pytest.fixture
def made(home: Path) -> Iterator[Broker]:
    with Broker(f"embedded:{home}") as broker:
        broker.database.initialise(from_scratch=True)
        yield broker


def shared(home: Path) -> str:
    """The URL of a server as one that nobody starts again."""
    return "postgresql:///?" + urlencode(embedded.ensure(home).conninfo)


def marks(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def marking(path: Path, seconds: float) -> list[str]:
    return ["-n1", "sh", "-c", f'echo "$0" >> {path}; sleep {seconds}; echo "$0"']


@pytest.mark.parametrize("mode", [["-P1"], ["-P4"]], ids=str)
def test_a_server_that_is_killed_and_comes_back_costs_no_command(
    made: Broker, home: Path, start: Start, tmp_path: Path, mode: list[str]
) -> None:
    mark = tmp_path / "mark"
    numbers = [str(number) for number in range(60)]
    process = start(made.to_url(), "xargs", *mode, *marking(mark, 0.05))
    assert process.stdin
    process.stdin.write("\n".join(numbers[:30]).encode() + b"\n")
    process.stdin.flush()
    wait_for(lambda: len(marks(mark)) > 5, 60)
    assert kill(servers(home))
    process.stdin.write("\n".join(numbers[30:]).encode() + b"\n")
    process.stdin.flush()
    wait_for(lambda: len(marks(mark)) > 35, 90)
    assert kill(servers(home))
    out, err = process.communicate(timeout=100)
    assert (out.decode().split(), err, process.returncode) == (numbers, b"", 0)
    assert sorted(marks(mark), key=int) == numbers, "one ran twice, or never"


def test_a_broker_that_is_gone_for_good_is_given_up_in_one_line(
    made: Broker, home: Path, start: Start, tmp_path: Path
) -> None:
    url = shared(home)
    worker = start(url, "worker", "-c", "2")
    process = start(url, "xargs", "-P2", *marking(tmp_path / "mark", 600))
    assert process.stdin
    process.stdin.write(b"1\n2\n3\n")
    process.stdin.flush()  # and it stays open
    wait_for(lambda: len(marks(tmp_path / "mark")) == 2, 60)
    kill([*supervisors(home), *servers(home)])
    assert process.wait(90) == 3
    assert process.stderr
    assert process.stderr.read().count(b"\n") == 1
    worker.kill()


def test_a_signal_ends_it_while_the_broker_is_away(made: Broker, home: Path, start: Start, tmp_path: Path) -> None:
    url = shared(home)
    worker = start(url, "worker", "-c", "2")
    process = start(url, "xargs", "-P2", *marking(tmp_path / "mark", 600), start_new_session=True)
    assert process.stdin
    process.stdin.write(b"1\n")
    process.stdin.flush()
    wait_for(lambda: marks(tmp_path / "mark"), 60)
    kill([*supervisors(home), *servers(home)])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (3, 128 + signal.SIGTERM)
    worker.kill()


def test_when_the_only_worker_dies_it_brings_its_own(made: Broker, start: Start, tmp_path: Path) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    worker = start(made.to_url(), "worker", "-c", "2")
    wait_for(made.workers, 30)
    line = f'echo "$0" >> {mark}; until [ -e {go} ]; do sleep 0.05; done; echo "$0"'
    process = start(made.to_url(), "xargs", "-P2", "-n1", "sh", "-c", line)
    assert process.stdin
    process.stdin.write(b"1\n2\n3\n")
    process.stdin.close()
    process.stdin = None
    wait_for(lambda: marks(mark), 30)
    worker.kill()
    worker.wait()
    go.touch()
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"1\n2\n3\n", 0)


def test_when_the_runner_of_its_own_worker_dies_another_goes_on(made: Broker, start: Start, tmp_path: Path) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    line = f'echo $PPID >> {mark}; until [ -e {go} ]; do sleep 0.05; done; echo "$0"'
    process = start(made.to_url(), "xargs", "-P1", "-n1", "sh", "-c", line)
    assert process.stdin
    process.stdin.write(b"1\n2\n")
    process.stdin.close()
    process.stdin = None
    wait_for(lambda: marks(mark), 30)
    runner = psutil.Process(int(marks(mark)[0]))
    assert process.pid in [each.pid for each in runner.parents()]
    runner.kill()
    go.touch()
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"1\n2\n", 0)


def test_an_endless_input_runs_from_the_start_and_takes_no_memory(made: Broker, start: Start) -> None:
    process = start(
        made.to_url(), "xargs", "-P2", "-n1", "sh", "-c", 'echo "$0"; exec sleep 600', start_new_session=True
    )
    written = 0

    def write() -> None:
        nonlocal written
        with suppress(OSError):
            for _ in range(1000):
                written += os.write(process.stdin.fileno(), b"x\n" * 1000)  # type: ignore[union-attr]

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert process.stdout
    assert process.stdout.readline() == b"x\n"
    seen = -1
    while seen != written:
        seen = written
        writer.join(1.0)
    assert written < 2_000_000, "it has read all of it"
    assert psutil.Process(process.pid).memory_info().rss < _MEMORY
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM


_MEASURED = r"""
import atexit, pathlib, re, sys
status = pathlib.Path("/proc/self/status")
path = sys.argv.pop(1)
atexit.register(lambda: pathlib.Path(path).write_text(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1]))
from aque.cli.main import main
main()
"""


def test_a_million_lines_take_no_memory(made: Broker, start: Start, tmp_path: Path) -> None:
    start(made.to_url(), "worker", "-c", "2")
    wait_for(made.workers, 30)  # else it brings its own, in the same process
    lines = tmp_path / "lines"
    lines.write_text("some-words-on-a-line\n" * 1_000_000)
    words = ["xargs", "-P0", "-n2000", "sh", "-c", "echo $#"]
    command = [sys.executable, "-c", _MEASURED, f"{tmp_path}/most", *words]
    with lines.open("rb") as stdin:
        environ = {**os.environ, "AQUE_BROKER": made.to_url()}
        done = subprocess.run(command, stdin=stdin, capture_output=True, env=environ, timeout=100)
    assert (sum(map(int, done.stdout.split())), done.returncode) == (1_000_000 - 500, 0)  # the first of each is $0
    assert int((tmp_path / "most").read_text()) * 1024 < _MEMORY
