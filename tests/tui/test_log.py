"""The log overlay over long outputs, and over those of several tasks, on a real broker."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from aque.core.broker import Broker
from aque.core.queries.reading import Extent, TimedPiece
from aque.tui.log import Log
from aque.tui.loglines import LogLine
from aque.tui.loglines import lines as lines_in
from aque.tui.overlays.log import LogScreen
from aque.tui.sought import Sought
from aque.tui.window import ROOM, STEP, Reader, Window
from tests.tui.scene import NOW, opened, shown, submit, until
from tests.waiting import wait_for

Piece = tuple[float, int, bytes]
"""Seconds, a stream, and what was written."""


def written(broker: Broker, *pieces: Piece) -> int:
    """A task that wrote these at these times."""
    (task,) = submit(broker, "true", hold=True)
    with broker.database.connection() as conn:
        conn.execute("update aque.task set attempt = 1 where id = %s", [task])
        conn.cursor().executemany(
            "insert into aque.output (task_id, attempt, seq, stream, data, at) values (%s, 1, %s, %s, %s, %s)",
            [(task, seq, stream, data, NOW + timedelta(seconds=at)) for seq, (at, stream, data) in enumerate(pieces)],
        )
    return task


def scattered(seed: int, count: int) -> list[Piece]:
    """Lines at rising times, to one stream or the other."""
    dice = random.Random(seed)
    times = sorted(dice.random() * 1000 for _ in range(count))
    return [(at, dice.choice([1, 2]), b"line %d of %d\n" % (number, seed)) for number, at in enumerate(times)]


def some(broker: Broker) -> list[int]:
    """A chatty task, a quiet one, one that wrote nothing, and one of late."""
    late = [(900 + at / 10, stream, data) for at, stream, data in scattered(3, 150)]
    return [written(broker, *each) for each in (scattered(1, 400), scattered(2, 5), [], late)]


def all_lines(broker: Broker, ids: list[int]) -> list[LogLine]:
    """All that they wrote, in the order of time."""
    logs = [Log.of(broker, [task]).at_start() for task in ids]
    found: dict[Any, LogLine] = {}
    for log in logs:
        while not log.is_whole:
            found |= {each.key: each for each in log.lines()}
            log = log.later()  # noqa: PLW2901
        found |= {each.key: each for each in log.lines()}
    return sorted(found.values(), key=lambda each: each.at)


def held(log: Log) -> int:
    """Bytes."""
    return sum(len(piece.data) for window in log.windows for piece in window.pieces)


def test_lines_of_several_tasks_are_read_in_the_order_of_time(broker: Broker) -> None:
    """None appears between those that were seen already, whoever wrote much and who wrote little."""
    ids = some(broker)
    whole = all_lines(broker, ids)
    assert len(whole) == 555

    def walk(log: Log, move: Callable[[Log], Log], is_over: Callable[[Log], bool]) -> list[list[LogLine]]:
        seen = [log.lines()]
        while not is_over(log):
            log = move(log)
            seen.append(log.lines())
            assert held(log) <= ROOM
        return seen

    down = walk(Log.of(broker, ids).at_start(), Log.later, lambda log: log.is_whole)
    up = walk(Log.of(broker, ids), Log.earlier, lambda log: not log.has_before)
    for seen in (down, up):
        for lines in seen:
            start = whole.index(lines[0])
            assert lines == whole[start : start + len(lines)], "one is missing, or in the wrong place"
        for before, after in pairwise(seen):
            assert set(before) & set(after), "some were jumped over"
    assert (down[0][0], down[-1][-1], up[0][-1], up[-1][0]) == (whole[0], whole[-1], whole[-1], whole[0])


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("streams", [(0, 1, 2), (0, 2)])
def test_a_search_goes_through_the_output_of_all_tasks(
    broker: Broker, backwards: bool, streams: tuple[int, ...]
) -> None:
    """In the order of time, each line once, whether it is held or not; nothing of a stream that is not shown."""
    ids = some(broker)
    log, sought = Log.of(broker, ids, streams), Sought("line 3")
    log = log if backwards else log.at_start()
    expected = [each for each in all_lines(broker, ids) if "line 3" in each.text and each.stream in streams]
    met = [each for each in log.lines() if sought.is_in(each.text)]
    met = met[::-1] if backwards else met
    while found := log.found(sought, backwards, lambda pieces: True):
        log, line = found
        lines = log.lines()[::-1] if backwards else log.lines()
        met += [each for each in lines[lines.index(line) :] if sought.is_in(each.text)]
    assert met == (expected[::-1] if backwards else expected)
    assert {each.key[0] for each in met} >= {ids[0], ids[3]}


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_full_pieces_behind_small_ones_are_all_looked_at(broker: Broker, backwards: bool) -> None:
    """More of small ones are read at once: should these be full, there must be room for all that were read."""
    small, full = [b"small\n"] * STEP, [b"x" * 65535 + b"\n"] * (ROOM >> 16)
    pieces = [*small, b"needle\n" * 9362, *full, *full, b"needle\n" * 9362, *small]
    task = written(broker, *((at, 1, data) for at, data in enumerate(pieces)))
    log = Log.of(broker, [task])
    found = (log if backwards else log.at_start()).found(Sought("needle"), backwards, lambda pieces: True)
    assert found
    assert found[1].key[1] == (len(pieces) - STEP - 1 if backwards else STEP)


def test_a_line_that_goes_over_pieces_is_found(broker: Broker) -> None:
    """Though the other stream wrote meanwhile, and it begins in one window and ends in the next."""
    pieces: list[Piece] = [(at, 1, b"out %d\n" % at) for at in range(15)]
    pieces += [(15, 1, b"nee"), *((16 + at, 2, b"err\n") for at in range(4)), (20, 1, b"dle\n")]
    task = written(broker, *pieces, *((at, 1, b"out\n") for at in range(21, 60)))
    found = Log.of(broker, [task]).at_start().found(Sought("needle"), False, lambda pieces: True)
    assert found
    assert found[1].text == "needle"


PARTS = (b"ab", b"A\tb", b"\x1b[1ma\x1b[0mb", b"\xc3\xa4", b"\r\n", b"\n", b"\x00")


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=4)), st.text("abAB 0x\\ä", min_size=1, max_size=3))
def test_what_is_passed_over_unread_has_nothing_that_is_sought(parts: list[bytes], text: str) -> None:
    """It is looked for in the bytes first, for that is quicker; what is shown may be something else than these."""
    sought = Sought(text)
    pieces = [TimedPiece(1, 1, seq, 1, data, NOW) for seq, data in enumerate(parts)]
    lines = list(lines_in(Window(1, Extent(1, "running", len(pieces)), tuple(pieces))))
    if any(sought.is_in(each.text) for each in lines):
        assert sought.may_be_in(parts)


def play(broker: Broker, what: Callable[[Pilot[Any], LogScreen], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened(broker, size=(110, 30)) as pilot:
            await pilot.press("o")
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen) and pilot.app.screen.view.rows.lines)
            assert isinstance(pilot.app.screen, LogScreen)
            await what(pilot, pilot.app.screen)

    asyncio.run(run())


def lines_of(pilot: Pilot[Any]) -> list[str]:
    """The lines that are shown, without the bar at their side, but the title, which has what is sought."""
    return [each[:-2].strip() for each in shown(pilot).splitlines()[1:]]


async def search(pilot: Pilot[Any], text: str) -> None:
    await pilot.press("slash")
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.usefixtures("worker")
def test_a_long_output_opens_at_its_end_and_is_read_everywhere(broker: Broker) -> None:
    """As a worker has stored it; a part of it is held, never the whole."""
    (task,) = submit(broker, "seq 1500000; echo the last one >&2")
    wait_for(lambda: broker.tasks([task])[0].state == "success", 60)

    async def reads(pilot: Pilot[Any], screen: LogScreen) -> None:
        await until(pilot, lambda: "the last one" in shown(pilot) and "1500000" in shown(pilot), 60)
        assert screen.held.total << 16 > 2 * ROOM
        await pilot.press("home")
        await until(pilot, lambda: shown(pilot).splitlines()[1].split() == ["1"])
        await search(pilot, "765432")
        await until(pilot, lambda: "765432" in lines_of(pilot), 60)
        assert held(screen.held) <= ROOM
        await pilot.press("o", "o")
        await until(pilot, lambda: "the last one" in shown(pilot) and "765432" not in lines_of(pilot), 60)

    play(broker, reads)


def test_a_search_can_be_stopped(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Esc ends it, and the screen stays; it says how far it has come, and n begins anew."""
    written(broker, *((at, 1, b"out %d\n" % at) for at in range(3000)))
    beyond, steps = Reader.beyond, threading.Semaphore(2)

    def slow(*args: Any) -> Window:
        steps.acquire()
        return beyond(*args)

    async def stops(pilot: Pilot[Any], screen: LogScreen) -> None:
        await until(pilot, lambda: "out 2999" in shown(pilot))
        await pilot.press("home")
        await until(pilot, lambda: "out 0" in lines_of(pilot))
        monkeypatch.setattr(Reader, "beyond", slow)
        monkeypatch.setattr("aque.tui.work._REST", 0.0)
        await search(pilot, "out 2998")
        await until(pilot, lambda: re.search("searching [0-9,]+/3,000", shown(pilot)))
        await pilot.press("escape")
        await until(pilot, lambda: "the search was stopped" in shown(pilot))
        steps.release(1000)
        await until(pilot, lambda: "searching" not in shown(pilot))
        assert "out 0" in lines_of(pilot)
        assert pilot.app.screen is screen
        await pilot.press("n")
        await until(pilot, lambda: "out 2998" in lines_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)

    play(broker, stops)


