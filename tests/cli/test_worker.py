"""aque worker: how it begins, what it tells meanwhile, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import Aque, Start

Environ = dict[str, str]


def row(broker: Broker, task: int) -> tuple[str, int, int, int]:
    """State, attempt, losses, and retries beyond those that were asked for."""
    with broker.database.connection() as conn:
        found = conn.execute(
            "select t.state::text, t.attempt, t.losses, t.retries - s.retries"
            " from aque.task t join aque.spec s on s.task_id = t.id where t.id = %s",
            [task],
        ).fetchone()
    assert found
    return found  # type: ignore[return-value]


def running(aque: Aque, broker: Broker, command: str = "sleep 600") -> int:
    """A task that runs."""
    task = int(aque("submit", "-s", command).stdout)
    wait_for(lambda: broker.tasks([task])[0].state == "running", 30)
    return task


def test_term_lets_tasks_run_up_to_the_limit_and_then_gives_them_back_at_no_cost(
    aque: Aque, broker: Broker, start: Start
) -> None:
    worker = start("worker", "-c", "1", "--drain-limit", "0.3")
    task = running(aque, broker)
    worker.terminate()
    assert worker.wait(30) == 0
    assert row(broker, task) == ("pending", 1, 0, 1)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_hup_and_ctrl_c_drain_without_a_limit(
    aque: Aque, broker: Broker, start: Start, tmp_path: Path, number: int
) -> None:
    go = tmp_path / "go"
    worker = start("worker", "-c", "1", "--drain-limit", "0")
    task = running(aque, broker, f"while [ ! -e {go} ]; do sleep 0.05; done")
    worker.send_signal(number)
    wait_for(lambda: broker.workers()[0].draining, 30)
    go.touch()
    assert worker.wait(30) == 0
    assert row(broker, task) == ("success", 1, 0, 0)


def test_a_second_ctrl_c_ends_it_now(aque: Aque, broker: Broker, start: Start) -> None:
    worker = start("worker", "-c", "1")
    task = running(aque, broker)
    worker.send_signal(signal.SIGINT)
    wait_for(lambda: broker.workers()[0].draining, 30)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(30) == 0
    assert row(broker, task) == ("pending", 1, 0, 1)


def test_a_worker_that_is_older_than_the_schema_refuses_in_one_line(aque: Aque, broker: Broker) -> None:
    with broker.database.connection() as conn:
        conn.execute("insert into aque.schema_version (version, program) values (999, 'x')")
    done = aque("worker", "-2")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("aque: the broker's schema is version 999, this aque knows ")
    assert len(done.stderr.splitlines()) == 1


def test_a_worker_whose_broker_is_upgraded_ends_with_one_line(broker: Broker, start: Start) -> None:
    worker = start("worker", "-c", "1")
    wait_for(broker.workers, 30)
    with broker.database.connection() as conn, conn.transaction():
        conn.execute("insert into aque.schema_version (version, program) values (999, 'x')")
        conn.execute("alter function aque.capture rename to capture_otherwise")
    told = worker.communicate(timeout=60)[1]
    assert worker.returncode == 3
    assert told == "aque: the broker was upgraded to a newer schema: upgrade aque here\n"


def test_a_service_manager_hears_of_the_worker(broker: Broker, environ: Environ, start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        environ |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        worker = start("worker", "-c", "1")
        heard: list[str] = []

        def hears(word: str) -> bool:
            heard.extend(manager.recv(4096).decode().splitlines())
            return word in heard

        wait_for(lambda: hears("READY=1"), 30)
        assert f"MAINPID={worker.pid}" in heard
        assert [each.pid for each in broker.workers()] == [worker.pid]
        wait_for(lambda: hears("WATCHDOG=1"), 30)
        worker.terminate()
        wait_for(lambda: hears("STOPPING=1"), 30)
        assert worker.wait(30) == 0


@pytest.mark.parametrize("kind", ["user", "system"])
def test_units_start_the_worker_as_it_was_asked_for(aque: Aque, kind: str, tmp_path: Path) -> None:
    done = aque("worker", "--unit", kind, "-c", "2", "-q", "a b", "-q", "c%", "--drain-limit", "0")
    unit = tmp_path / "aque-worker.service"
    unit.write_text(done.stdout)
    assert done.returncode == 0
    assert " -m aque worker --cpus 2 --queue 'a b' --queue c%% --drain-limit 0.0\n" in done.stdout
    assert "Type=notify\n" in done.stdout
    assert "TimeoutStopSec=20\n" in done.stdout
    if shutil.which("systemd-analyze"):
        folders = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        subprocess.run(["systemd-analyze", "verify", f"--{kind}", unit], check=True, env=folders)


def test_logs_are_json_lines_that_say_whom_they_are_about(aque: Aque, environ: Environ) -> None:
    task = int(aque("submit", "true").stdout)
    environ["AQUE_LOG"] = "info,json"
    lines = [json.loads(line) for line in aque("worker", "-2", "-c", "1").stderr.splitlines()]
    about = [line for line in lines if line.get("task") == task]
    assert [line["message"].split(":")[0].split(" as ")[0] for line in about] == [
        f"task {task} started",
        f"task {task} ended",
    ]
    assert all(line["lease"] > 0 and line["worker"] > 0 and line["level"] == "info" for line in about)


def test_logs_of_no_such_level_are_refused(aque: Aque, environ: Environ) -> None:
    environ["AQUE_LOG"] = "loud"
    done = aque("worker", "-2")
    assert done.returncode == 2
    assert done.stderr.startswith("aque: AQUE_LOG: 'loud' is neither a level")


def test_a_daemon_is_there_once_its_name(aque: Aque, broker: Broker, environ: Environ, tmp_path: Path) -> None:
    environ["XDG_STATE_HOME"] = str(tmp_path)
    done = aque("worker", "--daemon", "--name", "a/b", "-c", "1")
    assert (done.returncode, done.stdout) == (0, "")
    daemon = psutil.Process(broker.workers()[0].pid)
    try:
        assert f"worker a/b runs as process {daemon.pid}; log: {tmp_path}/" in done.stderr
        assert os.getsid(daemon.pid) not in (os.getsid(0), daemon.pid)
        again = aque("worker", "--daemon", "--name", "a/b")
        assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
        assert f"the worker a/b runs already, as process {daemon.pid}" in again.stderr
        task = aque("submit", "true").stdout.strip()
        assert aque("wait", task).returncode == 0
        daemon.terminate()
        wait_for(lambda: not daemon.is_running(), 30)
    finally:
        if daemon.is_running():
            daemon.kill()
    logs = [each.read_text() for each in tmp_path.rglob("*.log")]
    assert len(logs) == 1
    assert f"INFO aque.worker: task {task} started as process " in logs[0]
    assert broker.workers() == []


def test_a_daemon_that_cannot_begin_says_so_where_it_was_started(aque: Aque, environ: Environ, tmp_path: Path) -> None:
    environ["XDG_STATE_HOME"] = str(tmp_path)
    done = aque("worker", "--daemon", url="postgresql://127.0.0.1:1/none")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "cannot reach the broker" in done.stderr


def test_workers_show_the_load_of_their_hosts(aque: Aque, broker: Broker, start: Start) -> None:
    start("worker", "-c", "1")
    wait_for(lambda: broker.workers() and broker.workers()[0].load is not None, 30)
    head, line = aque("workers").stdout.splitlines()
    place = head.split().index("LOAD")
    assert float(line.split()[place]) >= 0
