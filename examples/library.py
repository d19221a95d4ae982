"""The main job on real input: checksum and measure every file of the installed Python library.

One shell task a folder, a Python task that reads what it wrote, and one reduce at the end; then the same figures
computed directly, to compare.

    python examples/library.py
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import as_completed
from pathlib import Path

import aque
from aque import stdout_of

Figures = tuple[int, int, str]
"""Files, bytes, and all checksums folded into one."""

MEASURE = 'for f in *; do [ -f "$f" ] && [ ! -L "$f" ] && cksum "$f"; done; true'


def parse(text: str) -> Figures:
    """The figures of one folder, from what cksum wrote."""
    lines = [line.split(maxsplit=2) for line in text.splitlines()]
    return len(lines), sum(int(size) for _, size, _ in lines), fold(f"{crc} {size}" for crc, size, _ in lines)


def merge(one: Figures, other: Figures) -> Figures:
    """The figures of two sets of files."""
    return one[0] + other[0], one[1] + other[1], f"{int(one[2], 16) ^ int(other[2], 16):032x}"


def fold(lines: object) -> str:
    """One number for many lines, whatever their order."""
    folded = 0
    for line in lines:  # type: ignore[attr-defined]
        folded ^= int(hashlib.md5(line.encode(), usedforsecurity=False).hexdigest(), 16)
    return f"{folded:032x}"


def folders() -> list[Path]:
    """The library's folders that hold files."""
    root = Path(sysconfig.get_path("stdlib"))
    found = [Path(folder) for folder, _, files in os.walk(root) if files and "__pycache__" not in folder]
    return sorted(folder for folder in found if "site-packages" not in folder.parts)


def graph() -> list[dict[str, object]]:
    """A parsing task a folder, each with the shell task that it reads, and the reduce over them all, last."""
    shells = [{"pattern": "shell", "args": MEASURE, "cwd": str(each), "name": each.name} for each in folders()]
    parses = [{"func": parse, "args": [stdout_of(each)], "name": f"parse {each['name']}"} for each in shells]
    return [*parses, {"pattern": "reduce", "func": merge, "dependencies": parses, "name": "total"}]


def directly() -> Figures:
    """The same figures with no queue."""
    total = (0, 0, "0")
    for each in folders():
        done = subprocess.run(["/bin/sh", "-c", MEASURE], cwd=each, capture_output=True, text=True, check=True)
        total = merge(total, parse(done.stdout))
    return total


def main() -> int:
    started = time.monotonic()
    queue = aque.Queue()
    futures = queue.submit_many(graph())
    print(
        f"{len(futures)} tasks over {len(futures) - 1} folders, and a shell task for each, in {queue.broker.to_url()}"
    )
    worker = subprocess.Popen([sys.executable, "-m", "aque", "worker"])
    try:
        for done, _ in enumerate(as_completed(futures), 1):
            if done % 20 == 0 or done == len(futures):
                print(f"  {done:>4} of {len(futures)} after {time.monotonic() - started:.1f} s", flush=True)
        files, size, checksum = total = futures[-1].result()
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    print(f"{files} files, {size / 1e6:.1f} MB, checksum {checksum}")
    same = total == directly()
    print("the same figures computed directly: " + ("equal" if same else "DIFFERENT"))
    print(
        "Next: `.venv/bin/aque status`, `.venv/bin/aque submit -w echo hello` with `.venv/bin/aque worker` beside it."
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
