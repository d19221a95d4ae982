"""The last hour: what the tables say of it, and its charts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from aque.core.broker import Broker
from aque.core.monitor import Monitor
from aque.tui.bars import bar, sparkline, stacked
from aque.tui.feed import Lost
from aque.tui.pulse import STEP, STEPS, Beat, Pulse
from aque.tui.vitals import VitalSigns
from aque.tui.widgets.chart import columns, heights
from tests.snapshots import Snapshot
from tests.tui.scene import NOW, opened, picture, put_worker, shown, submit, until

_PUT = """
update aque.task set state = %s::aque.state, created_at = %s, started_at = %s, finished_at = %s where id = %s
"""


def put_run(broker: Broker, task: int, state: str, wait: float, began: float, ended: float | None) -> None:
    """A task that began so many seconds before NOW, and ended so many."""
    started = NOW - timedelta(seconds=began)
    finished = None if ended is None else NOW - timedelta(seconds=ended)
    with broker.database.connection() as conn:
        conn.execute(_PUT.encode(), [state, started - timedelta(seconds=wait), started, finished, task])


RUNS = [
    ("success", 5.0, 3500.0, 3400.0, 2.0),
    ("success", 65.0, 4000.0, 3590.0, 1.0),
    ("error", 10.0, 1000.0, 999.5, 1.0),
    ("killed", 20.0, 995.0, 400.0, 4.0),
    ("success", 1.0, 40.0, 20.0, 1.0),
    ("success", 9000.0, 9000.0, 8000.0, 1.0),
    ("running", 3.0, 5000.0, None, 0.5),
    ("running", 3.0, 100.0, None, 2.0),
]


def fill(broker: Broker) -> None:
    ids = [submit(broker, "true", cpus=cpus)[0] for *_, cpus in RUNS]
    for task, (state, wait, began, ended, _) in zip(ids, RUNS, strict=True):
        put_run(broker, task, state, wait, began, ended)


def read(broker: Broker, offset: float = 0.0) -> dict[int, Beat]:
    monitor = Monitor(broker)
    source = Pulse(monitor, lambda: NOW + timedelta(seconds=offset))
    while len(keys := source.refresh()) < STEPS:
        pass
    found = source.rows([keys[each] for each in range(STEPS)])
    monitor.close()
    return dict(found)


@pytest.mark.parametrize("offset", [0.0, 7.0])
def test_each_step_is_what_the_runs_say(broker: Broker, offset: float) -> None:
    """Ends and failures by their time, and tasks and cpus by every second that they ran."""
    fill(broker)
    found = read(broker, offset)
    for step, beat in found.items():
        low = NOW.timestamp() - step * STEP
        high = max(low - STEP, -offset)
        ended = [each for each in RUNS if each[3] is not None and low - STEP < each[3] <= low]
        assert beat.ends == len(ended)
        assert beat.failed == sum(each[0] != "success" for each in ended)
        assert beat.wait == (pytest.approx(sum(each[1] for each in ended) / len(ended)) if ended else None)
        seconds = low - high
        upto = [(began, -offset if ended is None else ended, cpus) for _, _, began, ended, cpus in RUNS]
        busy = [(_within(began, end, low, high) / seconds, cpus) for began, end, cpus in upto]
        assert beat.running == pytest.approx(sum(share for share, _ in busy), abs=1e-6)
        assert beat.cpus == pytest.approx(sum(share * cpus for share, cpus in busy), abs=1e-6)


def _within(began: float, ended: float, low: float, high: float) -> float:
    return max(0.0, min(began, low) - max(ended, high))


def test_what_ended_lately_is_added_and_nothing_else_is_read_again(broker: Broker) -> None:
    first, second, old = submit(broker, "true", "true", "true")
    now = [NOW]
    monitor = Monitor(broker)
    source = Pulse(monitor, lambda: now[0])

    def total() -> int:
        source._look.expire()
        keys = source.refresh()
        return sum(each.ends for each in source.rows([keys[at] for at in range(len(keys))]).values())

    put_run(broker, first, "success", 1.0, 50.0, 10.0)
    while total() < 1 or len(source.keys()) < STEPS:
        pass
    put_run(broker, old, "success", 1.0, 950.0, 900.0)
    put_run(broker, second, "success", 1.0, 50.0, 5.0)
    assert total() == 2
    now[0] += timedelta(seconds=2 * STEP)
    assert total() == 2
    source.expire()
    while len(source.keys()) < STEPS or total() != 3:
        source.refresh()
    monitor.close()


def test_the_head_counts_what_ended_in_the_last_minute(broker: Broker) -> None:
    """In steps; what is older has gone, and what comes late is still counted."""
    first, second = submit(broker, "true", "true")
    put_run(broker, first, "success", 1.0, 50.0, 31.0)
    monitor = Monitor(broker)
    now = [NOW]
    signs = VitalSigns(monitor, lambda: now[0])
    assert list(signs.refresh().ends) == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    put_run(broker, second, "error", 1.0, 50.0, 2.0)
    now[0] += timedelta(seconds=5)
    signs._ends.expire()
    assert list(signs.refresh().ends) == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    monitor.close()


def test_bars_fill_their_cells() -> None:
    """Whatever the share; what is more than nothing can be seen, and so can what failed."""
    assert bar(0.0, 4) == "····"
    assert bar(0.001, 4) == "▏···"
    assert bar(0.5, 4) == "██··"
    assert bar(7.0, 4) == "████"
    assert sparkline([0, 1, 8], 5) == "▁▁▁▁█"
    assert stacked([(0.999, "█"), (0.001, "x")], 10).count("x") <= 1
    assert all(len(stacked([(a / 10, "a"), (b / 10, "b")], 7)) == 7 for a in range(11) for b in range(11 - a))
    assert columns([1.0, 3.0, None, 5.0], 2) == [2.0, 5.0]
    assert columns([1.0, 2.0], 4) == [1.0, 1.0, 2.0, 2.0]
    assert heights([None, 0.01, 1.0], 1.0, 2) == ["  █", " ▁█"]


_HOUR = """
with made as (
    insert into aque.task (id, shape_id, state, created_at, started_at, finished_at)
    select nextval('aque.task_id'), t.shape_id, case when n %% 17 = 0 then 'error' else 'success' end::aque.state,
           e.at - make_interval(secs => 105 + 50 * sin(n / 90.0)), e.at - interval '45 s', e.at
    from aque.task t, generate_series(1, 900) n,
         lateral (select %s - make_interval(secs => 3 + 3590 * (1 - (n / 900.0) ^ 1.5)) as at) e
    where t.id = %s
    returning id
)
insert into aque.spec (task_id, name, pattern, args) select id, 'f', 'shell', '["true"]' from made
"""


def put_hour(broker: Broker) -> None:
    """An hour of much and little, which is the same everywhere."""
    put_worker(broker)
    (task,) = submit(broker, "true")
    put_run(broker, task, "running", 1.0, 100.0, None)
    with broker.database.connection() as conn:
        conn.execute(_HOUR.encode(), [NOW, task])


def play(broker: Broker, *, ready: str, is_lost: bool = False, **options: Any) -> str:
    async def run() -> str:
        async with opened(broker, still=True, **options) as pilot:
            await pilot.press("5")
            await until(pilot, lambda: pilot.app.current_mode == "pulse" and ready in shown(pilot))
            if is_lost:
                await lose(pilot)
            return (await picture(pilot)).replace("3599", "3600")

    return asyncio.run(run())


async def lose(pilot: Pilot[Any]) -> None:
    await pilot.press("Z")
    pilot.app.screen.post_message(Lost("cannot reach the broker: connection refused", 3600.0))
    await until(pilot, lambda: "connection refused" in shown(pilot))


@pytest.mark.parametrize(
    ("name", "size"), [("pulse", (140, 34)), ("pulse-narrow", (80, 24)), ("pulse-small", (50, 14))]
)
def test_pulse(broker: Broker, snapshot: Snapshot, name: str, size: tuple[int, int]) -> None:
    """Four charts over one hour, with numbers at the axis."""
    put_hour(broker)
    snapshot(f"{name}.svg", play(broker, ready="900 in this", size=size))


def test_pulse_of_a_lost_broker(broker: Broker, snapshot: Snapshot) -> None:
    put_hour(broker)
    snapshot("pulse-lost.svg", play(broker, ready="900 in this", is_lost=True, size=(80, 24)))


def test_pulse_of_nothing(broker: Broker, snapshot: Snapshot) -> None:
    snapshot("pulse-empty.svg", play(broker, ready="none in this hour", size=(80, 24)))
