"""How words go on at a shell's Tab."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Aque, argv
from .test_main import loaded_by


def offered(environ: dict[str, str], *words: str) -> list[str]:
    """What is offered for the last of these words."""
    asked = {"_AQUE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(argv(), env={**environ, **asked}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_and_options_go_on(environ: dict[str, str]) -> None:
    assert offered(environ, "aque", "und") == ["undo"]
    assert offered(environ, "aque", "queues", "pa") == ["pause"]
    assert "--dry-run" in offered(environ, "aque", "undo", "--d")
    assert offered(environ, "aque", "help", "fil") == ["filters"]
    assert "TERM" in offered(environ, "aque", "kill", "-s", "T")


def test_ids_queues_and_workers_are_those_of_the_broker(environ: dict[str, str], aque: Aque) -> None:
    one, two = (aque("submit", "-q", "render", "-n", "\x1b[31m", "true").stdout.strip() for _ in range(2))
    assert offered(environ, "aque", "kill", "") == [two, one]
    assert offered(environ, "aque", "kill", f"{one},") == [f"{one},{two}", f"{one},{one}"]
    aque("queues", "limit", "r\x1b[2J", "r\nplain,rm", "1")
    assert offered(environ, "aque", "submit", "-q", "r") == ["render"]
    assert offered(environ, "aque", "queues", "pause", "r") == ["render"]
    assert offered(environ, "aque", "drain", "") == []


def test_filters_and_fields_go_on_term_by_term(environ: dict[str, str]) -> None:
    assert offered(environ, "aque", "kill", "-f", "sta") == ["state:", "started_at:"]
    assert offered(environ, "aque", "kill", "-f", "state:error,ki") == ["state:error,killed"]
    assert offered(environ, "aque", "status", "--sort", "priority,-na") == ["priority,-name"]


def test_what_cannot_be_asked_offers_nothing_and_starts_nothing(environ: dict[str, str], tmp_path: object) -> None:
    nowhere = {**environ, "AQUE_BROKER": f"embedded:{tmp_path}/none"}
    assert offered(nowhere, "aque", "kill", "") == []
    assert offered({**environ, "AQUE_BROKER": "postgresql://127.0.0.1:1/none"}, "aque", "kill", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_read_by_their_shells(aque: Aque, shell: str) -> None:
    script = aque("completion", shell).stdout
    assert {"aque", "aque-kill", "aque-xargs"} <= set(re.split(r"[^a-z-]+", script))
    if found := shutil.which(shell):
        done = subprocess.run([found, "-n"], input=script, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_by_its_script(environ: dict[str, str], aque: Aque) -> None:
    task = aque("submit", "true").stdout.strip()
    script = aque("completion", "bash").stdout
    ask = 'COMP_WORDS=(aque kill ""); COMP_CWORD=2; _aque_completion aque; echo "${COMPREPLY[@]}"'
    path = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-c", f"{script}\n{ask}"],
        env={**environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (f"{task}\n", "")


_ZSH = """
compdef() { : }; compadd() { : }; _describe() { print -l -- $told }
words=(aque kill %s); CURRENT=3; _aque
"""


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_complete_by_their_scripts_too(environ: dict[str, str], aque: Aque, shell: str) -> None:
    """Also what has a comma in it, which separates a value from its kind in what fish is told."""
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell}")
    first, second = (aque("submit", "true").stdout.strip() for _ in range(2))
    ask = {"zsh": _ZSH % f"{first},", "fish": f"complete -C 'aque kill {first},'"}[shell]
    path = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        [shell, "-c", f"{aque('completion', shell).stdout}\n{ask}"],
        env={**environ, "PATH": path, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    values = [re.split(r"[\t:]", line)[0] for line in done.stdout.splitlines()]
    assert f"{first},{second}" in values, done.stderr


def test_xargs_goes_on_with_its_own_options_and_with_files(environ: dict[str, str]) -> None:
    assert offered(environ, "aque", "xargs", "--keep") == ["--keep-order"]
    assert offered(environ, "aque", "xargs", "-n1", "") == [""]


def test_completing_a_command_loads_no_command(environ: dict[str, str]) -> None:
    asked = {"_AQUE_COMPLETE": "bash_complete", "COMP_WORDS": "aque und", "COMP_CWORD": "1"}
    loaded = loaded_by([], {**environ, **asked})
    assert not loaded & {"aque.cli.undo", "psycopg", "textual", "rich"}
