"""Whether a folder can be trusted: who could write into it could give the workers commands."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable
from .home import Home

ADVICE: Final = "set AQUE_HOME to a folder of your own, or AQUE_BROKER to a shared server"
_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = frozenset(
    "nfs nfs4 cifs smb3 smbfs ncpfs afs coda ceph lustre gpfs beegfs glusterfs orangefs pvfs2 panfs davfs 9p "
    "fuse.sshfs fuse.glusterfs fuse.ceph fuse.s3fs fuse.rclone fuse.gcsfuse fuse.cvmfs2 fuse.davfs2".split()
)


def prepare(home: Home) -> None:
    """Make the home where it is missing; raises BrokerUnavailable where it is not its user's alone."""
    _make(home.root)
    check(home.root)


def check(path: Path, owners: Collection[int] | None = None) -> None:
    """Raises BrokerUnavailable unless `path` is a folder of these owners (of ours) that no other can write into."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise BrokerUnavailable(f"the broker's home cannot be in {path}: it is not a folder; {ADVICE}")
    if found.st_uid not in (owners or (os.geteuid(),)):
        raise BrokerUnavailable(f"{path} belongs to another user (uid {found.st_uid}); {ADVICE}")
    if found.st_mode & 0o022:
        raise BrokerUnavailable(f"others can write into {path}: `chmod 700` it, or {ADVICE}")


def trusted(path: Path, owners: Collection[int]) -> bool:
    """Whether `path` is there and passes `check`."""
    try:
        check(path, owners)
    except (OSError, BrokerUnavailable):
        return False
    return True


def network(path: Path) -> str:
    """The kind of network file system that `path` is on; empty where it is on none, or where nobody can tell."""
    try:
        mounts = [_mount(line) for line in _MOUNTS.read_text(errors="surrogateescape").splitlines()]
    except OSError:  # no Linux
        return ""
    holding = [mount for mount in mounts if path.is_relative_to(mount[0])]
    kind = sorted(holding, key=lambda mount: len(mount[0]))[-1][1] if holding else ""  # of equals the last is on top
    return kind if kind in _NETWORK else ""


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder, before anything that relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """`sync` of what was made in a folder, and of itself; files that are hard links were there before."""
    for path in [*folder.rglob("*"), folder]:
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
            sync(path)


def _mount(line: str) -> tuple[str, str]:
    before, _, after = line.partition(" - ")
    point = before.split()[4]
    for escaped, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(escaped, character)
    return point, after.split()[0]


def _make(path: Path) -> None:
    """`path` and what is missing above it; root's can be walked through, for the server may have to be another user.

    What is there already keeps its permissions.
    """
    if path.exists():
        return
    _make(path.parent)
    try:
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
    except FileExistsError:
        return  # another process was quicker
    if os.geteuid() == 0:
        path.chmod(0o711)  # whatever the umask
