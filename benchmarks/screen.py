"""What `aque top` costs over a large broker, measured from outside: a process in a pseudo-terminal.

    python -m benchmarks.screen [--tasks 1000000] [--changes 1000] [--seconds 20]

Starts an embedded server of its own. Times are from the start of the process, or from a key, to bytes on the terminal;
keys are pressed while tasks change.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import statistics
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aque.core.broker import Broker
from aque.core.db.source import Connection

from .demands import demand
from .house import house

_AQUE: Final = [sys.executable, "-c", "from aque.cli.main import main; main()", "top"]
_BRANCHES: Final = 10_000
_QUIET: Final = 0.03  # seconds without output, before a key is pressed
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_CURSOR: Final = re.compile(rb"48;5;25m +([0-9]+) ")  # the background of its line
_FILL: Final = """
with made as (
    insert into aque.task (id, shape_id, memory, priority, state)
    select nextval('aque.task_id'),
           aque.shape_of(jsonb_populate_record(null::aque.demand, %(demand)s::jsonb)), 0,
           900 + g %% 200, (case g %% 100 when 0 then 'error' when 1 then 'paused' else 'pending' end)::aque.state
    from generate_series(1, %(count)s) g returning id
)
insert into aque.spec (task_id, name, pattern, func, args)
select id, 'frame ' || id, 'shell', null, to_json('render scene.exr --frame ' || id) from made
"""
_BRANCH: Final = """
insert into aque.dependency (needs_id, task_id)
select t.id, (select max(id) from aque.task) from aque.task t order by t.id limit %(count)s
"""
_CHANGE: Final = """
update aque.task set priority = 900 + (priority + 1) %% 200
where id in (select (random() * %(tasks)s)::bigint from generate_series(1, %(count)s))
"""


class Terminal:
    """A process in a terminal of 120 by 40."""

    def __init__(self, url: str, refresh: float = 0.5) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, 120))
        env = {**os.environ, "AQUE_BROKER": url, "TERM": "xterm-256color", "COLORTERM": ""}
        self._cursor = b""  # the id of its task, as it was painted last
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [*_AQUE, f"--refresh={refresh:g}"], env=env, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """What is written within some seconds; at once, as soon as there is something."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 1 << 20) if ready else b""

    def until(self, pattern: bytes, seconds: float = 60.0) -> float:
        """When something was shown, as a time of perf_counter."""
        seen, end = b"", time.perf_counter() + seconds
        while time.perf_counter() < end:
            seen += self.read(0.2)
            if re.search(pattern, seen):
                return time.perf_counter()
        raise SystemExit(f"not shown within {seconds:g} s: {pattern!r}")

    def rest(self, seconds: float) -> None:
        """Let it live, and read what it paints."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.read(0.1)

    def press(self, key: bytes) -> float:
        """Seconds from a key to the line of another task in the colour of the cursor: no look paints that."""
        while piece := self.read(_QUIET):
            self._follow(piece)
        before, started = self._cursor, time.perf_counter()
        os.write(self._master, key)
        while self._cursor == before:
            if time.perf_counter() > started + 5.0:
                raise SystemExit("a key has moved nothing")
            self._follow(self.read(0.2))
        return time.perf_counter() - started

    def _follow(self, piece: bytes) -> None:
        if found := _CURSOR.findall(piece):
            self._cursor = found[-1]

    def write(self, keys: bytes) -> float:
        """Press keys; the time of it."""
        os.write(self._master, keys)
        return time.perf_counter()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait(10)
        os.close(self._master)


def cpu(pid: int) -> float:
    """Seconds of cpu time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> float:
    """Megabytes that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def backends(conn: Connection, own: set[int]) -> list[int]:
    """The server's processes that serve others."""
    rows = conn.execute("select pid from pg_stat_activity where backend_type = 'client backend'").fetchall()
    return [pid for (pid,) in rows if pid not in own]


@contextmanager
def changing(broker: Broker, tasks: int, rate: int) -> Iterator[int]:
    """Somebody who changes so many tasks a second, and announces it; gives the server's process for it."""
    conn = broker.database.source.connect()
    ended = threading.Event()

    def change() -> None:
        while not ended.wait(0.1):
            conn.execute(_CHANGE, {"tasks": tasks, "count": rate // 10})
            conn.execute("select pg_notify('aque_task', 'pending 1')")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield conn.info.backend_pid
    finally:
        ended.set()
        thread.join()
        conn.close()


def cost(terminal: Terminal, conn: Connection, own: set[int], seconds: float) -> tuple[float, float]:
    """The parts of a core that the screen and the server take for it."""

    def now() -> tuple[float, dict[int, float]]:
        return cpu(terminal.process.pid), {pid: cpu(pid) for pid in backends(conn, own)}

    (screen, server), started = now(), time.perf_counter()
    terminal.rest(seconds)
    (screen_after, server_after), passed = now(), time.perf_counter() - started
    used = sum(spent - server.get(pid, 0.0) for pid, spent in server_after.items())
    return (screen_after - screen) / passed, used / passed


def fill(conn: Connection, tasks: int) -> None:
    """Tasks, of which one needs many others."""
    conn.execute("set statement_timeout = 0")
    conn.execute(_FILL, {"count": tasks, "demand": demand()})
    conn.execute(_BRANCH, {"count": _BRANCHES})
    for table in ("task", "spec", "dependency", "shape"):
        conn.execute(f"vacuum analyze aque.{table}".encode())


def measure_keys(terminal: Terminal) -> None:
    """What a key paints, be it while a look is painted."""
    for name, key in (("Down", b"\x1b[B"), ("Page down", b"\x1b[6~")):
        times = sorted(terminal.press(key) for _ in range(100))
        print(f"{name} to paint: median {statistics.median(times) * 1e3:.1f}, p95 {times[94] * 1e3:.1f} ms")


def measure_unfolding(terminal: Terminal) -> None:
    """A task with many dependents, and what all of it took in memory."""
    terminal.write(b"2")
    terminal.until("▸".encode())
    started = terminal.write(b"g+")
    print(f"{_BRANCHES:,} lines unfolded in {terminal.until('├─'.encode()) - started:.2f} s")
    print(f"memory {memory(terminal.process.pid):.0f} MB")


def measure(broker: Broker, tasks: int, rate: int, seconds: float) -> None:
    """All figures, a line each."""
    conn = broker.database.source.connect()
    fill(conn, tasks)
    for refresh in (0.5, 0.1):
        terminal = Terminal(broker.to_url(), refresh)
        try:
            print(f"first rows after {terminal.until(rb'frame [0-9]{3}') - terminal.started:.2f} s")
            terminal.rest(5)
            with changing(broker, tasks, rate) as other:
                screen, server = cost(terminal, conn, {conn.info.backend_pid, other}, seconds)
                print(f"{rate} changes a second, {1 / refresh:g} looks: ", end="")
                print(f"screen {screen:.1%} of a core, server {server:.1%}")
                measure_keys(terminal)
                measure_unfolding(terminal)
        finally:
            terminal.close()
    conn.close()


def main() -> None:
    """Measure, with a server that is there for this alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(f"{options.tasks:,} tasks, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cpus")
    with house() as ours:
        measure(ours.broker, options.tasks, options.changes, options.seconds)


if __name__ == "__main__":
    main()
