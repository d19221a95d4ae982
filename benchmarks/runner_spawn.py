"""Thousands of `true`, two at once: the runner against `xargs -P2`, in turns."""

import os
import select
import statistics
import subprocess
import sys
import time

from aque.core.runner.client import Runner

ROUNDS = 3


def by_runner(count: int) -> float:
    """Seconds the runner takes, its own start left out."""
    runner = Runner.start()
    runner.send({"type": "environ", "key": "e"}, b'{"PATH": "/usr/bin:/bin"}')
    runner.send({"type": "capacity", "cpus": 2.0, "memory": None})
    begin, left = time.monotonic(), count
    for lease in range(count):
        runner.send({"type": "run", "lease": lease, "argv": ["true"], "environ": "e", "cpus": 1.0, "memory": 0})
    while left:
        select.select([runner], [runner] if runner.wants_write else [], [])
        runner.flush()
        left -= sum(header["type"] == "finished" for header, _ in runner.receive())
    seconds = time.monotonic() - begin
    runner.close()
    return seconds


def by_xargs(count: int) -> float:
    """Seconds xargs takes."""
    begin = time.monotonic()
    lines = "\n".join(map(str, range(count)))
    environ = {**os.environ, "PATH": "/usr/bin:/bin"}
    subprocess.run(["xargs", "-P2", "-n1", "true"], input=lines, text=True, check=True, env=environ)
    return time.monotonic() - begin


def main(count: int) -> None:
    """Alternate, and print medians and their ratio."""
    pairs = [(by_runner(count), by_xargs(count)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{count} x true: runner {ours:.2f} s, xargs {theirs:.2f} s, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
