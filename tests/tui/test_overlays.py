"""What stands over the lists: a task in detail, and what tasks wrote, on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from aque.core.broker import Broker
from aque.tui.detail import SECTIONS
from aque.tui.overlays.log import LogScreen
from aque.tui.overlays.task import TaskScreen
from tests.tui.scene import lines, opened, put_output, put_state, put_worker, shown, submit, until

Play = Callable[[Pilot[Any]], Awaitable[None]]


def play(broker: Broker, what: Play, **options: Any) -> None:
    async def run() -> None:
        async with opened(broker, **{"size": (110, 30), **options}) as pilot:
            await what(pilot)

    asyncio.run(run())


def failed(broker: Broker, *pieces: bytes, **fields: Any) -> int:
    put_worker(broker)
    (task,) = submit(broker, "true", **fields)
    put_state(broker, task, "error", 100.0, 3.0)
    put_output(broker, task, *pieces)
    return task


def log(pilot: Pilot[Any]) -> LogScreen:
    screen = pilot.app.screen
    assert isinstance(screen, LogScreen)
    return screen


async def open_log(pilot: Pilot[Any]) -> LogScreen:
    await pilot.press("o")
    await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen) and log(pilot).view.rows.lines)
    return log(pilot)


def test_each_section_has_its_key(broker: Broker) -> None:
    """And Tab goes through all of them."""
    submit(broker, "make all", name="built", environ={"SECRET": "abc"})
    signs = {
        "info": "priority",
        "why": "worker",
        "tail": "",
        "attempts": "no run has",
        "environ": "SECRET",
        "links": "stands alone",
    }

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        for each in SECTIONS:
            await pilot.press(each.key)
            await until(pilot, lambda each=each: signs[each.name] in shown(pilot))
            assert pilot.app.screen.section is each
        await pilot.press("i")
        for each in (*SECTIONS[1:], SECTIONS[0]):
            await pilot.press("tab")
            assert pilot.app.screen.section is each
        await pilot.press("shift+tab")
        assert pilot.app.screen.section is SECTIONS[-1]

    play(broker, looks)


@pytest.mark.parametrize(("key", "sign"), [("w", "no-worker"), ("D", "needed by 1")])
def test_a_list_opens_a_section(broker: Broker, key: str, sign: str) -> None:
    (first,) = submit(broker, "true")
    submit(broker, "true", name="second", dependencies=[first])

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("end", key)
        await until(pilot, lambda: sign in shown(pilot))

    play(broker, looks)


def test_links_lead_to_tasks(broker: Broker) -> None:
    first, second = submit(broker, "true", "true", name="before")
    (third,) = submit(broker, "true", name="after", dependencies=[first, second])

    async def walks(pilot: Pilot[Any]) -> None:
        await pilot.press("D")
        await until(pilot, lambda: "needs 2" in shown(pilot))
        await pilot.press("up", "enter")
        await until(pilot, lambda: pilot.app.screen.task_id == second and f"task {second}" in shown(pilot))
        await until(pilot, lambda: "needed by 1" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.task_id == third)
        await pilot.press("escape", "escape", "escape")
        assert not isinstance(pilot.app.screen, TaskScreen)

    play(broker, walks)


@pytest.mark.parametrize("read_only", [False, True])
def test_values_of_variables_are_shown_on_demand_alone(broker: Broker, read_only: bool) -> None:
    """They may be secret, and a screen that is read-only may be anybody's."""
    submit(broker, "true", environ={"TOKEN": "s3cret"})

    async def looks(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "e")
        await until(pilot, lambda: "TOKEN" in shown(pilot))
        assert "s3cret" not in shown(pilot)
        await pilot.press("v")
        if read_only:
            await pilot.pause(0.2)
            assert "s3cret" not in shown(pilot)
        else:
            await until(pilot, lambda: "s3cret" in shown(pilot))
            await pilot.press("v")
            await until(pilot, lambda: "s3cret" not in shown(pilot))

    play(broker, looks, read_only=read_only)


def test_a_log_of_any_length_is_read_from_both_ends(broker: Broker) -> None:
    """Only a part of it is held, whatever its length."""
    text = [b"".join(b"line %d of %d\n" % (number, piece) for number in range(50)) for piece in range(300)]
    failed(broker, *text)

    async def reads(pilot: Pilot[Any]) -> None:
        screen = await open_log(pilot)
        await until(pilot, lambda: "line 49 of 299" in shown(pilot))
        assert screen.held.total == 300
        await pilot.press("home")
        await until(pilot, lambda: "line 0 of 0" in shown(pilot))
        for _ in range(60):
            await pilot.press("pagedown")
        await until(pilot, lambda: screen.held.windows[0].next > 32)
        await pilot.press("G")
        await until(pilot, lambda: "line 49 of 299" in shown(pilot))
        first = screen.held.windows[0].first
        for _ in range(40):
            await pilot.press("pageup")
        await until(pilot, lambda: screen.held.windows[0].first < first)
        assert not screen.follows

    play(broker, reads)


