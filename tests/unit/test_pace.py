"""When a worker takes its turns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.queries.work import Captured
from aque.core.worker.ledger import Ledger
from aque.core.worker.pace import Pace

LONGEST = 0.05


def captured(lease: int, cpus: float) -> Captured:
    nothing = dict.fromkeys(name for name in Captured._fields)
    own = {"id": lease, "lease": lease, "cpus": cpus, "memory": 0, "started_at": datetime.now(UTC)}
    return Captured(**{**nothing, **own})  # type: ignore[arg-type]


def holding(*cpus: float) -> Ledger:
    ledger = Ledger()
    for lease, each in enumerate(cpus, 1):
        ledger.open(captured(lease, each))
    return ledger


def pace_of_tasks_that_take(seconds: float, cpus: float) -> Pace:
    pace = Pace(cpus, 1 << 30)
    for _ in range(100):
        pace.learn({"type": "finished", "started": 0.0, "ended": seconds})
    return pace


@given(st.lists(st.floats(0.1, 4), max_size=60), st.floats(1, 16), st.floats(0.0001, 100))
def test_a_turn_is_put_off_only_while_the_runner_has_enough_before_it(demands, cpus, seconds):
    """Else cpus would be idle while ends and claims wait."""
    rest = pace_of_tasks_that_take(seconds, cpus).rest(holding(*demands))
    left_for = (sum(demands) - cpus) * seconds / cpus
    assert 0 <= rest <= max(0.0, min(LONGEST, left_for))


@pytest.mark.parametrize("held", [(), (1.0,), (1.0, 1.0), (2.0,)])
def test_who_waits_for_a_single_task_waits_for_no_turn(held):
    """A chain of tasks would take 50 ms a link."""
    assert pace_of_tasks_that_take(0.001, 2.0).rest(holding(*held)) == 0


def test_a_backlog_of_short_tasks_is_settled_many_at_a_time():
    assert pace_of_tasks_that_take(0.001, 2.0).rest(holding(*[1.0] * 1000)) == LONGEST


def test_a_worker_with_much_before_it_asks_for_no_handful_more():
    """Each turn costs the same; while it takes one for two tasks, all others come to their end."""
    pace = pace_of_tasks_that_take(0.00001, 2.0)
    first = pace.ask(holding())
    assert first
    pace.note(first, [])
    pace.is_hungry = True
    room = int(first.cpus)
    assert pace.ask(holding(*[1.0] * (room - 2))) is None
    assert pace.ask(holding(*[1.0] * (room // 2)))


def test_room_that_is_no_waiting_line_is_filled_to_the_last():
    """Tasks that take long have none before them: a tenth of a cpu that is free is not to stay so."""
    pace = pace_of_tasks_that_take(100.0, 2.0)
    ask = pace.ask(holding(1.9))
    assert ask
    assert ask.cpus == pytest.approx(0.1)


def test_behind_what_lasts_nothing_is_kept_that_cannot_start_before_its_end():
    """It would wait here, and all that was captured after it, while others have room."""
    pace = pace_of_tasks_that_take(0.001, 2.0)
    ledger = holding(1.0)
    ledger.start(ledger.runs[1])
    assert not pace.beat(ledger)
    assert not pace.beat(ledger)
    claimed = [captured(2, 1.0), captured(3, 2.0), captured(4, 1.0)]
    assert pace.keep(claimed) == claimed[:1]
    pace.is_hungry = True
    assert (ask := pace.ask(ledger))
    assert ask.cpus == 1.0


def test_what_waits_for_longer_than_was_thought_goes_back():
    pace = pace_of_tasks_that_take(0.001, 2.0)
    ledger = holding(1.0, 1.0, 1.0)
    for lease in (1, 2):
        ledger.start(ledger.runs[lease])
    assert [pace.beat(ledger), pace.beat(ledger)] == [False, True]
    pace.is_hungry = True
    assert pace.ask(ledger) is None
