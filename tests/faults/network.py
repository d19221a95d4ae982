"""Networks of hosts that are namespaces of this one, and a server that listens there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from aque.core import embedded

needed: Final = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("flock"),
    reason="needs root, ip(8) and flock(1)",
)
_SERVER: Final = "10.231.78.1"


def ip(*words: str) -> str:
    """What ip(8) says."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def listening(home: Path, address: str, clients: str) -> str:
    """Have an embedded server listen in a network that is there; its URL for those clients."""
    embedded.ensure(home).lease.close()
    embedded.stop(home)
    with (home / "data" / "postgresql.conf").open("a") as settings:
        settings.write(f"\nlisten_addresses = '{address}'\n")
    with (home / "data" / "pg_hba.conf").open("a") as access:
        access.write(f"\nhost all all {clients} trust\n")
    info = embedded.ensure(home).conninfo
    return f"postgresql://{info['user']}@{address}:{info['port']}/{info['dbname']}"


class Host:
    """A host with a name and an address of its own, on a bridge."""

    def __init__(self, bridge: str, number: int, name: str) -> None:
        self.name = name
        self._space, self._port = f"{bridge}n{number}", f"{bridge}p{number}"
        ip("netns", "add", self._space)
        ip("link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self._space)
        ip("link", "set", self._port, "master", bridge, "up")
        ip("-n", self._space, "addr", "add", f"10.231.78.{number + 10}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            ip("-n", self._space, "link", "set", device, "up")

    @property
    def words(self) -> Sequence[str]:
        """What a command line begins with that is to run there."""
        name = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        return ["ip", "netns", "exec", self._space, *name]

    def cut(self) -> None:
        """Pull its cable out."""
        ip("link", "set", self._port, "down")

    def mend(self) -> None:
        """Put it in again."""
        ip("link", "set", self._port, "up")

    def kill(self) -> int:
        """SIGKILL to all that runs there; how many these were."""
        pids = [int(each) for each in ip("netns", "pids", self._space).split()]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    def remove(self) -> None:
        self.kill()
        ip("netns", "del", self._space)


@contextmanager
def farm(home: Path, names: Sequence[str]) -> Iterator[tuple[str, list[Host]]]:
    """The URL of a server, and hosts that reach it over a bridge."""
    bridge = f"aq{os.getpid()}"
    try:
        ip("link", "add", bridge, "type", "bridge")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no networks here: {error.stderr.strip()}")
    hosts: list[Host] = []
    try:
        ip("addr", "add", f"{_SERVER}/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        hosts += [Host(bridge, number, name) for number, name in enumerate(names)]
        yield listening(home, _SERVER, "10.231.78.0/24"), hosts
    finally:
        for host in hosts:
            host.remove()
        ip("link", "del", bridge)
