"""What is done once a task has ended: a task of its own, from submission to the death of a worker."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.rows import TaskRow
from tests.waiting import wait_for
from tests.work import running_worker

TELL = 'echo "$AQUE_TASK|$AQUE_NAME|$AQUE_STATE|$AQUE_EXIT_CODE|$AQUE_SIGNAL|$AQUE_ERROR"'


def hooks(broker: Broker) -> list[TaskRow]:
    return sorted((row for row in broker.tasks() if row.pattern == "hook"), key=lambda row: row.id)


def told(broker: Broker, hook: int) -> str:
    return b"".join(each.data for each in broker.output(hook)).decode().strip()


def wait_for_hooks(broker: Broker, count: int = 1) -> list[TaskRow]:
    wait_for(lambda: [row.state for row in hooks(broker)].count("success") == count, 60)
    return hooks(broker)


class Sink:
    """A server that is told; it answers each question with the next of some statuses, and with 204 after these."""

    def __init__(self, *statuses: int) -> None:
        self.told: list[Any] = []
        left = list(statuses)
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sink.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(left.pop(0) if left else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/secret"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def sink(request: pytest.FixtureRequest) -> Iterator[Sink]:
    made = Sink(*getattr(request, "param", ()))
    yield made
    made.close()


class Submitter:
    """Stores one task at a time; its id."""

    def __init__(self, broker: Broker) -> None:
        self.queue = aque.Queue(broker=broker)

    def __call__(self, **fields: Any) -> int:
        return self.queue.store_many([fields])[0]


@pytest.fixture
def submit(broker: Broker) -> Submitter:
    return Submitter(broker)


@pytest.mark.parametrize(
    ("line", "end"),
    [("true", "success|0||"), ("exit 3", "error|3||exit status 3"), ("kill -9 $$", "error||9|ended by signal 9")],
)
def test_a_hook_is_told_how_its_task_ended(
    submit: Submitter, broker: Broker, worker: object, line: str, end: str
) -> None:
    task = submit(args=line, name="job", on_done=TELL)
    (hook,) = wait_for_hooks(broker)
    assert (hook.name, told(broker, hook.id)) == ("on-done job", f"{task}|job|{end}")


def test_what_never_ran_has_its_hook_too(submit: Submitter, broker: Broker) -> None:
    """It was cancelled, or what it needs failed: the end of a task is what it waits for, not a run."""
    first = submit(args="true", hold=True)
    submit(args="true", name="second", dependencies=[first], on_done=TELL)
    submit(args="true", name="third", hold=True, on_done=TELL)
    broker.kill([first, hooks(broker)[1].id - 1])
    with running_worker(broker):
        found = wait_for_hooks(broker, 2)
    texts = {row.name: told(broker, row.id) for row in found}
    assert f"|second|cancelled|||it needs task {first}, which is cancelled" in texts["on-done second"]
    assert "|third|cancelled|||" in texts["on-done third"]


def test_a_task_that_is_tried_again_has_not_ended(submit: Submitter, broker: Broker, tmp_path: Path) -> None:
    submit(args=f"echo x >> {tmp_path}/runs; test $(wc -l < {tmp_path}/runs) = 3", retries=5, on_done=TELL)
    with running_worker(broker):
        (hook,) = wait_for_hooks(broker)
    assert (tmp_path / "runs").read_text().split() == ["x"] * 3
    assert "|success|0||" in told(broker, hook.id)


def test_a_group_has_one_hook_for_all(submit: Submitter, broker: Broker, worker: object) -> None:
    children = [{"args": "true"}, {"args": "exit 1"}, {"args": "true"}]
    group = submit(pattern="group", name="all", children=children, on_done=[TELL, TELL])
    found = [told(broker, row.id) for row in wait_for_hooks(broker, 2)]
    assert [each.split("|")[:3] for each in found] == [[str(group), "all", "error"]] * 2


def test_it_runs_where_and_as_its_task_would_and_goes_before_its_equals(submit: Submitter, broker: Broker) -> None:
    """But needs nothing of what that needs: neither room nor units."""
    fields = {"queue": "render", "tags": ["gpu"], "priority": 7, "environ": {"A": "1"}, "cwd": "/tmp"}
    submit(args="true", cpus=4, memory="1G", limits="licence", timeout=7, **fields, on_done="true")
    (hook,) = hooks(broker)
    assert (hook.queue, hook.tags, hook.priority) == ("render", ["gpu"], 8)
    assert (hook.cpus, hook.memory, hook.limits, hook.retries) == (pytest.approx(0.1), 0, {}, 5)


def test_what_all_tasks_of_a_queue_have_those_that_say_otherwise_have_not(broker: Broker) -> None:
    """And a hook has none itself."""
    queue = aque.Queue(broker=broker, on_done="true")
    queue.submit_many(
        [{"args": "true", "name": "a"}, {"args": "true", "on_done": []}, {"args": "true", "on_done": "x"}]
    )
    assert [(row.name, row.command or json.loads(row.args or "")) for row in hooks(broker)] == [
        ("on-done a", ["true"]),
        ("on-done true", ["x"]),
    ]


def test_a_hook_of_a_child_inherits_through_it(submit: Submitter, broker: Broker) -> None:
    parent = submit(pattern="group", queue="render", hold=True)
    submit(args="true", parent=parent, on_done="true")
    assert [row.queue for row in hooks(broker)] == ["render"]


@pytest.mark.parametrize("bad", ["", " ", "a\0b", [1], ["true", ""]])
def test_what_cannot_be_a_hook_is_refused_and_nothing_stored(submit: Submitter, broker: Broker, bad: Any) -> None:
    with pytest.raises(aque.UsageError, match="on_done"):
        submit(args="true", on_done=bad)
    assert broker.tasks() == []


def test_many_tasks_have_a_hook_each(submit: Submitter, broker: Broker) -> None:
    """Submitted as a stream: a hook comes in the part of its task, and none is forgotten."""
    submit.queue.store_many({"args": "true", "hold": True, "on_done": "true"} for _ in range(4500))
    with broker.database.connection() as conn:
        found = conn.execute(
            "select count(*), count(distinct d.needs_id) from aque.spec p join aque.dependency d using (task_id)"
            " where p.pattern = 'hook' and d.condition = 'complete'"
        ).fetchone()
    assert found == (4500, 4500)


def test_a_hook_that_its_worker_died_with_is_run_by_another(submit: Submitter, broker: Broker, tmp_path: Path) -> None:
    """It is a task as any other: it is stored before its own task begins, and lost with nobody."""
    mark = tmp_path / "mark"
    submit(args="true", on_done=f"echo $AQUE_STATE >> {mark}; test $(wc -l < {mark}) = 2 || sleep 1000")
    with running_worker(broker) as first:
        wait_for(mark.exists, 60)
        first.stop()
        wait_for(lambda: hooks(broker)[0].state == "pending", 60)
    with running_worker(broker):
        wait_for_hooks(broker)
    assert mark.read_text().split() == ["success", "success"]


def test_an_error_of_any_length_reaches_its_hook(submit: Submitter, broker: Broker, worker: object) -> None:
    """A text that is too long for an environment would keep the hook from running at all."""
    submit(func="tests.work:fail", args=["\u20ac" * 400_000], on_done='echo "${#AQUE_ERROR} $AQUE_STATE"')
    (hook,) = wait_for_hooks(broker)
    assert told(broker, hook.id).split()[1] == "error"


@pytest.mark.parametrize("sink", [(500, 302)], indirect=True)
def test_a_url_is_told_until_it_takes_it(submit: Submitter, broker: Broker, sink: Sink) -> None:
    """A redirection is no success: what follows it would be asked without what there is to tell."""
    task = submit(args="exit 2", name="job", on_done=sink.url)
    with broker.database.connection() as conn:
        conn.execute("update aque.spec set retry_delay = 0 where pattern = 'hook'")
    with running_worker(broker):
        (hook,) = wait_for_hooks(broker)
    assert [each["attempt"] for each in sink.told] == [1, 2, 3]
    assert sink.told[-1] == {
        "task": task,
        "name": "job",
        "state": "error",
        "exit_code": 2,
        "signal": None,
        "error": "exit status 2",
        "hook": hook.id,
        "attempt": 3,
        "text": f"task {task} (job): error: exit status 2",
    }
    with broker.database.connection() as conn:
        errors = conn.execute(
            "select error ->> 'message' from aque.attempt where error is not null and task_id = %s", [hook.id]
        )
        assert [row[0] for row in errors] == ["it answered 500", "it answered 302"]


def test_a_url_that_nobody_answers_at_is_an_error_that_does_not_tell_it(submit: Submitter, broker: Broker) -> None:
    sink = Sink()
    sink.close()
    submit(args="true", on_done=sink.url)
    with broker.database.connection() as conn:
        conn.execute("update aque.task set retries = 0")
    with running_worker(broker):
        wait_for(lambda: hooks(broker)[0].state == "error", 60)
    error = json.loads(hooks(broker)[0].error or "{}")
    assert "Connection refused" in error["message"]
    assert "secret" not in json.dumps(error)
