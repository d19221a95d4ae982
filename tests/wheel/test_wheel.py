"""What people install is whole: it is built from the sources that are handed on, and works where nothing else is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aque import __version__

ROOT = Path(__file__).parents[2]
LOCK = ROOT / ".ci" / "lock.txt"
Say = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both files; the wheel is made from the other one, by the tools that are here already."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return folder


def wheel(built: Path) -> Path:
    return built / f"aque-{__version__}-py3-none-any.whl"


def test_the_wheel_has_all_that_the_package_has_and_the_manual_pages(built: Path) -> None:
    with zipfile.ZipFile(wheel(built)) as archive:
        names = set(archive.namelist())
    package = ROOT / "aque"
    files = {f"aque/{each.relative_to(package)}" for each in package.rglob("*.*") if each.suffix != ".pyc"}
    assert files <= names
    assert {"aque/py.typed", "aque/cli/worker.service", "aque/core/db/functions/claim.sql"} <= files
    pages = {Path(name).name for name in names if "/data/share/man/man1/" in name}
    assert {"aque.1", "aque-submit.1", "aque-db-start.1", "aque-xargs.1"} <= pages
    top_level = {name.partition("/")[0] for name in names}
    assert top_level == {"aque", f"aque-{__version__}.data", f"aque-{__version__}.dist-info"}


def test_the_sources_have_what_builds_and_tests_them(built: Path) -> None:
    with tarfile.open(built / f"aque-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "mkdocs.yml", "docs/index.md", "examples/library.py", ".ci/run", "tests/conftest.py"} <= names
    assert not [name for name in names if name.startswith((".venv", "build", ".git/")) or name.endswith(".pyc")]


def test_the_version_stands_in_one_place() -> None:
    """A second one would go stale; the changes and what was measured tell of versions as they were."""
    told = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])")
    files = [*ROOT.glob("*.toml"), *ROOT.glob("*.py"), *ROOT.glob("*.yml"), *(ROOT / "aque").rglob("*.py")]
    assert [each.name for each in files if told.search(each.read_text("utf-8"))] == ["version.py"]


@pytest.fixture(scope="module")
def place(built: Path) -> Iterator[Path]:
    """A virtual environment that has the wheel and what it asks for, from the package registry, and a new home."""
    with tempfile.TemporaryDirectory(prefix="aque-wheel-") as folder:
        root = Path(folder)
        root.chmod(0o711)
        (root / "home").mkdir(mode=0o711)
        venv.create(root / "venv", with_pip=True)
        pip = [root / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--constraint", LOCK, wheel(built)], check=True, timeout=600)
        yield root


@pytest.fixture
def say(place: Path) -> Iterator[Say]:
    """Lines for a shell of somebody who has nothing but this; what runs afterwards is stopped."""
    home = place / "home"
    environ = {"PATH": f"{place / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(home), "AQUE_HOME": str(home / "broker")}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", "-c", line], env=environ, cwd=home, capture_output=True, text=True, timeout=120)

    yield run
    run("aque drain first; aque db stop")


@pytest.mark.soak
def test_it_works_as_soon_as_it_is_installed(say: Say) -> None:
    assert say("aque --version").stdout == f"aque, version {__version__}\n"
    assert say("aque worker --daemon --name first > log 2>&1").returncode == 0
    assert say("aque submit -w echo hi").stdout == "hi\n"
    assert re.search(r"1 +success .* echo hi\n", say("aque status").stdout)
    assert say("echo a b | aque-xargs -n1 echo").stdout == "a\nb\n"
    assert say("id=$(aque submit --hold sleep 600) && aque-kill $id").returncode == 0
    assert say("aque call -w math:sqrt 16").stdout == "4.0\n"
    assert "aque.service" not in say("aque worker --unit user").stderr


@pytest.mark.soak
def test_man_finds_the_pages_beside_the_commands(say: Say, place: Path) -> None:
    assert (place / "venv" / "share" / "man" / "man1" / "aque-submit.1").exists()
    found = say("command -v man > /dev/null && man -w aque-submit || true").stdout
    assert not found or found == f"{place}/venv/share/man/man1/aque-submit.1\n"


_TYPED = """
import aque

queue = aque.Queue()
future = queue.submit(pow, 2, 10)


@queue.task(cpus=1)
def length(text: str) -> int:
    return len(text)


"""


@pytest.mark.soak
def test_programs_that_use_it_are_checked_by_its_types(place: Path) -> None:
    """By mypy, strictly, and outside of the sources: so it is `py.typed` that counts."""
    python = place / "venv" / "bin" / "python"
    environ = {**os.environ, "PYTHONPATH": "", "MYPYPATH": "", "MYPY_CACHE_DIR": str(place / "cache")}
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "--config-file="]
    for good, text in (
        (True, "future.result()\nprint(length('a') + 1, length.options(cpus=2).submit('b').id)"),
        (False, "future.no_such_thing()"),
        (False, "length(1)"),  # what is decorated keeps its types
        (False, "length('a').upper()"),
    ):
        program = place / "home" / "program.py"
        program.write_text(_TYPED + text + "\n")
        files = [*sorted((ROOT / "examples").glob("*.py")), program] if good else [program]
        done = subprocess.run(
            [*command, *map(str, files)], env=environ, cwd=place, capture_output=True, text=True, timeout=300
        )
        assert (done.returncode == 0) is good, done.stdout + done.stderr
