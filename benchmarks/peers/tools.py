"""Tools that run commands, two at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..house import House
from ..rounds import Go
from .timing import rate


def lines(count: int, argv: Sequence[str]) -> Callable[[House], Any]:
    """One that reads a line for each command."""

    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        def go() -> float:
            subprocess.run(argv, input="x\n" * count, text=True, check=True, capture_output=True)
            return float(count)

        yield rate(go)

    return opened


def spooler(count: int) -> Callable[[House], Any]:
    """task-spooler: a server that a client hands each command to."""

    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        with tempfile.TemporaryDirectory(prefix="aque-tsp-") as folder:
            environ = {**os.environ, "TS_SOCKET": str(Path(folder) / "socket"), "TMPDIR": folder, "TS_MAXCONN": "1000"}

            def tsp(*argv: str) -> None:
                subprocess.run(["tsp", *argv], env=environ, check=True, capture_output=True)

            def go() -> float:
                for _ in range(count):
                    tsp("-n", "true")
                tsp("-w")
                tsp("-C")
                return float(count)

            tsp("-S", "2")
            try:
                yield rate(go)
            finally:
                tsp("-K")

    return opened


@contextmanager
def _quiet() -> Iterator[None]:
    """What a library writes past Python's own streams is not seen either."""
    kept = [os.dup(stream) for stream in (1, 2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        yield
    finally:
        for stream, old in zip((1, 2), kept, strict=True):
            os.dup2(old, stream)
            os.close(old)
        os.close(nothing)


def hyperqueue(count: int) -> Callable[[House], Any]:
    """HyperQueue's server and worker in this process; no output is kept."""

    @contextmanager
    def opened(_: House) -> Iterator[Go]:
        from hyperqueue import Job, LocalCluster
        from hyperqueue.cluster import WorkerConfig

        true = shutil.which("true") or "true"
        with _quiet(), LocalCluster() as cluster:
            cluster.start_worker(WorkerConfig(cores=2))
            client = cluster.client()

            def go() -> float:
                job = Job()
                for _ in range(count):
                    job.program([true], stdout=None, stderr=None)
                client.wait_for_jobs([client.submit(job)])
                return float(count)

            yield rate(go)

    return opened
