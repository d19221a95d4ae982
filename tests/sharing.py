"""A server of its own on TCP, with TLS and passwords, for tests of what its roles may do to each other."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from aque.core.broker import Broker
from aque.core.embedded import binaries, identity
from aque.core.embedded.cluster import Cluster
from aque.core.embedded.home import Home

from .waiting import wait_for

OWNER: Final = "aque_owner"
PASSWORD: Final = "a secret of {}"
ROLES: Final = {
    "alice": ("aque_user",),
    "bob": ("aque_user",),
    "olga": ("aque_user", "aque_operator"),
    "farm": ("aque_worker",),
    "root": ("aque_worker",),
    "nobody": ("aque_user",),
    "mallory": (),
}
"""People and workers, and what they were granted; mallory has a login in the database, and no part in aque."""
_ACCESS: Final = """
local all postgres trust
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Shared:
    """The server: a URL for each role, over TLS with its certificate checked."""

    port: int
    sockets: Path
    certificate: Path | None
    """None: the server's programs were built without TLS."""

    def url(self, role: str) -> str:
        """The broker's URL for a role."""
        password = PASSWORD.format(role).replace(" ", "%20")
        tls = f"sslmode=verify-full&sslrootcert={self.certificate}" if self.certificate else "sslmode=disable"
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/aque?{tls}"

    def admin(self, database: str = "aque") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser's, over the socket."""
        return psycopg.connect(
            host=str(self.sockets), port=self.port, user="postgres", dbname=database, autocommit=True
        )


@contextmanager
def shared_server() -> Iterator[Shared]:
    """The server, with the database `aque`, which belongs to a role that is no superuser, and all roles."""
    with tempfile.TemporaryDirectory(prefix="aque-shared-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101 - the server's own user passes through
        home = Home(Path(folder) / "home")
        for each in (home.root, home.programs, home.data):
            each.mkdir(parents=True)
            each.chmod(0o711)
        home.data.rmdir()
        cluster = Cluster(home, _programs(home), identity.choose())
        with _running(cluster, Path(folder)) as server:
            _fill(server)
            yield server


def _programs(home: Home) -> binaries.Binaries:
    """Those of the system that know TLS, or else those of the embedded server, which do without."""
    for folder in binaries.folders_of(home):
        if _knows_tls(folder):
            told = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
            return binaries.Binaries(folder, int(told.split(") ")[1].partition(".")[0]))
    return binaries.find(home)


def _knows_tls(folder: Path) -> bool:
    return (folder / "initdb").exists() and b"libssl" in (folder / "postgres").read_bytes()


@contextmanager
def _running(cluster: Cluster, folder: Path) -> Iterator[Shared]:
    data, sockets = cluster.home.data, folder / "s"
    for each in (data, sockets):
        each.mkdir(mode=0o700)
        cluster.identity.own(each)
    run_on(cluster, "initdb", "-U", "postgres", "-E", "UTF8", "--auth=trust", "--locale=C", "-N")
    certificate = _certify(data, folder) if _knows_tls(cluster.binaries.folder) else None
    (data / "pg_hba.conf").write_text(_ACCESS.replace("host ", "hostssl " if certificate else "host "))
    cluster.identity.own(data)
    server = Shared(free_port(), sockets, certificate)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": str(sockets),
        "ssl": "on" if certificate else "off",
        "fsync": "off",  # a test's own, gone in a minute
    }
    command = [*cluster.command(), *(f"--{name}={value}" for name, value in options.items())]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            cluster.identity.command(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            wait_for(lambda: process.poll() is not None or _answers(server))
            assert process.poll() is None, (folder / "log").read_text()
            yield server
        finally:
            run_on(cluster, "pg_ctl", "stop", "-m", "immediate", "-s")


def run_on(cluster: Cluster, program: str, *arguments: str) -> None:
    command = [cluster.binaries.program(program), "-D", cluster.home.data, *arguments]
    done = subprocess.run(
        cluster.identity.command(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _certify(data: Path, folder: Path) -> Path:
    """A key and a certificate that signs itself; a copy that clients trust."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(data / "server.key"), "-out", str(data / "server.crt")),
        ],
        check=True,
        capture_output=True,
    )
    (data / "server.key").chmod(0o600)
    trusted = folder / "server.crt"
    trusted.write_bytes((data / "server.crt").read_bytes())
    trusted.chmod(0o644)
    return trusted


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: Shared) -> bool:
    try:
        server.admin("postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _fill(server: Shared) -> None:
    with server.admin("postgres") as conn:
        for role in (OWNER, *ROLES):
            conn.execute(
                psycopg.sql.SQL("create role {} login password {}").format(
                    psycopg.sql.Identifier(role), PASSWORD.format(role)
                )
            )
        conn.execute(f"alter role {OWNER} createrole")
        conn.execute(f"create database aque owner {OWNER}")
    with Broker(server.url(OWNER)) as broker:
        broker.database.initialise(shared=True)
    with server.admin() as conn:
        for role, granted in ROLES.items():
            for each in granted:
                conn.execute(f"grant {each} to {role}")
