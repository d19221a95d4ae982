"""Two real servers, a primary and the standby that streams from it, and what befalls them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from aque.core.embedded import binaries, identity
from aque.core.embedded.cluster import Cluster
from aque.core.embedded.home import Home

from .sharing import free_port, run_on
from .waiting import wait_for

_ACCESS: Final = "local all all trust\nhost all all 127.0.0.1/32 trust\nlocal replication all trust\n"


@dataclass
class Server:
    """One of the two."""

    cluster: Cluster
    port: int
    sockets: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options: Mapping[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.sockets,
            "fsync": "off",  # nothing here outlives the test
            "cluster_name": "aque",
        }
        words = [*self.cluster.command(), *(f"--{name}={value}" for name, value in options.items())]
        with (self.sockets / f"log.{self.port}").open("wb") as log:
            self.process = subprocess.Popen(
                self.cluster.identity.command(words), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._answers, 30)

    def sql(self, statement: str) -> Any:
        """The first value of the answer, if there is any."""
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            cursor = conn.execute(statement)  # type: ignore[call-overload]
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def receiver(self) -> psutil.Process:
        """The process of a standby that takes in what its primary sends."""
        return next(each for each in self._children() if "walreceiver" in " ".join(each.cmdline()))

    def kill(self) -> None:
        """SIGKILL to all of it: to its clients, as if its machine was gone, but for the answer of that machine."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)  # it starts no others meanwhile
            for each in self._children():
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            self.process.kill()
            self.process.wait()

    def promote(self) -> None:
        """Make a standby the primary."""
        run_on(self.cluster, "pg_ctl", "promote", "-s")
        assert self.sql("select pg_is_in_recovery()") is False

    def _children(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    @property
    def _conninfo(self) -> str:
        return f"host={self.sockets} port={self.port} user=postgres dbname=postgres connect_timeout=5"

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, (self.sockets / f"log.{self.port}").read_text()
        try:
            return self.sql("select true") is True
        except psycopg.OperationalError:
            return False


@dataclass(frozen=True)
class Pair:
    """Both, and the URL of whichever of them can be written to."""

    primary: Server
    standby: Server

    @property
    def url(self) -> str:
        ports = f"{self.primary.port},{self.standby.port}"
        return f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write"

    def freeze_receiver(self) -> psutil.Process:
        """What is committed from now on does not reach the standby until its receiver goes on."""
        found = self.standby.receiver()
        found.suspend()
        return found


@contextmanager
def replicated() -> Iterator[Pair]:
    """A primary whose commits wait for its standby."""
    with tempfile.TemporaryDirectory(prefix="aque-pair-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101 - the server's own user passes through
        sockets = Path(folder) / "s"
        sockets.mkdir(mode=0o700)
        primary, standby = (Server(_cluster(Path(folder) / name), free_port(), sockets) for name in ("one", "two"))
        primary.cluster.identity.own(sockets)
        try:
            _make(primary)
            primary.start()
            _copy(primary, standby)
            standby.start()
            primary.sql("alter system set synchronous_standby_names = '*'")
            primary.sql("select pg_reload_conf()")
            wait_for(lambda: primary.sql("select sync_state = 'sync' from pg_stat_replication"), 30)
            yield Pair(primary, standby)
        finally:
            standby.kill()
            primary.kill()


def _cluster(root: Path) -> Cluster:
    home = Home(root)
    for each in (home.root, home.programs):
        each.mkdir(parents=True)
        each.chmod(0o711)
    home.data.mkdir(mode=0o700)
    found = Cluster(home, binaries.find(Home(root / "none")), identity.choose())
    found.identity.own(home.data)
    return found


def _make(server: Server) -> None:
    run_on(server.cluster, "initdb", "-U", "postgres", "-E", "UTF8", "--auth=trust", "--locale=C", "-N")
    data = server.cluster.home.data
    (data / "pg_hba.conf").write_text(_ACCESS)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("wal_level = replica\nmax_wal_senders = 4\nhot_standby = on\nshared_buffers = 32MB\n")
    server.cluster.identity.own(data)


def _copy(primary: Server, standby: Server) -> None:
    source = ["-h", str(primary.sockets), "-p", str(primary.port), "-U", "postgres"]
    run_on(standby.cluster, "pg_basebackup", *source, "-R", "-X", "stream", "-c", "fast", "-N")
