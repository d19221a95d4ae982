"""Looking at processes, by /proc where there is one, else by ps and lsof: containers often have no ps."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LINUX: Final = Path("/proc/self/fd").is_dir()


def arguments(pid: int) -> list[str]:
    """The command line of a process; empty where it is gone or a zombie."""
    if _LINUX:
        with suppress(OSError):
            return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes()).rstrip("\0").split("\0")
        return []
    return _output("ps", "-ww", "-o", "args=", "-p", str(pid)).split()


def folder(pid: int) -> str:
    """The current folder of a process; empty where nobody tells."""
    if _LINUX:
        with suppress(OSError):
            return str((_PROC / str(pid) / "cwd").readlink())
        return ""
    lines = _output("lsof", "-a", "-p", str(pid), "-d", "cwd", "-Fn").splitlines()
    return next((line[1:] for line in lines if line.startswith("n")), "")


def lacks(pid: int, path: Path) -> bool:
    """Whether a process finds nothing at this path, which may lie elsewhere for it than for us; False if none tells."""
    try:
        (Path(f"{_PROC}/{pid}/root{path}") if _LINUX else path).lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def holders(path: Path) -> dict[int, list[str]]:
    """The other processes that have this file open, as far as we may look, with their command lines."""
    pids = _openers(path) if _LINUX else [int(pid) for pid in _output("lsof", "-t", str(path)).split()]
    return {pid: arguments(pid) for pid in pids if pid != os.getpid()}


def shared_locks(path: Path) -> int | None:
    """How many processes hold a shared flock() on this file; None where the system does not tell."""
    try:
        number = str(path.stat().st_ino)
        lines = (_PROC / "locks").read_text().splitlines()
    except OSError:
        return None
    fields = [line.split() for line in lines]
    return sum(1 for f in fields if f[1] == "FLOCK" and f[3] == "READ" and f[5].rpartition(":")[2] == number)


def _openers(path: Path) -> list[int]:
    wanted = path.stat()
    return [
        int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit() and _has_open(entry, path.name, wanted)
    ]


def _has_open(process: Path, name: str, wanted: os.stat_result) -> bool:
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            # The name first: stat() of a file on a network that is away would hang.
            if str(descriptor.readlink()).endswith(name) and os.path.samestat(descriptor.stat(), wanted):
                return True
    return False


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
