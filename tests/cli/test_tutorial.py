"""The tutorial and the how-tos happen as they are written."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import wait_for

DOCS = Path(__file__).parents[2] / "docs"
_MARK = "----- next"
Step = tuple[str, list[str]]


def steps(page: str) -> list[Step]:
    """Each command of the page, behind a `$`, with the lines that answer it."""
    found: list[Step] = []
    for line in page.splitlines():
        text = line.removeprefix("    ")
        if text.startswith("$ "):
            found.append((text[2:], []))
        elif text != line and found:
            found[-1][1].append(text)
    return found


def files(page: str) -> dict[str, str]:
    """The programs of the page by their names: code that begins with `# name.py`."""
    return dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.name == "tutorial.md" or page.parent.name == "howto"]
PLAYED = [page for page in PAGES if steps(page.read_text("utf-8"))]


def as_pattern(lines: list[str]) -> str:
    """`…` is anything; amounts of spaces are not looked at."""
    return "\n".join(".*".join(map(re.escape, _plain(line).split("…"))) for line in lines)


def _plain(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A new user's; a worker that the page starts in the background ends with it."""
    (tmp_path / "bin").mkdir()
    for name, options in (("aque", " -m aque"), ("aque-xargs", " -m aque xargs"), ("python3", "")):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{options} "$@"\n')
        program.chmod(0o755)
    yield tmp_path
    for pid in tmp_path.rglob("worker-*.pid"):
        with suppress(OSError, ValueError):
            os.kill(int(pid.read_text().split()[0]), signal.SIGTERM)


def play(page: str, environ: dict[str, str], home: Path) -> list[str]:
    """What one shell shows after each command; the status of one is `$?` in the next."""
    (home / "work").mkdir()
    for name, program in files(page).items():
        (home / "work" / name).write_text(program)
    script = "".join(f"{each}\ns=$?; printf '%s\\n' '{_MARK}'; (exit $s)\n" for each, _ in steps(page))
    env = {**environ, "PATH": f"{home / 'bin'}:{environ['PATH']}", "HOME": str(home)}
    with (home / "shown").open("w+") as shown:  # a file: what goes on in the background would keep a pipe open
        subprocess.run(["bash", "-c", script], env=env, cwd=home / "work", stdout=shown, stderr=shown, timeout=200)
    return (home / "shown").read_text().split(f"{_MARK}\n")[:-1]


def test_the_tutorial_is_played() -> None:
    assert {"tutorial.md", "interpreter.md", "from-xargs.md", "from-celery.md"} <= {page.name for page in PLAYED}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.stem)
def test_a_page_happens_as_it_is_written(page: Path, environ: dict[str, str], home: Path) -> None:
    text = page.read_text("utf-8")
    told, shown = steps(text), play(text, environ, home)
    assert len(shown) == len(told) > 3
    for (command, lines), answer in zip(told, shown, strict=True):
        assert re.fullmatch(as_pattern(lines), _plain(answer), re.DOTALL), f"$ {command}\n{answer}"
    wait_for(lambda: not _lives(home), 30)


def _lives(home: Path) -> bool:
    """Whether the worker that was drained at the end is still there."""
    try:
        os.kill(int(next(home.rglob("worker-*.pid")).read_text().split()[0]), 0)
    except (OSError, ValueError, StopIteration):
        return False
    return True
