"""Nothing of a task is unpickled outside its own process: bombs in all fields, and every command that opens them."""

from __future__ import annotations

import base64
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from aque.core.broker import Broker
from tests.cli.conftest import Aque


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


_COMMANDS = [
    ["status"],
    ["status", "-v", "ID"],
    ["status", "--json", "ID"],
    ["status", "--flat", "-f", "name~e error~x"],
    ["status", "--flat", "-f", "-name:q"],
    ["status", "--csv", "id,name,error,command,args"],
    ["status", "-v", "--json", "ID"],
    ["output", "ID"],
    ["output", "--json", "ID"],
    ["wait", "ID"],
    ["why", "ID"],
    ["why", "--json", "ID"],
    ["events"],
    ["events", "--json"],
    ["queues"],
    ["workers"],
    ["limits"],
    ["top", "--once"],
    ["kill", "-n", "ID"],
    ["edit", "ID", "name=x"],
    ["priority", "+1", "ID"],
    ["retry", "ID"],
    ["pause", "ID"],
    ["resume", "ID"],
    ["kill", "ID"],
    ["undo"],
    ["doctor"],
    ["kill", "ID"],
    ["rm", "ID"],
]


@pytest.fixture
def bombs(tmp_path: Path, broker: Broker) -> tuple[int, Path]:
    """A task that ended, with bombs in all that it has; and what they leave."""
    crater = tmp_path / "crater"
    raw = pickle.dumps(Bomb(crater), protocol=0)  # a text, which commands can show
    tree = {"$pickle": base64.b64encode(raw).decode()}
    values = {
        "json": json.dumps([tree, {"$exception": [tree, tree]}]),
        "object": json.dumps({"x": tree}),
        "error": json.dumps({"type": "x:y", "message": str(tree), "traceback": str(tree), "value": tree, "task": 1}),
        "text": json.dumps(tree),
        "raw": raw,
    }
    task = broker.submit([{"func": "os:getpid"}], {})[0]
    values["id"] = task  # type: ignore[assignment]
    with broker.database.connection() as conn:
        for statement in (
            "update aque.spec set args = %(json)s, kwargs = %(object)s, extra = %(object)s, name = %(text)s,"
            " cwd = %(text)s, func = %(text)s, interpreter = %(text)s, stdin_value = %(raw)s where task_id = %(id)s",
            "update aque.task set state = 'error', attempt = 1, started_at = now(), finished_at = now()"
            " where id = %(id)s",
            "insert into aque.attempt (task_id, number, state, finished_at, error)"
            " values (%(id)s, 1, 'error', now(), %(error)s)",
            "insert into aque.result (task_id, value) values (%(id)s, %(object)s)",
            "insert into aque.output (task_id, seq, attempt, stream, data) values (%(id)s, 0, 1, 1, %(raw)s)",
            "insert into aque.progress (task_id, done, total, message) values (%(id)s, 1, 2, %(text)s)",
            "insert into aque.event (action, selection, before, after)"
            " values (%(text)s, %(object)s, %(object)s, %(object)s)",
        ):
            conn.execute(statement, values)
    return task, crater


def test_the_bomb_is_one(tmp_path: Path) -> None:
    """Else nothing that follows would mean anything."""
    pickle.loads(pickle.dumps(Bomb(tmp_path / "crater")))
    assert (tmp_path / "crater").exists()


def test_no_command_unpickles_anything(aque: Aque, bombs: tuple[int, Path]) -> None:
    task, crater = bombs
    for words in _COMMANDS:
        done = aque(*(str(task) if word == "ID" else word for word in words))
        assert not crater.exists(), words
        assert "Traceback" not in done.stderr.replace(str(task), ""), (words, done.stderr)
        assert done.returncode in (0, 1), (words, done.stderr)


def test_a_worker_unpickles_nothing_of_what_a_command_needs(
    aque: Aque, bombs: tuple[int, Path], broker: Broker
) -> None:
    task, crater = bombs
    after = [int(aque("submit", "--after-failure", str(task), "true").stdout)]
    aque("worker", "-2")
    assert [row.state for row in broker.tasks(after)] == ["success"]
    assert not crater.exists()
