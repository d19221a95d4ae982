"""Commands on a shared server: what is another's is refused in one line, what is one's own is done."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from aque.core.broker import Broker
from tests.cli.conftest import argv
from tests.sharing import Shared, shared_server

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def server() -> Iterator[Shared]:
    with shared_server() as made:
        yield made


@pytest.fixture
def run(server: Shared) -> Run:
    def call(role: str, *args: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": "/usr/bin:/bin", "AQUE_BROKER": server.url(role), "LANG": "C.UTF-8"}
        return subprocess.run(argv(*args), env=environ, capture_output=True, text=True, timeout=60, input="")

    return call


@pytest.fixture
def task(server: Shared) -> int:
    """One of bob's, that waits."""
    with Broker(server.url("bob")) as bob:
        return bob.submit([{"pattern": "shell", "args": ["true"], "user": "bob", "environ": {"SECRET": "bobs"}}], {})[0]


_OTHERS = [
    ["output", "ID"],
    ["kill", "ID"],
    ["kill", "-f", "user:bob"],
    ["pause", "ID"],
    ["priority", "+5", "ID"],
    ["edit", "ID", "name=mine"],
    ["retry", "ID"],
    ["rm", "ID"],
    ["queues", "pause", "default"],
    ["queues", "limit", "default", "0"],
    ["limits", "set", "licence", "0"],
    ["init", "--keep", "1m"],
    ["submit", "--user", "root", "id"],
    ["submit", "--user", "bob", "id"],
    ["submit", "--user", "alice", "--parent", "ID", "id"],
    ["worker", "-1"],
]


@pytest.mark.parametrize("words", _OTHERS, ids=" ".join)
def test_what_is_anothers_is_refused_in_one_line(run: Run, task: int, words: list[str], server: Shared) -> None:
    done = run("alice", *(str(task) if word == "ID" else word for word in words))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    with Broker(server.url("bob")) as bob:
        assert [row.state for row in bob.tasks([task])] == ["pending"]


_OWN = [
    ["output", "ID"],
    ["pause", "ID"],
    ["resume", "ID"],
    ["priority", "+5", "ID"],
    ["edit", "ID", "name=mine"],
    ["why", "ID"],
    ["submit", "--user", "alice", "--after", "ID", "--after-any", "THEIRS", "id"],
    ["submit", "--user", "alice", "--parent", "ID", "id"],
    ["status", "-v", "ID", "THEIRS"],
    ["status", "--json", "-x"],
    ["queues"],
    ["limits"],
    ["events"],
    ["workers"],
    ["top", "--once"],
    ["kill", "ID"],
    ["undo"],
    ["kill", "ID"],
    ["retry", "ID"],
    ["kill", "ID"],
]


def test_what_is_ones_own_is_done(run: Run, task: int) -> None:
    own = run("alice", "submit", "--user", "alice", "id").stdout.strip()
    given = {"ID": own, "THEIRS": str(task)}
    for words in _OWN:
        done = run("alice", *(given.get(word, word) for word in words))
        assert done.returncode == 0, (words, done.stderr)
        assert "bobs" not in done.stdout


def test_the_operator_does_it_to_all(run: Run, task: int) -> None:
    for words in (
        ["pause", "ID"],
        ["edit", "ID", "name=x"],
        ["queues", "pause", "default"],
        ["limits", "set", "l", "1"],
        ["kill", "ID"],
    ):
        done = run("olga", *(str(task) if word == "ID" else word for word in words))
        assert done.returncode == 0, (words, done.stderr)


_INJECTED = [
    (["status", "-f", "name:'; drop table aque.task; --'"], 1),
    (["status", "-f", "name~'(((('"], 2),
    (["status", "--sort", "id; drop table aque.task"], 2),
    (["status", "--csv", "id,pg_sleep(9)"], 2),
    (["status", "-f", "queue:x' or owner='bob"], 2),
    (
        ["submit", "--user", "alice", "-n", "'; drop table aque.task; --", "-q", "a');--", "echo", "%s", "{}", "'; --"],
        0,
    ),
    (["submit", "--user", "alice", "--key", "k'); delete from aque.task; --", "--tag", "x'}", "id"], 0),
    (["limits", "set", "x');--", "3"], 1),
    (["drain", "1; drop table aque.task"], 1),
    (["events", "--since", "1h'; --"], 2),
]


@pytest.mark.parametrize(
    ("words", "status"), _INJECTED, ids=lambda each: " ".join(each) if isinstance(each, list) else ""
)
def test_a_value_stays_a_value(run: Run, task: int, server: Shared, words: list[str], status: int) -> None:
    done = run("alice", *words)
    assert done.returncode == status, done.stderr
    assert "syntax error" not in done.stderr
    with Broker(server.url("bob")) as bob:
        assert bob.tasks([task])


def test_who_only_watches_sees_metrics(run: Run, task: int) -> None:
    """Any role may: nothing in them is somebody's own."""
    for role in ("alice", "olga", "farm"):
        done = run(role, "metrics")
        assert (done.returncode, done.stderr) == (0, "")
        assert "aque_up 1.0" in done.stdout
        assert "aque_captures_total" in done.stdout
        assert "bobs" not in done.stdout


def test_a_hook_belongs_to_who_submitted_its_task(run: Run, server: Shared) -> None:
    done = run("alice", "submit", "--user", "alice", "-n", "job", "--on-done", "true", "true")
    assert done.returncode == 0, done.stderr
    found = run("bob", "status", "-x", "--flat", "-f", "pattern:hook user:alice", "--csv", "name,user").stdout
    assert found.splitlines()[1:] == ["on-done job,alice"]
    assert (
        run(
            "bob", "submit", "--user", "bob", "--after-any", done.stdout.strip(), "--on-done", "true", "true"
        ).returncode
        == 0
    )
