"""The examples do what they say, each as a program of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aque.core.broker import Broker

EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = {
    "farm": "a film of 12 frames, by a worker of 4 cpus\n[12] renderers at once at most, with 2 licences\n",
    "host_application": (
        "castle.0000.png by app/bin/python, has psycopg: False\n"
        "castle.0001.png by app/bin/python, has psycopg: False\n"
        "castle.0002.png by app/bin/python, has psycopg: False\n"
        "here is a module studio: False\n"
    ),
    "library": "(?s:.*)\\d+ files, [\\d.]+ MB, checksum \\w{32}\nthe same figures computed directly: equal\n.*\n",
    "nightly": (
        "a second time: the key 'fetch .*' is taken by a task that is not complete\n"
        "fetched at attempt 3; sold: {'north': 20, 'south': 30, 'west': 21}\n"
        "the alarm was not needed\n"
    ),
    "sweep": "60 settings tried; the best: rate 0.0011, momentum 0.95, 0.00000\\d from the minimum\n",
}


def test_each_example_is_here() -> None:
    assert sorted(SAID) == sorted(each.stem for each in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.soak if each == "library" else ()) for each in SAID]
)
def test_an_example_does_what_it_says(name: str, broker: Broker, tmp_path: Path) -> None:
    """Its exit status says whether the outcome is right."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AQUE_BROKER": broker.to_url(), "LANG": "C.UTF-8"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(SAID[name], done.stdout), done.stdout
    assert "Traceback" not in done.stderr