def test_who_goes_to_the_end_in_haste_follows(broker: Broker) -> None:
    """Though what was asked for before, the beginning, comes first."""
    written(broker, *((at, 1, b"out %d\n" % at) for at in range(3000)))

    async def hurries(pilot: Pilot[Any], screen: LogScreen) -> None:
        for keys, line, follows in (
            (["home", "end"], "out 2999", True),
            (["end", "home"], "out 0", False),
            (["home", "end", "home"], "out 0", False),
            (["G", "g", "G"], "out 2999", True),
        ):
            await pilot.press(*keys)
            await until(pilot, lambda: not screen._is_reading and line in lines_of(pilot))  # noqa: B023
            assert screen.follows is follows

    play(broker, hurries)


def test_the_last_of_wide_lines_is_seen(broker: Broker) -> None:
    """Though the bar for them takes a row, as soon as it is there; and also on a terminal of another height."""
    written(broker, *((at, 1, b"%d %s\n" % (at, b"x" * 300)) for at in range(100)))

    async def sees(pilot: Pilot[Any], screen: LogScreen) -> None:
        await until(pilot, lambda: screen.view.show_horizontal_scrollbar and "99 xxx" in shown(pilot))
        await pilot.resize_terminal(80, 18)
        await until(pilot, lambda: screen.size.height == 18 and "99 xxx" in shown(pilot))
        await pilot.press("f", "home")
        await until(pilot, lambda: "0 xxx" in shown(pilot))
        await pilot.resize_terminal(80, 24)
        await until(
            pilot, lambda: screen.size.height == 24 and any(each.startswith("0 xxx") for each in lines_of(pilot))
        )

    play(broker, sees)


