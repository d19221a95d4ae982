"""The site of the manual is whole, and asks nobody for anything."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """As `make site` does."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    return tmp_path


def test_the_manual_can_be_built(copy: Path) -> None:
    (copy / "docs" / "__pycache__").mkdir(exist_ok=True)
    (copy / "docs" / "__pycache__" / "farm.pyc").touch()
    done = build(copy)
    assert done.returncode == 0, done.stderr
    assert [*(copy / "build" / "site").rglob("*.py*")] == [], "programs, which nobody reads there"
    pages = {page: page.read_text("utf-8") for page in (copy / "build" / "site").rglob("*.html")}
    assert len(pages) > 30
    assert [page.name for page, text in pages.items() if "\\|" in text] == [], "a backslash that only tables need"
    assert '<span class="c1"># all of it on the screen</span>' in pages[copy / "build" / "site" / "index.html"]
    assert "<code>sbatch --wrap 'a | b'</code>" in pages[copy / "build" / "site" / "howto" / "from-slurm.html"]


@pytest.mark.parametrize("link", ["nowhere.md", "top.md#nothing", "/absolute.md"])
def test_a_dead_link_is_an_error(copy: Path, link: str) -> None:
    with (copy / "docs" / "output.md").open("a") as page:
        page.write(f"\n[a link]({link})\n")
    done = build(copy)
    assert done.returncode != 0
    assert link in done.stderr


def test_a_page_that_the_map_lacks_is_an_error(copy: Path) -> None:
    (copy / "docs" / "howto" / "forgotten.md").write_text("# Forgotten\n")
    assert "howto/forgotten.md" in build(copy).stderr


@pytest.mark.parametrize(
    "text",
    [
        '<link rel="stylesheet" href="https://example.org/font.css">',
        '<script src="//example.org/x.js"></script>',
        '<img src="http://example.org/x.png">',
        '<p style="background: url(https://example.org/x.png)">',
        '<pre class="mermaid">graph</pre>',
    ],
)
def test_what_is_fetched_from_elsewhere_is_found(tmp_path: Path, text: str) -> None:
    foreign = runpy.run_path(str(ROOT / "docs" / "check_site.py"))["foreign"]
    (tmp_path / "index.html").write_text(f'<a href="https://example.org/">read</a><img src="own.svg">{text}')
    (tmp_path / "own.css").write_text("a { background: url(own.svg) }")
    assert len(list(foreign(tmp_path))) == 1
    (tmp_path / "own.css").write_text("@import 'https://example.org/x.css'; a { background: url(own.svg) }")
    assert len(list(foreign(tmp_path))) == 2
