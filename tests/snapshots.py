"""A pytest plugin: what a screen or a command shows, compared with a file in snapshots/.

`snapshot("tasks.svg", text)` fails with a diff of what can be read, where the file differs. `--snapshot-update` writes
the file.
"""

from __future__ import annotations

import difflib
import html
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

# Before Textual is imported: the same bytes on every machine.
os.environ.update(TEXTUAL_ANIMATIONS="none", TEXTUAL_SMOOTH_SCROLL="0", TZ="UTC", TERM="xterm-256color")
os.environ["COLORTERM"] = "truecolor"
for _name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
    os.environ.pop(_name, None)
time.tzset()

FOLDER: Final = Path(__file__).parent.parent / "snapshots"
Snapshot = Callable[[str, str], None]

_CELL: Final = 12.2  # width of a character in Rich's SVG
_FONT: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TERMINAL: Final = re.compile(r"terminal-\d+")
_TEXT: Final = re.compile(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--snapshot-update", action="store_true", help="write the files in snapshots/ anew")


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compares a text with the file of a name."""
    update = bool(request.config.getoption("--snapshot-update"))

    def compare(name: str, text: str) -> None:
        path = FOLDER / name
        text = normal(text)
        if update:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists():
            pytest.fail(f"there is no snapshots/{name}: run with --snapshot-update", pytrace=False)
        elif (stored := path.read_text("utf-8")) != text:
            pytest.fail(f"snapshots/{name} differs\n{difference(stored, text)}", pytrace=False)

    return compare


def normal(text: str) -> str:
    """The text without what differs from run to run or names an outside place; of SVG one element a line."""
    if not text.startswith("<svg"):
        return text.rstrip("\n") + "\n"
    text = _TERMINAL.sub("terminal", _FONT.sub("", text))
    lines = (line.rstrip() for line in text.replace("><", ">\n<").splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def readable(text: str) -> list[str]:
    """The lines that a reader of the screen sees."""
    if not text.startswith("<svg"):
        return text.splitlines()
    rows: dict[float, dict[int, str]] = defaultdict(dict)
    for x, y, content in _TEXT.findall(text):
        rows[float(y)][round(float(x) / _CELL)] = html.unescape(content).replace("\xa0", " ")
    return [_joined(rows[y]) for y in sorted(rows)]


def difference(old: str, new: str) -> str:
    """What changed for a reader; where that is nothing, what changed in the markup."""
    seen = list(difflib.unified_diff(readable(old), readable(new), "stored", "now", lineterm=""))
    return "\n".join(seen or difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))


def _joined(parts: dict[int, str]) -> str:
    line = ""
    for column in sorted(parts):
        line = line.ljust(column) + parts[column]
    return line.rstrip()
