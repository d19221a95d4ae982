"""The programs of the manual's pages about Python do what the comments behind their `print` say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aque.core.broker import Broker

DOCS = Path(__file__).parents[2] / "docs"
_SAID = re.compile(r"print\(.*\) +# (.+?)(?:, once .*)?$", re.MULTILINE)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("page", ["api.md", "errors.md"])
def test_a_program_says_what_is_written_behind_it(page: str, broker: Broker, tmp_path: Path) -> None:
    program, *_ = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert (expected := _SAID.findall(program))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AQUE_BROKER": broker.to_url()},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.stdout.splitlines(), done.stderr) == (expected, "")