@pytest.mark.parametrize("count", [1, 60])
def test_a_line_in_several_rows_is_there_as_a_whole(broker: Broker, count: int) -> None:
    """No letter of it is under the bar at the side, which long logs have and short ones have not."""
    text = "".join(f"{each:03}." for each in range(100))
    written(broker, *((at, 1, f"{text}\n".encode()) for at in range(count)))

    async def wraps(pilot: Pilot[Any], screen: LogScreen) -> None:
        await pilot.press("w")
        await until(pilot, lambda: screen.view.face.wraps and screen.view.scroll_offset.y == screen.view.max_scroll_y)
        await until(pilot, lambda: text in "".join(row[1:-2] for row in shown(pilot).splitlines()[1:-1]))

    play(broker, wraps)


def test_one_stream_is_found_however_far_it_is(broker: Broker) -> None:
    """A line of stderr before thousands of pieces of stdout."""
    written(broker, (0, 2, b"it began badly\n"), *((1 + at, 1, b"out %d\n" % at) for at in range(3000)))

    async def turns(pilot: Pilot[Any], screen: LogScreen) -> None:
        await until(pilot, lambda: "out 2999" in shown(pilot))
        await pilot.press("o", "o")
        await until(pilot, lambda: "it began badly" in shown(pilot) and "out 2999" not in shown(pilot))
        await pilot.press("o")
        await until(pilot, lambda: "out 2999" in shown(pilot))
        assert screen.follows

    play(broker, turns)


def test_a_search_of_marked_tasks_leads_through_all_of_them(broker: Broker) -> None:
    """On the screen, with the mark on the line of the task that has it."""
    first = written(broker, *((at, 1, b"first %d\n" % at) for at in range(300)))
    second = written(broker, *((at + 0.5, 1, b"second %d\n" % at) for at in range(300)))

    async def run() -> None:
        async with opened(broker, size=(110, 30)) as pilot:
            await pilot.press("space", "space", "o")
            await until(pilot, lambda: "second 299" in shown(pilot))
            await pilot.press("home")
            await until(pilot, lambda: "first 0" in shown(pilot))
            await search(pilot, "d 150")
            await until(pilot, lambda: f"[{second}] second 150" in shown(pilot))
            await pilot.press("n")
            await until(pilot, lambda: "no further line with d 150" in shown(pilot))
            await search(pilot, "st 2")
            await until(pilot, lambda: f"[{first}] first 200" in shown(pilot))
            await pilot.press("N")
            await until(pilot, lambda: f"[{first}] first 29" in shown(pilot))

    asyncio.run(run())
