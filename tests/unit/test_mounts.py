"""Which file system a path lies on, and what a worker makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aque.core import mounts
from aque.core.mounts import Mount, MountTable, read_mountinfo
from aque.core.worker import volumes
from aque.core.worker.volumes import Ranking, Speed

_MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,mode=755
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684092k
27 1 8:2 / / rw,relatime shared:1 master:2 - ext4 /dev/sda2 rw,discard
40 27 0:40 / /mnt/show rw,nosuid shared:7 - nfs4 filer:/show rw,vers=4.2
41 27 0:41 / /mnt/my\040disk rw - fuse.sshfs me@host:/a rw,user_id=0
42 27 0:42 / /home rw - autofs systemd-1 rw,fd=3
43 40 0:43 / /mnt/show/cache rw - ext4 /dev/nvme0n1p1 rw
44 27 9:1 / /data rw - ext3 /dev/md1 rw
45 27 9:2 / /data rw - xfs /dev/md2 rw

broken line
"""


@pytest.fixture
def table() -> MountTable:
    return MountTable(read_mountinfo(_MOUNTINFO))


@pytest.mark.parametrize(
    ("path", "point", "type_"),
    [
        ("/", "/", "ext4"),
        ("/usr/bin", "/", "ext4"),
        ("/mnt", "/", "ext4"),
        ("/mnt/show", "/mnt/show", "nfs4"),
        ("/mnt/showing/x", "/", "ext4"),
        ("/mnt/show/a/b", "/mnt/show", "nfs4"),
        ("/mnt/show/cache/x", "/mnt/show/cache", "ext4"),
        ("/mnt/my disk/x", "/mnt/my disk", "fuse.sshfs"),
        ("/data/x", "/data", "xfs"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(table: MountTable, path: str, point: str, type_: str) -> None:
    """The names have escapes in the table, optional fields differ in number, and the last mount hides those before."""
    found = table.at(path)
    assert found
    assert (found.point, found.type) == (point, type_)


def test_the_device_and_the_source_of_a_mount_are_read(table: MountTable) -> None:
    assert table.at("/x") == Mount("/", "ext4", "/dev/sda2", "8:2")


@pytest.mark.parametrize("type_", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "lustre", "autofs"])
def test_network_file_systems_are_known(type_: str) -> None:
    assert Mount("/mnt", type_).is_network


@pytest.mark.parametrize("type_", ["ext4", "xfs", "tmpfs", "fuseblk", "btrfs", "apfs", "overlay"])
def test_the_others_are_local(type_: str) -> None:
    assert not Mount("/mnt", type_).is_network


@pytest.mark.parametrize(
    ("path", "volume"),
    [
        ("/dev/null", ""),
        ("/proc/cpuinfo", ""),
        ("/dev/shm/x", "/dev/shm"),
        ("/mnt/show/./a/../b", "/mnt/show"),
        ("/no-such/a/b", "/no-such"),
        ("/mnt/no-such/a/b", "/mnt/no-such"),
        ("/usr/no-such/a", "/"),
    ],
)
def test_what_stands_for_a_path_is_few_and_says_where_it_is(table: MountTable, path: str, volume: str) -> None:
    """Devices are no place; a path that only other hosts have stands for itself, as far as that says where it is."""
    assert table.volume(path) == volume


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    (tmp_path / "again").symlink_to(tmp_path / "link")
    (tmp_path / "loop").symlink_to("loop")
    table = MountTable([Mount("/", "ext4"), Mount(str(tmp_path / "disk"), "nfs")])
    assert table.volume(str(tmp_path / "again" / "x")) == str(tmp_path / "disk")
    assert table.volume(str(tmp_path / "loop" / "x")) == "/"


def test_nothing_in_the_network_is_asked_for_links(table: MountTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone would hold up who submits, and the heartbeats of workers."""
    asked: list[str] = []

    def ask(path: str) -> str:
        asked.append(path)
        raise OSError

    for name in ("readlink", "lstat", "stat"):
        monkeypatch.setattr(mounts.os, name, ask)
    found = table.volume("/mnt/show/a/b"), volumes.speed_of("/mnt/show", table.at("/mnt/show"), table)
    table.real("/usr/bin")
    monkeypatch.undo()
    assert found == ("/mnt/show", Speed.NETWORK)
    assert asked == ["/usr", "/usr/bin"]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=300), max_size=3), st.text(max_size=20))
@example(["/a" * 200, "//x/y/z", "/nul\0/x/y", "/\udce9/x/y"], "")
def test_no_path_makes_it_fail(paths: list[str], cwd: str) -> None:
    mounts.volume_of(paths, f"/{cwd}").encode()


def _volume(monkeypatch: pytest.MonkeyPatch, table: MountTable, paths: Iterable[str] | None, cwd: str = "/") -> str:
    monkeypatch.setattr(mounts, "_recent", lambda _: table)
    return mounts.volume_of(None if paths is None else list(paths), cwd)


def test_of_several_volumes_the_one_that_takes_longest_stands_for_all(
    table: MountTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _volume(monkeypatch, table, ["/usr", "/data/a", "/data/b"]) == "/data"
    assert _volume(monkeypatch, table, ["/data/a", "/data/b", "/mnt/show/x"]) == "/mnt/show"
    assert _volume(monkeypatch, table, ["/usr", "/data/a"]) == "/"
    assert _volume(monkeypatch, table, ["a"], "/data") == "/data"
    assert _volume(monkeypatch, table, []) == _volume(monkeypatch, table, None) == ""


def test_this_host_has_a_root() -> None:
    found = mounts.here().at("/")
    assert found
    assert found.type
    assert mounts.volume_of(["/"], "/") == "/"


_STATS = " 8 2 sda2 10 0 80 5 20 0 160 9 0 {busy} 14 0 0 0 0 1 1\n 7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\nodd\n"


def test_the_clock_of_a_device_is_read() -> None:
    assert volumes.clocks_of(_STATS.format(busy=1500)) == {"8:2": 1.5, "7:0": 0.0}


class _Host:
    """A host whose disk is at work for a part of each second."""

    def __init__(self, table: MountTable) -> None:
        self.now, self.clock = 100.0, 5.0
        self.ranking = Ranking(lambda: table, lambda: {"8:2": self.clock})

    def beat(self, busy: float = 0.0, share: float = 0.0, volume: str = "/") -> volumes.Opinion:
        self.now, self.clock = self.now + 1, self.clock + busy
        return self.ranking.of([volume], {volume: share}, self.now)[volume]


@pytest.fixture
def host(table: MountTable, monkeypatch: pytest.MonkeyPatch) -> _Host:
    monkeypatch.setattr(volumes, "is_rotating", lambda device: device == "8:2")
    return _Host(table)


def test_local_goes_before_network_and_what_cannot_be_reached_comes_last(host: _Host) -> None:
    names = ["/dev/shm", "/", "/mnt/show", "/mnt/no-such"]
    found = host.ranking.of(names, {}, 101.0)
    assert [found[name].speed for name in names] == [speed.name.lower() for speed in Speed]
    assert sorted(names, key=lambda name: found[name].rank) == names
    assert len({each.rank for each in found.values()}) == len(names)


def test_a_busy_disk_comes_behind_an_idle_one_of_its_kind_and_before_the_network(host: _Host) -> None:
    idle = host.beat()
    full = [host.beat(busy=1.0) for _ in range(6)][-1]
    network = host.beat(volume="/mnt/show")
    assert (idle.load, full.load) == ("idle", "full")
    assert idle.rank < full.rank < network.rank


def test_a_load_that_sways_about_a_limit_changes_no_rank_again_and_again(host: _Host) -> None:
    found = [host.beat(busy=busy).load for busy in [0.0, 1.0, 1.0, *[0.4, 0.7] * 10]]
    assert set(found[3:]) == {"busy"}
    assert [host.beat().load for _ in range(6)][-1] == "idle"


def test_where_most_of_the_workers_own_tasks_are_is_busy(host: _Host) -> None:
    assert host.beat(volume="/mnt/show").load == "idle"
    assert [host.beat(share=0.9, volume="/mnt/show").load for _ in range(4)][-1] == "busy"
