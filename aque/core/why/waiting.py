"""Reasons of tasks that are still to run, beside what workers lack."""

from __future__ import annotations

from datetime import datetime
from shlex import quote
from typing import Final

from ..queries.case import Case
from ..queries.keeping import Keep
from ..queries.needs import Need
from ..states import State
from ..text import count
from ..units import show_duration, show_memory
from .forecast import forecast
from .limits import FULL, HOPELESS
from .words import Reason, listed, moment, names, worker_command

_CONDITIONS: Final = {"success": "", "complete": ", however it ends", "failure": ", which is to fail"}


_SEEN: Final = ("type", "speed", "load")
_OTHERWISE: Final = {"fail": "", "cancel": ", or it is cancelled", "wait": ", or it waits"}


def _need(need: Need) -> str:
    child = ", its child" if need.is_child else ""
    return f"{need.id} ({need.state}{_CONDITIONS[need.condition]}{child}{_OTHERWISE[need.otherwise]})"


def _short_needs(case: Case) -> str:
    first = case.needs[0].id if case.needs else "others"
    more = case.task.needs_open - 1
    over = f", which is {case.needs[0].state}" if case.needs and case.needs[0].is_over and not more else ""
    return f"needs {first}{f' and {more:,} more' if more else ''}{over}"


def _needs(case: Case) -> str:
    over, still = _parted(case)
    left = max(case.task.needs_open - len(over), 0)
    told = f": {listed([_need(each) for each in still], left)}" if still else ""
    sentences = (
        [f"It needs {count(left, 'task')} that {'is' if left == 1 else 'are'} not complete{told}."] if left else []
    )
    if over:
        ends = listed([f"{each.id}, which is {each.state}{_CONDITIONS[each.condition]}" for each in over])
        sentences.append(f"It waits for {ends}: only a retry can change that.")
    return " ".join(sentences)


def _parted(case: Case) -> tuple[list[Need], list[Need]]:
    """The dependencies that ended otherwise than they were to, and the others."""
    return [each for each in case.needs if each.is_over], [each for each in case.needs if not each.is_over]


def _needs_remedy(case: Case) -> str:
    over, still = _parted(case)
    retry = f"`aque retry {_ids(over)}` runs that again, `aque kill {case.task.id}` gives this one up" if over else ""
    return "; ".join(filter(None, (retry, f"`aque why {_ids(still)}` tells of them" if still else "")))


def _ids(needs: list[Need]) -> str:
    return " ".join(str(each.id) for each in needs)


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
    return case.task.is_ready and not case.is_limited and bool(case.takers) and not case.roomy


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
    return f"{more}{count(number, 'ready task')} that its workers serve {stand} before it.{_volume(case)}"


def _volume(case: Case) -> str:
    """What workers think of the file system that it works on, where that lets equals go first."""
    volume = case.task.volume
    told = [
        f"rank {each.rank(volume)} at {each.name} ({', '.join(filter(None, map(each.volumes[volume].get, _SEEN)))})"
        for each in case.takers
        if each.volumes and each.rank(volume)
    ]
    return f" Its files lie on {volume}, {listed(told)}: equals of a smaller rank go first there." if told else ""


def _by(who: str | None, at: datetime | None, now: datetime) -> str:
    """Who did something, and when, as far as it is known."""
    return (f" by {who}" if who else "") + (f" at {moment(at, now)}" if at else "")


def _paused(case: Case) -> str:
    task = case.task
    if task.paused_at is None:
        return f"It was submitted on hold{_by(task.owner, task.created_at, task.now)}."
    return f"It was paused{_by(task.paused_by, task.paused_at, task.now)}."


def _queue_paused(case: Case) -> str:
    task = case.task
    return f"Its queue, {task.queue}, was paused{_by(task.queue_paused_by, task.queue_paused_at, task.now)}."


def _kept_for(case: Case) -> list[Keep]:
    """What the workers that have room keep it for."""
    return [case.keeps[each.id] for each in case.roomy] if case.roomy and not case.rooms else []


def _kept(case: Case) -> str:
    tasks = listed([str(each) for each in sorted({keep.task_id for keep in _kept_for(case)})])
    return f"What is free at {names(case.roomy)} is kept for {tasks}, which comes before it and needs more."


def _what_passes(case: Case) -> str:
    seconds = max(keep.seconds or 0 for keep in _kept_for(case))
    known = "where" if case.task.known_duration else "where its `duration` is given and"
    return f"it may go first {known} it ends within {show_duration(seconds)}" if seconds > 0 else ""


BEFORE: Final = (
    Reason(
        "creating",
        lambda case: case.task.state == State.CREATING,
        lambda case: "being submitted",
        lambda case: "It is being submitted: not all of it is stored yet.",
    ),
    Reason(
        "paused",
        lambda case: case.task.state == State.PAUSED,
        lambda case: "paused",
        _paused,
        lambda case: f"`aque resume {case.task.id}` lets it go on",
    ),
    Reason(
        "queue-paused",
        lambda case: case.task.is_waiting and case.task.is_queue_paused,
        lambda case: f"queue {case.task.queue} is paused",
        _queue_paused,
        lambda case: f"`aque queues resume {quote(case.task.queue)}` lets it go on",
    ),
    Reason(
        "dependencies",
        lambda case: case.task.is_waiting and case.task.needs_open > 0,
        _short_needs,
        _needs,
        _needs_remedy,
    ),
    Reason(
        "time",
        lambda case: case.task.is_waiting and case.task.run_at is not None,
        _short_time,
        _time,
    ),
    *HOPELESS,
    Reason(
        "no-worker",
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
        lambda case: bool(case.able) and not case.takers,
        lambda case: "its workers are draining",
        lambda case: f"Those who could run it take no more tasks: {names(case.able)}.",
        lambda case: f"start another with {worker_command(case)}",
    ),
    Reason(
        "limit",
        lambda case: case.task.is_ready and case.task.is_limited,
        lambda case: f"limit of {case.task.queue}: {_limit(case)}",
        lambda case: f"Its queue, {case.task.queue}, runs as many tasks as it may: {_limit(case)}.",
        lambda case: f"`aque queues limit {quote(case.task.queue)} {(case.task.max_running or 0) + 1}` allows one more",
    ),
    FULL,
    Reason(
        "reserved",
        lambda case: bool(case.makers),
        lambda case: f"{case.makers[0].name} makes room for it",
        lambda case: f"{names(case.makers)} makes room for it: others go first there only where they do not delay it.",
        lambda case: "it starts, at the latest, when all is over that ran there when it came to be the first",
    ),
    Reason(
        "full",
        _is_full,
        _short_full,
        lambda case: f"Those who could run it have no room now: {names(case.takers)}. {_free(case)}.",
        lambda case: "it starts when others end; another `aque worker` makes room",
    ),
    Reason(
        "room-kept",
        lambda case: bool(_kept_for(case)),
        lambda case: f"room is kept for {_kept_for(case)[0].task_id}",
        _kept,
        _what_passes,
    ),
    Reason(
        "line",
        lambda case: case.task.is_ready and not case.is_limited and bool(case.place and case.place.ahead),
        _before,
        _place,
        lambda case: f"`aque priority +1 {case.task.id}` moves it forward",
    ),
    Reason(
        "next",
        lambda case: bool(case.rooms and case.place and not case.place.ahead),
        lambda case: "starts now",
        lambda case: f"Nothing stands before it, and there is room at {names(case.rooms)}: it starts now.",
    ),
)
"""What keeps a task waiting that some worker could run."""
