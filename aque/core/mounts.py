"""File systems of this host: which are mounted, and which of them a path lies on.

Nobody here asks a file system in the network for anything: it may never answer.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_MOUNTINFO: Final = Path("/proc/self/mountinfo")
_FRESH: Final = 10.0  # seconds for which a table is good enough for those who submit
_MOST_LINKS: Final = 20
_DEEPEST: Final = 50  # names in a path, beyond which nothing is mounted
_MOST_FOLDERS: Final = 4096  # that a table remembers
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")

_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_NETWORK: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ncpfs", "9p", "afs"),
        *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2", "panfs", "coda", "fuse", "macfuse"),
        *("osxfuse", "autofs"),
    }
)
_PSEUDO: Final = frozenset(
    {
        *("proc", "sysfs", "devtmpfs", "devfs", "devpts", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs"),
        *("tracefs", "bpf", "configfs", "pstore", "efivarfs", "hugetlbfs", "binfmt_misc", "nsfs", "fusectl"),
        "rpc_pipefs",
    }
)
_PARENTS: Final = frozenset({"mnt", "media", "net", "srv", "vol", "Volumes", "autofs", "home"})
"""Folders of the root in which others are mounted."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system that is mounted. `device`: its numbers, as `8:1`; empty where they are not known."""

    point: str
    type: str
    source: str = ""
    device: str = ""

    @property
    def is_network(self) -> bool:
        """Whether its files lie on other hosts; of what an unknown program serves that is taken for granted."""
        return self.type in _NETWORK or self.type.startswith("fuse.")

    @property
    def is_memory(self) -> bool:
        return self.type in _MEMORY

    @property
    def is_pseudo(self) -> bool:
        """Whether it has no files, but devices, or what the kernel tells."""
        return self.type in _PSEUDO or self.point == "/dev"


class MountTable:
    """The mounts of a host; of several at one point the last is the one that is seen."""

    def __init__(self, mounts: Iterable[Mount]) -> None:
        self._mounts = {each.point: each for each in mounts}
        self._found = lru_cache(_MOST_FOLDERS)(self._find)

    def at(self, path: str) -> Mount | None:
        """What an absolute path without links lies on."""
        while path not in self._mounts and path.strip("/"):
            path = os.path.dirname(path)  # noqa: PTH120
        return self._mounts.get(path)

    def real(self, path: str, links: int = _MOST_LINKS) -> str:
        """An absolute path with the links in it followed, up to the first part that lies in the network."""
        folder, name = os.path.split(path)
        if not name or path in self._mounts:
            return path
        path = os.path.join(self.real(folder, links), name)  # noqa: PTH118
        mount = self.at(path)
        target = _link(path) if links and mount and not mount.is_network else None
        if target is None:
            return path
        return self.real(_plain(os.path.join(os.path.dirname(path), target)), links - 1)  # noqa: PTH118, PTH120

    def volume(self, path: str) -> str:
        """The mount point of a path, or what stands for it where only other hosts may have it; empty: nothing to tell.

        That is its first part that is not there, of its first two. Files are taken to lie where their folder does.
        """
        path = "/".join(_plain(path).split("/", _DEEPEST)[:_DEEPEST])
        folder = os.path.dirname(path)  # noqa: PTH120
        return self._found(path if path in self._mounts or folder.count("/") < 2 else folder)

    def is_network(self, volume: str) -> bool:
        mount = self._mounts.get(volume)
        return mount is not None and mount.is_network

    def _find(self, path: str) -> str:
        path = self.real(path)
        mount = self.at(path)
        if mount and mount.is_pseudo:
            return ""
        if mount is None or mount.point == "/":
            part = _head(path)
            if not os.path.lexists(part):
                return part
        return mount.point if mount else ""


def volume_of(paths: Sequence[str] | None, cwd: str) -> str:
    """The volume that stands for all that a task reads and writes; empty: nothing is known.

    One in the network goes before others, for it is what the task will wait for; then that of most of its paths.
    """
    if not paths:
        return ""
    table = _recent(int(time.monotonic() // _FRESH))
    found = Counter(name for path in paths if (name := table.volume(os.path.join(cwd, path))))  # noqa: PTH118
    names = {name: count for name, count in found.items() if _is_storable(name)}
    return max(names, key=lambda name: (table.is_network(name), names[name]), default="")


def here() -> MountTable:
    """What is mounted now."""
    try:
        return MountTable(read_mountinfo(os.fsdecode(_MOUNTINFO.read_bytes())))
    except FileNotFoundError:  # no Linux
        return MountTable(_partitions())


def read_mountinfo(text: str) -> Iterator[Mount]:
    """The mounts of a text as Linux has it in /proc/self/mountinfo."""
    for line in text.split("\n"):
        mount, _, kind = line.partition(" - ")
        fields, (type_, source, *_) = mount.split(" "), [*kind.split(" "), "", ""]
        if len(fields) > 4 and type_:
            yield Mount(_unescaped(fields[4]), type_, _unescaped(source), fields[2])


@lru_cache(1)
def _recent(_period: int) -> MountTable:
    return here()


def _partitions() -> Iterator[Mount]:
    import psutil

    for each in psutil.disk_partitions(all=True):
        yield Mount(each.mountpoint, each.fstype, each.device)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text) if "\\" in text else text


def _plain(path: str) -> str:
    """An absolute path with one slash at its beginning, and without `..`."""
    return "/" + os.path.normpath(path).lstrip("/")


def _head(path: str) -> str:
    """The part of a path that tells most of where it is: `/mnt/show` of `/mnt/show/a/b`."""
    names = path.split("/")
    return "/".join(names[: 3 if names[1] in _PARENTS else 2])


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115
    except (OSError, ValueError):
        return None


def _is_storable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name and len(name) < 1000
