"""Clients of the embedded server by the dozen, and a look at the processes of a server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

CLIENT = Path(__file__).with_name("client.py")
Process = subprocess.Popen[str]


def client(mode: str, home: Path, linger: float | None, *rest: object) -> Process:
    """A client, just started."""
    seconds = "never" if linger is None else str(linger)
    return subprocess.Popen(
        [sys.executable, str(CLIENT), mode, str(home), seconds, *map(str, rest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a number of clients met: seconds of each, the starts of the servers that they saw, complaints."""

    seconds: list[float]
    servers: set[str]
    complaints: list[str]


def told(clients: Iterable[Process]) -> Crowd:
    """Wait for clients of mode `once`."""
    crowd = Crowd([], set(), [])
    for each in clients:
        out, err = each.communicate(timeout=120)
        if each.returncode:
            crowd.complaints.append(err.strip().splitlines()[-1] if err.strip() else f"status {each.returncode}")
        else:
            took, server = out.split()
            crowd.seconds.append(float(took))
            crowd.servers.add(server)
    return crowd


def processes(wanted: Callable[[list[str]], bool]) -> list[psutil.Process]:
    """All whose command line is wanted."""
    return [each for each in psutil.process_iter(["cmdline"]) if wanted(each.info["cmdline"] or [])]


def servers(home: Path) -> list[psutil.Process]:
    """The postmasters of a home: never two."""
    return processes(lambda line: line[1:3] == ["-D", f"{home}/data"] and line[0].endswith("/postgres"))


def supervisors(home: Path) -> list[psutil.Process]:
    return processes(lambda line: "supervise" in line and f"{home}/users.lock" in line)


def alive(process: psutil.Process) -> bool:
    """Whether it runs: one that is dead, though nobody has waited for it, does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def family(parents: Iterable[psutil.Process]) -> Iterator[psutil.Process]:
    """Processes and all their descendants."""
    for parent in parents:
        with suppress(psutil.NoSuchProcess):
            yield from parent.children(recursive=True)
        yield parent


def kill(victims: Iterable[psutil.Process]) -> int:
    """SIGKILL; how many there were."""
    count = 0
    for each in victims:
        with suppress(psutil.NoSuchProcess):
            each.kill()
            count += 1
    return count
