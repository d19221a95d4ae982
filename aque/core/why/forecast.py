"""About when a task will start, where it is known how long others take."""

from __future__ import annotations

from typing import Final

from ..queries.case import Case, Host

_LEAST: Final = 0.001  # cpus


def forecast(case: Case) -> float | None:
    """Seconds until it starts, or None where that cannot be told.

    The durations of what runs and of what stands before it are hints. The workers are taken for one large host, of
    whose runs half is done, on average, when it starts.
    """
    place = case.place
    if place is None or case.is_limited or not case.takers or place.unknown or place.ahead > case.most:
        return None
    if not place.ahead and case.rooms:
        return 0.0
    slots = sum(host.cpus for host in case.takers) / max(case.task.cpus_on(case.takers[0].cpus), _LEAST)
    beside = min(place.ahead, max(slots - 1, 0.0))
    return _time_of(place.work * (1 - beside / 2 / max(place.ahead, 1)), case.takers)


def _time_of(work: float, hosts: tuple[Host, ...]) -> float | None:
    """When what becomes free has done so many cpu seconds of work, and there is some more of it."""
    ends = sorted(
        ((float("inf") if end is None else end), cpus)
        for host in hosts
        for cpus, end in zip(host.takes, host.ends, strict=True)
    )
    if any(end == float("inf") for end, _ in ends):
        return None
    at, free = 0.0, sum(host.cpus_free for host in hosts)
    for end, cpus in ends:
        if free > 0 and at + work / free < end:
            break
        work -= free * (end - at)
        at, free = end, free + cpus
    return at + max(work, 0.0) / free if free > 0 else None