def test_a_search_goes_through_all_of_it(broker: Broker) -> None:
    """Also through what is not held, and without regard to small and large letters where only small ones are sought."""
    text = [b"".join(b"line %d of %d\n" % (number, piece) for number in range(20)) for piece in range(200)]
    text[30] += b"here is the Needle\n"
    failed(broker, *text)

    async def seeks(pilot: Pilot[Any]) -> None:
        screen = await open_log(pilot)
        await pilot.press("home")
        await until(pilot, lambda: "line 0 of 0" in shown(pilot))
        await pilot.press("slash")
        pilot.app.screen.query_one(Input).value = "needle"
        await pilot.press("enter")
        await until(pilot, lambda: "the Needle" in shown(pilot))
        await pilot.press("n")
        await until(pilot, lambda: "no further line with needle" in shown(pilot))
        await pilot.press("end")
        await until(pilot, lambda: "line 19 of 199" in shown(pilot))
        assert "the Needle" not in shown(pilot)
        screen.view.mark = None
        await pilot.press("N")
        await until(pilot, lambda: "the Needle" in shown(pilot))

    play(broker, seeks)


def test_streams_wrap_and_times(broker: Broker) -> None:
    failed(broker, b"out\n", b"err\n", b"x" * 300 + b"END\n")

    async def looks(pilot: Pilot[Any]) -> None:
        await open_log(pilot)
        await until(pilot, lambda: "│ err" in shown(pilot))
        assert "END" not in shown(pilot)
        await pilot.press("w")
        await until(pilot, lambda: "END" in shown(pilot))
        await pilot.press("o")
        await until(pilot, lambda: "err" not in lines(pilot)[2] + lines(pilot)[1] + lines(pilot)[3])
        await pilot.press("o")
        await until(pilot, lambda: "│ err" in shown(pilot) and "out" not in lines(pilot))
        await pilot.press("o", "t")
        await until(pilot, lambda: any(line.endswith("  out") and ":" in line for line in lines(pilot)))

    play(broker, looks)


def test_a_log_is_saved_as_it_came(broker: Broker, tmp_path: Path) -> None:
    pieces = [b"\xff\x00raw", b"\x1b[31mred\r\n", b"end"]
    failed(broker, *pieces)

    async def saves(pilot: Pilot[Any]) -> None:
        await open_log(pilot)
        for _ in range(2):
            await pilot.press("ctrl+s")
            pilot.app.screen.query_one(Input).value = str(tmp_path / "out.log")
            await pilot.press("enter")
            await until(pilot, (tmp_path / "out.log").exists)
        await until(pilot, lambda: "is there already" in shown(pilot))

    play(broker, saves)
    assert (tmp_path / "out.log").read_bytes() == b"".join(pieces)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.usefixtures("worker")
def test_marked_tasks_are_followed_together(broker: Broker, tmp_path: Path) -> None:
    """Each line has the id of its task."""
    mark = tmp_path / "mark"
    ids = submit(
        broker, *[f"echo first {n}; until test -e {mark}; do sleep 0.05; done; echo second {n}" for n in (1, 2)]
    )

    async def follows(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: len([each for each in ids if broker.output(each)]) == 2)
        await pilot.press("space", "space", "o")
        await until(pilot, lambda: all(f"[{task}] first {n}" in lines(pilot) for n, task in enumerate(ids, 1)))
        mark.touch()
        await until(pilot, lambda: all(f"[{task}] second {n}" in lines(pilot) for n, task in enumerate(ids, 1)))

    play(broker, follows)


def test_a_kill_reaches_others_when_that_is_asked_for(broker: Broker) -> None:
    """And says how many before."""
    (first,) = submit(broker, "true")
    more = submit(broker, "true", "true", dependencies=[first])

    async def kills(pilot: Pilot[Any]) -> None:
        await pilot.press("end", "x")
        await until(pilot, lambda: "Stop task" in shown(pilot) and "no others" in shown(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "Stop 3 tasks?" in shown(pilot) and "what needs them" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "3 tasks cancelled" in shown(pilot))
        assert {each.state for each in broker.tasks([first, *more])} == {"cancelled"}

    play(broker, kills)


@pytest.mark.usefixtures("worker")
def test_a_signal_that_ends_nothing_is_sent(broker: Broker) -> None:
    """The task goes on; what waits is left alone."""
    (task,) = submit(broker, "trap 'echo got it' USR1; echo up; while :; do sleep 0.05; done")

    async def signals(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: broker.output(task))
        await pilot.press("x")
        await until(pilot, lambda: "SIGTERM" in shown(pilot))
        await pilot.press("g")
        await until(pilot, lambda: "SIGKILL 30 s later" in shown(pilot))
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: "Signal task" in shown(pilot) and "SIGUSR1, and no more" in shown(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: any(b"got it" in each.data for each in broker.output(task)))
        assert broker.tasks([task])[0].state == "running"

    play(broker, signals)
    broker.kill([task], 9)
