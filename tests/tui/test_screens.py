"""What the screens look like: each of these is a picture in snapshots/."""

from __future__ import annotations

import asyncio
import json

import pytest
from textual.widgets import Input

from aque.core.broker import Broker
from aque.tui.detail import SECTIONS, Section
from aque.tui.feed import Lost
from tests.snapshots import Snapshot
from tests.tui.scene import opened, put_output, put_state, put_worker, shown, submit, table, until
from tests.tui.scene import picture as settled

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "[bold red]markup[/] [@click=app.quit]quit[/]",
    "\u202etxt.exe\u2066",
    "日本語の名前がとても長い場合",
    "a\nb\tc\r\x07",
    "cafe\u0301",
]


@pytest.fixture
def tasks(broker: Broker) -> list[int]:
    """One task of each state, and some more."""
    put_worker(broker)
    render = [f"render scene.exr --frame {n}" for n in range(5)]
    ids = submit(broker, "make -j4 world", *render, name="", user="ada", priority=1200)
    ids += submit(broker, "convert out.tif out.png", "mail -s done ada", dependencies=ids[1:3], user="bob")
    ids += submit(broker, "rsync -a out/ store:/archive/", user="bob", hold=True, priority=10)
    ages = [
        ("success", 90000.0, 4000.0),
        ("success", 3600.0, 71.0),
        ("error", 3500.0, 0.25),
        ("killed", 3400.0, 600.0),
        ("running", 900.0, 187.0),
        ("running", 60.0, 4.5),
        ("pending", 50.0, None),
        ("cancelled", 45.0, None),
        ("paused", 20.0, None),
    ]
    for task, (state, age, ran) in zip(ids, ages, strict=True):
        put_state(broker, task, state, age, ran)
    return ids


def picture(
    broker: Broker, *keys: str, size: tuple[int, int] = (110, 20), read_only: bool = False, until_shown: str = ""
) -> str:
    async def take() -> str:
        async with opened(broker, size, still=True, read_only=read_only) as pilot:
            depth = len(pilot.app.screen_stack)
            for key in keys:
                if key.startswith("="):  # at once, so that it does not depend on how quickly it was written
                    pilot.app.screen.query_one(Input).value = key[1:]
                    await pilot.pause()
                else:
                    await pilot.press(key)
            if keys and keys[-1] in ("x", "question_mark", "enter"):
                await until(pilot, lambda: len(pilot.app.screen_stack) > depth)
            await until(pilot, lambda: until_shown in shown(pilot))
            return await settled(pilot)

    return asyncio.run(take())


@pytest.mark.usefixtures("tasks")
def test_tasks(broker: Broker, snapshot: Snapshot) -> None:
    """States in their colours, numbers to the right, the cursor, the counts and the cpus."""
    snapshot("tasks.svg", picture(broker, "down", "down", size=(120, 20)))


@pytest.mark.usefixtures("tasks")
def test_tasks_in_a_narrow_terminal(broker: Broker, snapshot: Snapshot) -> None:
    """Columns that matter less are left out, and nothing is torn."""
    snapshot("tasks-narrow.svg", picture(broker, size=(46, 14)))


def test_no_tasks(broker: Broker, snapshot: Snapshot) -> None:
    """Who has no tasks yet is told how to queue one."""
    snapshot("tasks-empty.svg", picture(broker, size=(90, 12)))


def test_hostile_names(broker: Broker, snapshot: Snapshot) -> None:
    """Escapes, markup, directions and wide letters stay inside their cells, as text."""
    for index, name in enumerate(HOSTILE):
        (task,) = submit(broker, name, name=name, user="eve")
        put_state(broker, task, "pending", 10.0 + index)
    snapshot("tasks-hostile.svg", picture(broker, size=(110, 14)))


@pytest.mark.usefixtures("tasks")
def test_a_lost_broker(broker: Broker, snapshot: Snapshot) -> None:
    """The rows are there, dimmed, under a banner that counts."""

    async def take() -> str:
        async with opened(broker, still=True) as pilot:
            screen = pilot.app.screen
            await pilot.press("Z")
            screen.post_message(Lost("cannot reach the broker postgresql://db/aque: connection refused", 3600.0))
            await until(pilot, lambda: table(pilot).has_class("-stale"))
            await pilot.pause()
            return pilot.app.export_screenshot().replace("3599", "3600")

    snapshot("tasks-lost.svg", asyncio.run(take()))


@pytest.mark.usefixtures("tasks")
def test_the_question_before_a_kill(broker: Broker, snapshot: Snapshot) -> None:
    """It names who is hit, and Cancel has the focus."""
    snapshot("kill-running.svg", picture(broker, *["down"] * 4, "x"))


def test_the_question_before_a_kill_of_what_waits(broker: Broker, snapshot: Snapshot) -> None:
    """It says how many others fall with it."""
    (first,) = submit(broker, "make", user="ada")
    for task in (first, *submit(broker, "make test", "make install", dependencies=[first], user="ada")):
        put_state(broker, task, "pending", 30.0)
    snapshot("kill-pending.svg", picture(broker, "end", "x"))


