"""The server that all contestants share, and what they need beside it, for the time of a run."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

import aque
from aque.core import embedded
from aque.core.broker import Broker


class House:
    """An embedded server with aque's broker, databases for others on the same server, and a Redis."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.folder = folder
        self.broker = broker
        self.queue = aque.Queue(broker=broker)

    def address(self, database: str) -> dict[str, Any]:
        """How to connect to a database of this name on the same server, made anew."""
        with self.broker.database.source.connect() as conn:
            conn.autocommit = True
            conn.execute(f'drop database if exists "{database}" with (force)'.encode())
            conn.execute(f'create database "{database}"'.encode())
            found = conn.info.get_parameters()
            return {
                "host": conn.info.host,
                "port": conn.info.port,
                "user": conn.info.user,
                "dbname": database,
                **({"password": conn.info.password} if conn.info.password else {}),
                **({"sslmode": found["sslmode"]} if "sslmode" in found else {}),
            }

    def conninfo(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(**self.address(database))

    @contextmanager
    def worker(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker with two cpus, as a process of its own."""
        argv = [sys.executable, "-m", "aque", "worker", "-c", "2", "--broker", self.broker.to_url(), *options]
        with process(argv) as started:
            yield started

    @contextmanager
    def redis(self) -> Iterator[str]:
        """The address of a Redis on a Unix socket, which keeps nothing on disk."""
        with tempfile.TemporaryDirectory(prefix="aque-redis-") as folder:
            path = Path(folder) / "redis.sock"
            argv = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
            with process(argv):
                until(lambda: answers(path))
                yield f"unix://{path}"


def answers(path: Path) -> bool:
    """Whether somebody listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(str(path)) == 0


@contextmanager
def process(argv: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()


def until(is_so: Any, seconds: float = 60.0) -> None:
    """Wait until something is so; TimeoutError if it does not come."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to an end in time")
        time.sleep(0.002)


@contextmanager
def house() -> Iterator[House]:
    """A house with a server of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="aque-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with contextlib.ExitStack() as stack:
            stack.callback(embedded.stop, folder / "broker")
            broker = stack.enter_context(Broker(f"embedded:{folder / 'broker'}"))
            broker.database.initialise()
            yield House(folder, broker)
