"""The data of the server: made once, configured at every start."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from . import address, failures, folders, settings
from .address import USER
from .binaries import Binaries
from .home import SOCKET, Home
from .identity import Identity, environment

_LONGEST_LOG: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Cluster:
    """All that is needed to run PostgreSQL's programs on a home."""

    home: Home
    binaries: Binaries
    identity: Identity

    def command(self) -> list[str]:
        """The command line of the server itself."""
        return [str(self.binaries.program("postgres")), "-D", str(self.home.data)]


def opened_log(home: Home) -> BinaryIO:
    """The log, to write at its end; one that has grown long is put aside first."""
    if home.log.exists() and home.log.stat().st_size > _LONGEST_LOG:
        home.log.replace(home.log.with_suffix(".log.1"))
    descriptor = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "ab")


def sweep(home: Home) -> None:
    """Remove what was half made when its maker was killed."""
    for left in [*home.root.glob("data.*.tmp"), *home.programs.glob(".*.tmp")]:
        shutil.rmtree(left, ignore_errors=True)


def create(cluster: Cluster, start_lock: int) -> None:
    """Make the data where there is none, in a folder of its own that is renamed once it is whole."""
    home = cluster.home
    if home.data.exists():
        return
    making = home.root / f"data.{os.getpid()}.tmp"
    making.mkdir(mode=0o700)
    try:
        cluster.identity.own(making)
        _initdb(cluster, making, start_lock)
        _write(making, cluster.identity)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    making.rename(home.data)
    folders.sync(home.root)


def open_run(cluster: Cluster) -> None:
    """Make the folder of the socket; raises BrokerUnavailable where somebody has been quicker to make a trap of it."""
    home = cluster.home
    home.run.mkdir(mode=0o700, exist_ok=True)
    folders.check(home.run, address.owners(home) | {cluster.identity.uid})


def configure(cluster: Cluster) -> None:
    """Write our settings, and give the server what it must own."""
    home = cluster.home
    path, text = home.data / settings.OURS, settings.text(home.run, cluster.binaries.major)
    if not path.exists() or path.read_text("utf-8") != text:
        fresh = path.with_suffix(".tmp")
        fresh.write_text(text, "utf-8")
        cluster.identity.own(fresh)
        folders.sync(fresh)
        fresh.replace(path)
    cluster.identity.own(home.data)
    cluster.identity.own(home.run)


def clear(home: Home) -> None:
    """Remove the traces of an earlier server, of which no process is left."""
    for stale in (home.data / "postmaster.pid", home.socket, home.run / f"{SOCKET}.lock"):
        stale.unlink(missing_ok=True)


def _initdb(cluster: Cluster, folder: Path, start_lock: int) -> None:
    options = ["-U", USER, "-E", "UTF8", "--auth=trust", "--no-instructions", "--locale=C"]
    if cluster.binaries.major >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(
        cluster.identity.command([cluster.binaries.program("initdb"), "-D", folder, *options]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment(),
        pass_fds=(start_lock,),  # should we be killed, the next starter waits for it to end
        check=False,
    )
    if done.returncode:
        with opened_log(cluster.home) as log:
            log.write((done.stdout + done.stderr).encode())
        raise failures.of_server(cluster.home, "PostgreSQL could not make its data", done.stderr)


def _write(folder: Path, identity: Identity) -> None:
    """The configuration; initdb has seen to it that the disk holds the rest."""
    for name, text in (
        ("postgresql.conf", settings.USERS),
        (settings.OURS, ""),
        ("pg_hba.conf", settings.ACCESS),
    ):
        path = folder / name
        path.write_text(text, "utf-8")
        identity.own(path)
        folders.sync(path)
    folders.sync(folder)
