"""What the screens look like in every state that is not the usual one: each of these is a picture in snapshots/."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from aque.core.broker import Broker
from aque.tui.feed import Lost
from aque.tui.memory import Look, Memory
from aque.tui.screens.fed import FedScreen
from tests.snapshots import Snapshot
from tests.tui.scene import NOW, opened, picture, put_state, put_worker, shown, submit, table, until

_MILLION = """
with shape as materialized (
    select aque.shape_of(row('default', 'ada', 1, 0, 0, '{}', '', '{}', '{}', '')::aque.demand) as id
), made as (
    insert into aque.task (id, shape_id, memory, priority, state, created_at)
    select nextval('aque.task_id'), shape.id, 0, 1000,
           (case g %% 1000 when 0 then 'error' when 1 then 'paused' else 'pending' end)::aque.state, %(at)s
    from generate_series(1, 1000000) g cross join shape returning id
)
insert into aque.spec (task_id, name, pattern, func, args)
select id, 'frame ' || id, 'shell', null, to_json('render scene.exr --frame ' || id) from made
"""


def taken(
    broker: Broker,
    snapshot: Snapshot,
    name: str,
    keys: Sequence[str],
    until_shown: str,
    lost: bool = False,
    **look: Any,
) -> None:
    """Compare what is shown after some keys with a picture."""

    async def take() -> str:
        async with opened(broker, **{"size": (80, 24), "still": True, **look}) as pilot:
            await pilot.press(*keys)
            await until(pilot, lambda: until_shown in shown(pilot))
            if lost:
                await lose(pilot)
            return (await picture(pilot)).replace("3599 s", "3600 s")

    async def lose(pilot: Any) -> None:
        await pilot.press("Z")
        screen = pilot.app.screen
        assert isinstance(screen, FedScreen)
        await until(pilot, lambda: "frozen" in shown(pilot))
        screen.post_message(Lost("cannot reach the broker postgresql://db/aque: connection refused", 3600.0))
        await until(pilot, lambda: "next try in" in shown(pilot))

    snapshot(f"{name}.svg", asyncio.run(take()))


@pytest.fixture
def graph(broker: Broker) -> list[int]:
    """A task of most states, tied to others in every way."""
    put_worker(broker)
    (plates,) = submit(broker, "fetch plates", name="plates", user="ada")
    frames = submit(broker, "render 1", "render 2", dependencies=[plates], user="ada")
    ids = [plates, *frames]
    for name, tie in (
        ("composite", {}),
        ("clean up", {"condition": "complete"}),
        ("tell ada", {"condition": "failure", "otherwise": "cancel"}),
        ("review", {"otherwise": "wait"}),
    ):
        ids += submit(broker, name, name=name, user="bob", dependencies=[{"task": frames[0], **tie}])
    states = [("success", 30.0), ("running", 12.0), ("error", 3.0), *[("pending", None)] * 4]
    for place, (task, (state, ran)) in enumerate(zip(ids, states, strict=True)):
        put_state(broker, task, state, 600.0 - place, ran)
    return ids


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("size", [(80, 24), (200, 14)])
def test_the_tree_from_the_other_end(broker: Broker, snapshot: Snapshot, size: tuple[int, int]) -> None:
    """What ties a task stands on its line; which way it grows is said in any width."""
    keys = ["2", "T", "G", "asterisk"]
    taken(broker, snapshot, f"tree-dependents-{size[0]}", keys, "after: clean up", size=size)


def test_an_empty_tree(broker: Broker, snapshot: Snapshot) -> None:
    taken(broker, snapshot, "tree-empty", ["2"], "no tasks yet")


@pytest.mark.usefixtures("graph")
def test_a_list_in_a_terminal_of_old(broker: Broker, snapshot: Snapshot) -> None:
    """Why a task waits is to be seen in 80 by 24 as well, and how to get help and out."""
    taken(broker, snapshot, "tasks-80", [], "dependencies")


@pytest.mark.usefixtures("graph")
def test_a_list_in_a_wide_terminal(broker: Broker, snapshot: Snapshot) -> None:
    taken(broker, snapshot, "tasks-200", [], "dependencies", size=(200, 14))


@pytest.mark.usefixtures("graph")
def test_nothing_matches(broker: Broker, snapshot: Snapshot) -> None:
    taken(broker, snapshot, "tasks-none", ["u", "exclamation_mark"], "no task matches")


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("theme", ["light", "contrast"])
@pytest.mark.parametrize(("name", "keys", "sign"), [("tasks", "down space", "marked"), ("kill", "G up x", "Cancel")])
def test_a_theme(broker: Broker, snapshot: Snapshot, theme: str, name: str, keys: str, sign: str) -> None:
    """States, marks, the cursor and dangers can be told apart in each."""
    taken(broker, snapshot, f"{name}-{theme}", keys.split(), sign, theme=theme)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(("key", "name", "sign"), [("2", "tree", "▸"), ("4", "groups", "group"), ("6", "events", "")])
def test_a_lost_broker(broker: Broker, snapshot: Snapshot, key: str, name: str, sign: str) -> None:
    """What was there stays, dimmed, under a banner that counts; nowhere is it taken for what is."""
    taken(broker, snapshot, f"{name}-lost", [key], sign, lost=True)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("key", ["2", "3", "4", "6"])
def test_read_only_everywhere(broker: Broker, snapshot: Snapshot, key: str) -> None:
    """No screen offers a change, and each says so."""
    taken(broker, snapshot, f"read-only-{key}", [key], "read-only", read_only=True)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(
    ("name", "keys", "sign"),
    [
        ("palette", ["colon", *"kill"], "Stop it"),
        ("priority", ["equals_sign"], "a whole number"),
        ("priority-wrong", ["equals_sign", "x", "enter"], "not a whole number"),
        ("themes", ["ctrl+t"], "white on black"),
        ("views", ["v"], "Views"),
        ("keep-view", ["V"], "Keep this view as"),
        ("export", ["ctrl+s"], "to a new file"),
        ("help-80", ["question_mark"], "One line up"),
    ],
)
def test_an_overlay(broker: Broker, snapshot: Snapshot, name: str, keys: list[str], sign: str) -> None:
    memory = Memory()
    memory.keep_view("failed of ada", Look("user:ada state:failed", "-id", ("id", "state", "name")))
    taken(broker, snapshot, name, keys, sign, memory=memory)


@pytest.mark.soak
def test_a_million_tasks(broker: Broker, snapshot: Snapshot) -> None:
    """Counts and ids have their room, and both ends are reached."""
    with broker.database.source.connect() as conn:
        conn.execute("set statement_timeout = 0")
        conn.execute(_MILLION, {"at": NOW})
        conn.execute("analyze aque.task")

    async def looks() -> str:
        async with opened(broker, (110, 20), still=True) as pilot:
            await until(pilot, lambda: len(table(pilot).keys) == 1_000_000 and "998,000" in shown(pilot), 120)
            await pilot.press("end")
            await until(pilot, lambda: "frame 1 " in shown(pilot), 120)
            await pilot.press("home")
            await until(pilot, lambda: "1000000  error" in shown(pilot), 120)
            return await picture(pilot)

    snapshot("tasks-million.svg", asyncio.run(looks()))
