"""A real PgBouncer before a server: it lends a few sessions, for one transaction at a time."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest

from aque.core.embedded import identity

from .sharing import free_port
from .waiting import wait_for

PROGRAM: Final = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
needed: Final = pytest.mark.skipif(PROGRAM is None, reason="needs pgbouncer (apt install pgbouncer)")

# Few sessions, which go round: who relies on having the same one twice is soon wrong.
_SETTINGS: Final = """
[databases]
aque = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = {ignored}
default_pool_size = 4
max_client_conn = 200
server_round_robin = 1
"""


@dataclass
class Bouncer:
    """A pooler that runs, and can be started again."""

    port: int
    settings: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The broker behind it."""
        return f"postgresql://somebody@127.0.0.1:{self.port}/aque"

    def stop(self) -> None:
        """At once; clients are cut off."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def start(self) -> None:
        """Once more, in the same place."""
        self.process = _start(self.settings)
        wait_for(self._answers, message=self.settings.with_name("log").read_text())

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.settings.with_name("log").read_text()
        try:
            psycopg.connect(f"{self.url}?connect_timeout=2").close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def bouncing(server: Mapping[str, object], mode: str = "transaction", ignored: str = "") -> Iterator[Bouncer]:
    """A pooler before a server, given by host, port, user and dbname. `ignored`: what clients ask for in vain."""
    with tempfile.TemporaryDirectory(prefix="aque-bouncer-") as folder:
        settings = Path(folder) / "pgbouncer.ini"
        port = free_port()
        words = " ".join(f"{name}='{server[name]}'" for name in ("host", "port", "user", "dbname"))
        settings.write_text(_SETTINGS.format(server=words, port=port, mode=mode, ignored=ignored))
        bouncer = Bouncer(port, settings, _start(settings))
        try:
            wait_for(bouncer._answers)
            yield bouncer
        finally:
            bouncer.stop()


def _start(settings: Path) -> subprocess.Popen[bytes]:
    """It does not run as root: then it runs as the embedded server does."""
    assert PROGRAM
    command = identity.choose().command([PROGRAM, str(settings)])
    with settings.with_name("log").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