@pytest.fixture
def written(broker: Broker, tasks: list[int]) -> int:
    """One that failed with a traceback, wrote in colours, and has neighbours."""
    task = tasks[2]
    put_output(
        broker,
        task,
        b"frame 1: \x1b[32mok\x1b[0m [b]87%[/b]\r\nframe\t2 \x1b]0;title\x07\x1b[2Jx\n",
        b"warning: \xff no light\n",
        b"\xe6\x97\xa5" * 60,
    )
    error = {
        "type": "x",
        "message": "no such [b]file[/b] \x1b[31m",
        "traceback": "Traceback:\n  File x, line 3\nOSError",
    }
    with broker.database.connection() as conn:
        conn.execute("update aque.attempt set error = %s where task_id = %s", [json.dumps(error), task])
        # nothing in a picture is of the machine that it is made on
        conn.execute(
            'insert into aque.environ (digest, vars) values (\'x\', \'{"HOME": "/home/ada", "LANG": "C.UTF-8"}\')'
        )
        conn.execute(
            "update aque.spec set cwd = '/scenes', interpreter = '/usr/bin/python3',"
            " environ_id = (select max(id) from aque.environ) where task_id = %s",
            [task],
        )
    return task


SIGNS = {
    "info": "created",
    "why": "It ended",
    "tail": "warning",
    "attempts": "line 3",
    "environ": "LANG",
    "links": "needed by",
}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("section", SECTIONS, ids=lambda each: each.name)
def test_a_task_in_detail(broker: Broker, snapshot: Snapshot, section: Section) -> None:
    """What is known of it, in sections; escapes and markup are text."""
    keys = [*["down"] * 6, "enter", section.key]
    size = (100, 44 if section.name == "info" else 20)
    snapshot(f"task-{section.name}.svg", picture(broker, *keys, size=size, until_shown=SIGNS[section.name]))


@pytest.mark.usefixtures("written")
def test_a_log(broker: Broker, snapshot: Snapshot) -> None:
    """Errors have a mark as well as a colour; colours are the task's, all else that terminals obey is gone."""
    snapshot("log.svg", picture(broker, *["down"] * 6, "o", "w", size=(80, 14), until_shown="warning"))


@pytest.mark.usefixtures("written")
def test_a_log_in_a_tiny_terminal(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("log-tiny.svg", picture(broker, *["down"] * 6, "o", size=(40, 10), until_shown="warning"))


@pytest.mark.usefixtures("tasks")
def test_a_log_of_nothing(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("log-empty.svg", picture(broker, "o", size=(80, 14), until_shown="nothing was written"))


@pytest.mark.usefixtures("tasks")
def test_a_filter(broker: Broker, snapshot: Snapshot) -> None:
    """What is shown, and how many, stands below; marks stand beside their tasks."""
    keys = ["slash", "=user:ada", "enter", "down", "space", "space"]
    snapshot("tasks-filtered.svg", picture(broker, *keys, size=(80, 24), until_shown="/ user:ada"))


@pytest.mark.usefixtures("tasks")
def test_a_filter_that_is_being_written(broker: Broker, snapshot: Snapshot) -> None:
    """What may follow is offered."""
    snapshot("filter-offers.svg", picture(broker, "slash", "=state:", until_shown="open  complete"))


@pytest.mark.usefixtures("tasks")
def test_a_filter_that_is_wrong(broker: Broker, snapshot: Snapshot) -> None:
    """Where and why is told in place, and the list is as it was."""
    snapshot("filter-error.svg", picture(broker, "slash", "=user:ada cpus>lots", until_shown="expected a number"))


@pytest.mark.usefixtures("tasks")
def test_the_orders(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("sort.svg", picture(broker, "s", size=(100, 30), until_shown="Sort by"))


@pytest.mark.usefixtures("tasks")
def test_the_columns(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("columns.svg", picture(broker, "f2", size=(100, 30), until_shown="Space chooses"))


@pytest.mark.usefixtures("tasks")
def test_the_question_before_many_are_steered(broker: Broker, snapshot: Snapshot) -> None:
    """How many, and who is left alone and why."""
    snapshot("steer-many.svg", picture(broker, "a", "p", until_shown="left alone"))


@pytest.mark.usefixtures("tasks")
def test_the_question_before_many_are_killed(broker: Broker, snapshot: Snapshot) -> None:
    """What runs, what waits, and what is lost."""
    snapshot("kill-many.svg", picture(broker, *["down"] * 2, *["space"] * 5, "x", until_shown="Stop 3"))


@pytest.mark.usefixtures("tasks")
def test_help(broker: Broker, snapshot: Snapshot) -> None:
    """All commands of the screen are there, in groups."""
    snapshot("help.svg", picture(broker, "question_mark", size=(120, 40)))


@pytest.mark.usefixtures("tasks")
def test_read_only(broker: Broker, snapshot: Snapshot) -> None:
    """Nothing offers a change."""
    snapshot("tasks-read-only.svg", picture(broker, "x", "question_mark", read_only=True))
