"""Where tasks are that have begun, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..queries.case import Case, End
from ..states import State
from .words import Reason, since


def _progress(case: Case) -> str:
    task = case.task
    if task.progress_done is None:
        return ""
    total = f"/{task.progress_total:g}" if task.progress_total is not None else ""
    return f" {task.progress_done:g}{total}" + (f": {task.progress_message}" if task.progress_message else "")


def _runtime(case: Case) -> str:
    return since(case.task.started_at, case.task.now)


def _run(case: Case) -> str:
    progress = _progress(case)
    attempt = f", attempt {case.task.attempt}" if case.task.attempt > 1 else ""
    return (
        f"It has run on {case.task.worker} (worker {case.task.worker_id}) for {_runtime(case)}{attempt}"
        f"{f'; it tells of its progress:{progress}' if progress else ''}."
    )


def _outcome(end: End) -> str:
    """What is known of an end, in a few words."""
    if end.signal and not _is_for_a_reason(end):
        return f"signal {end.signal}"
    if end.exit_code:
        return f"exit status {end.exit_code}"
    return " ".join((end.message or "").split())


def _is_for_a_reason(end: End) -> bool:
    """Whether the worker ended it, and says why: its time was over, or it used too much memory."""
    return end.state == State.ERROR and end.message not in (None, f"ended by signal {end.signal}")


def _state(end: End) -> str:
    outcome = _outcome(end)
    return f"{end.state}{f': {outcome}' if outcome else ''}"


def _is_blameless(case: Case) -> bool:
    """Whether it ended because of another."""
    return len(case.ends) > 1


def _stands(case: Case) -> bool:
    """Whether all that it ended because of would still end it."""
    return all(each.stands for each in case.ends)


def _chain(case: Case) -> str:
    """From what it needed to the first that failed."""
    blamed = [str(each.id) for each in case.ends[1:]]
    last = case.ends[-1]
    needed = f"It needed {', which needed '.join(blamed)}"
    if not _stands(case):
        return f"{needed}, which did not end as it should; {last.id} ({last.name}) is {_state(last)} by now."
    return f"{needed}; {last.id} ({last.name}) is {_state(last)}."


def _ended(state: State) -> Reason:
    def holds(case: Case) -> bool:
        return case.task.state == state and not _is_blameless(case)

    def told(case: Case) -> str:
        return _state(case.ends[0]) if case.ends else str(state)

    def ago(case: Case) -> str:
        return f"It ended {since(case.task.finished_at, case.task.now)} ago as {told(case)}."

    return Reason(state, holds, told, ago, _REMEDIES.get(state, lambda _: ""))


def _retry(case: Case) -> str:
    return f"`aque retry {case.task.id}` runs it again"


def _see(case: Case) -> str:
    return f"`aque output {case.task.id}` shows what it wrote; {_retry(case)}"


_REMEDIES: Final[dict[State, Callable[[Case], str]]] = {
    State.ERROR: _see,
    State.KILLED: _see,
    State.CANCELLED: _retry,
}
DONE: Final = (
    Reason(
        "running",
        lambda case: case.task.state == State.RUNNING,
        lambda case: f"runs on {case.task.worker}",
        _run,
    ),
    Reason(
        "blame",
        _is_blameless,
        lambda case: f"{case.ends[-1].id} is {_state(case.ends[-1])}",
        _chain,
        lambda case: f"`aque retry {case.ends[-1].id}` runs that again" if _stands(case) else _retry(case),
    ),
    _ended(State.SUCCESS),
    _ended(State.ERROR),
    _ended(State.KILLED),
    _ended(State.CANCELLED),
)
"""Where a task is that waits no more."""
