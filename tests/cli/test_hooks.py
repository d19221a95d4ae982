"""`--on-done` on the command line: what it prints, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

from aque.core.broker import Broker
from tests.waiting import wait_for

from .conftest import Aque


def test_a_watched_command_exits_as_itself_whatever_its_hook_does(aque: Aque, broker: Broker, worker: object) -> None:
    done = aque("submit", "-w", "--on-done", "echo hook; exit 9", "-s", "echo out; exit 3")
    assert (done.returncode, done.stdout) == (3, "out\n")


def test_only_the_id_of_the_task_is_printed_and_the_hook_is_shown(aque: Aque) -> None:
    done = aque("submit", "-n", "job", "--hold", "--on-done", "true", "--on-done", "https://x.test/y", "true")
    assert (done.stdout, done.stderr) == ("1\n", "")
    rows = [json.loads(each) for each in aque("status", "--flat", "--json", "-f", "pattern:hook").stdout.splitlines()]
    assert sorted((row["name"], row["state"]) for row in rows) == [("on-done job", "pending")] * 2
    assert "https://x.test/y" in aque("status").stdout
    assert "It needs 1 task that is not complete: 1 (paused, however it ends)." in aque("why", "2").stdout


def test_a_hook_that_is_none_is_one_line_and_stores_nothing(aque: Aque, broker: Broker) -> None:
    done = aque("submit", "--on-done", "", "true")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "--on-done" in done.stderr
    assert broker.tasks() == []


def test_xargs_has_one_for_all_its_commands(aque: Aque, worker: object, tmp_path: Path) -> None:
    """Also where one of them fails; its own exit status is what it would be."""
    mark = tmp_path / "mark"
    hook = f'echo "$AQUE_NAME $AQUE_STATE" >> {mark}'
    done = aque("-n1", "--on-done", hook, "sh", "-c", "exit $0", stdin="0 1 0\n", main="xargs")
    assert done.returncode == 123
    wait_for(mark.exists, 60)
    wait_for(lambda: mark.read_text() == "xargs sh error\n", 60)


def test_xargs_that_brings_its_own_worker_leaves_one_for_the_hook(aque: Aque, broker: Broker, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = aque("--on-done", f"echo $AQUE_STATE >> {mark}", "echo", stdin="a\n", main="xargs")
    assert (done.returncode, done.stdout) == (0, "a\n")
    wait_for(lambda: mark.exists() and mark.read_text() == "success\n", 60)
    wait_for(lambda: not broker.workers(), 60)
