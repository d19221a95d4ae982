"""Reasons of tasks that are still to run, beside what workers lack."""

from __future__ import annotations

from shlex import quote
from typing import Final

from ..queries.why import Case, Need
from ..states import State
from ..units import show_duration, show_memory
from .forecast import forecast
from .limits import FULL, HOPELESS
from .words import Reason, count, listed, moment, names, worker_command

_CONDITIONS: Final = {"success": "", "complete": ", however it ends", "failure": ", which is to fail"}


def _need(need: Need) -> str:
    child = ", its child" if need.is_child else ""
    return f"{need.id} ({need.state}{_CONDITIONS[need.condition]}{child})"


def _short_needs(case: Case) -> str:
    first = case.needs[0].id if case.needs else "others"
    more = case.task.needs_open - 1
    return f"needs {first}{f' and {more:,} more' if more else ''}"


def _needs(case: Case) -> str:
    told = f": {listed([_need(each) for each in case.needs], case.task.needs_open)}" if case.needs else ""
    are = "is" if case.task.needs_open == 1 else "are"
    return f"It needs {count(case.task.needs_open, 'task')} that {are} not complete{told}."


def _seconds_left(case: Case) -> float:
    assert case.task.run_at
    return (case.task.run_at - case.task.now).total_seconds()


def _short_time(case: Case) -> str:
    left = _seconds_left(case)
    return f"its time, in {show_duration(left)}" if left > 0 else "its time has just come"


def _time(case: Case) -> str:
    assert case.task.run_at
    left = _seconds_left(case)
    at = f"{moment(case.task.run_at, case.task.now)}, in {show_duration(left)}" if left > 0 else "now"
    return f"It failed, and is tried again at {at}." if case.task.attempt else f"Its time comes at {at}."


def _limit(case: Case) -> str:
    return f"{case.task.running}/{case.task.max_running}"


def _is_full(case: Case) -> bool:
    return case.task.is_ready and not case.is_limited and bool(case.takers) and not case.rooms


def _free(case: Case) -> str:
    """What it needs, and the most that is free of each."""
    takes = case.task.cpus_on(case.takers[0].cpus)
    cpus = max(each.cpus_free for each in case.takers)
    if not case.task.memory:
        return f"It needs {_cpus(takes)}; the most that is free is {_cpus(cpus)}"
    memory = max(each.memory_free for each in case.takers)
    needs = f"{_cpus(takes)} and {show_memory(case.task.memory)}"
    return f"It needs {needs}; the most that is free is {_cpus(cpus)}, and {show_memory(memory)} of memory"


def _cpus(number: float) -> str:
    return f"{number:g} cpu{'' if number == 1 else 's'}"


def _is_beyond(case: Case) -> bool:
    """Whether more stand before it than were counted."""
    return bool(case.place and case.place.ahead > case.most)


def _before(case: Case) -> str:
    """How many stand before it, and about when it starts if that is known and there is room to say it."""
    assert case.place
    ahead = f">{case.most:,}" if _is_beyond(case) else f"{case.place.ahead:,}"
    return _with_time(f"{ahead} before it, about ", case) or f"{ahead} before it"


def _with_time(words: str, case: Case) -> str:
    seconds = forecast(case)
    return f"{words}{show_duration(seconds)}" if seconds else ""


def _short_full(case: Case) -> str:
    if case.place and case.place.ahead:
        return f"full, {_before(case)}"
    return _with_time("full, next in about ", case) or "full, next in line"


def _place(case: Case) -> str:
    assert case.place
    number = min(case.place.ahead, case.most)
    more = "More than " if _is_beyond(case) else ""
    stand = "stands" if case.place.ahead == 1 else "stand"
    return f"{more}{count(number, 'ready task')} that its workers serve {stand} before it."


def _by(who: str | None) -> str:
    return f" by {who}" if who else ""


BEFORE: Final = (
    Reason(
        "creating",
        "it is being submitted",
        lambda case: case.task.state == State.CREATING,
        lambda case: "being submitted",
        lambda case: "It is being submitted: not all of it is stored yet.",
    ),
    Reason(
        "paused",
        "someone holds it back",
        lambda case: case.task.state == State.PAUSED,
        lambda case: "paused",
        lambda case: "Someone holds it back.",
        lambda case: f"`aque resume {case.task.id}` lets it go on",
    ),
    Reason(
        "queue-paused",
        "its queue is paused",
        lambda case: case.task.is_waiting and case.task.is_queue_paused,
        lambda case: f"queue {case.task.queue} is paused",
        lambda case: f"Its queue, {case.task.queue}, was paused{_by(case.task.queue_paused_by)}.",
        lambda case: f"`aque queues resume {quote(case.task.queue)}` lets it go on",
    ),
    Reason(
        "dependencies",
        "it needs tasks that are not complete",
        lambda case: case.task.is_waiting and case.task.needs_open > 0,
        _short_needs,
        _needs,
        lambda case: f"`aque why {' '.join(str(each.id) for each in case.needs)}` tells of them" if case.needs else "",
    ),
    Reason(
        "time",
        "its time has not come",
        lambda case: case.task.is_waiting and case.task.run_at is not None,
        _short_time,
        _time,
    ),
    *HOPELESS,
    Reason(
        "no-worker",
        "no worker is alive",
        lambda case: case.task.is_waiting and not case.workers,
        lambda case: "no worker is alive",
        lambda case: "No worker is alive.",
        lambda case: f"start one with {worker_command(case)}",
    ),
)
"""What keeps a task from being ready, and the lack of any worker."""
AFTER: Final = (
    Reason(
        "draining",
        "the workers that could run it take no more tasks",
        lambda case: bool(case.able) and not case.takers,
        lambda case: "its workers are draining",
        lambda case: f"Those who could run it take no more tasks: {names(case.able)}.",
        lambda case: f"start another with {worker_command(case)}",
    ),
    Reason(
        "limit",
        "its queue runs as many tasks as it may",
        lambda case: case.task.is_ready and case.task.is_limited,
        lambda case: f"limit of {case.task.queue}: {_limit(case)}",
        lambda case: f"Its queue, {case.task.queue}, runs as many tasks as it may: {_limit(case)}.",
        lambda case: f"`aque queues limit {quote(case.task.queue)} {(case.task.max_running or 0) + 1}` allows one more",
    ),
    FULL,
    Reason(
        "full",
        "the workers that could run it have no room now",
        _is_full,
        _short_full,
        lambda case: f"Those who could run it have no room now: {names(case.takers)}. {_free(case)}.",
        lambda case: "it starts when others end; another `aque worker` makes room",
    ),
    Reason(
        "line",
        "others stand before it",
        lambda case: case.task.is_ready and not case.is_limited and bool(case.place and case.place.ahead),
        _before,
        _place,
        lambda case: f"`aque priority +1 {case.task.id}` moves it forward",
    ),
    Reason(
        "next",
        "nothing keeps it from running now",
        lambda case: bool(case.rooms and case.place and not case.place.ahead),
        lambda case: "starts now",
        lambda case: f"Nothing stands before it, and there is room at {names(case.rooms)}: it starts now.",
    ),
)
"""What keeps a task waiting that some worker could run."""
