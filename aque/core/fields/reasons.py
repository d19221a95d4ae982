"""Why tasks do not run: the names of all reasons, and what they mean, in the order in which they are told.

`aque.reasons` in db/functions/why_reasons.sql tells which of them hold; aque.core.why has their words for single tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Reason:
    """One reason."""

    name: str
    meaning: str


REASONS: Final = (
    Reason("creating", "it is being submitted"),
    Reason("paused", "someone holds it back"),
    Reason("queue-paused", "its queue is paused"),
    Reason("dependencies", "it needs tasks that are not complete, or did not end as it needs them"),
    Reason("time", "its time has not come"),
    Reason("limit-unset", "a limit that it names is not set"),
    Reason("limit-small", "it asks for more of a limit than there is"),
    Reason("no-worker", "no worker is alive"),
    Reason("queue", "no live worker serves its queue"),
    Reason("user", "no live worker may run tasks of its user"),
    Reason("tags", "no live worker offers its tags"),
    Reason("platform", "no live worker runs on its platform"),
    Reason("host", "no live worker is on a host that it asks for"),
    Reason("cpus", "it asks for more cpus than any live worker has"),
    Reason("memory", "it asks for more memory than any live worker has"),
    Reason("together", "each of its demands is met by some live worker, but all of them by none"),
    Reason("draining", "the workers that could run it take no more tasks"),
    Reason("limit", "its queue runs as many tasks as it may"),
    Reason("limit-full", "too much of a limit that it names is in use"),
    Reason("reserved", "a worker makes room for it"),
    Reason("full", "the workers that could run it have no room now"),
    Reason("room-kept", "what room there is is kept for a task that comes before it"),
    Reason("line", "others stand before it"),
    Reason("next", "nothing keeps it from running now"),
)
"""Of tasks that are still to run: what the field `reason` has."""
_DONE: Final = (
    Reason("running", "it runs"),
    Reason("blame", "it ended because of a task that it needed"),
    Reason("success", "it succeeded"),
    Reason("error", "it failed"),
    Reason("killed", "it was stopped while it ran"),
    Reason("cancelled", "it was stopped before it ran"),
)
MEANINGS: Final = MappingProxyType({reason.name: reason.meaning for reason in (*REASONS, *_DONE)})
"""Of all tasks, by name."""
GROUPS: Final = MappingProxyType(
    {"demand": ("queue", "user", "tags", "platform", "host", "cpus", "memory", "together")},
)
"""What filters write for several: `demand` for all that no live worker could ever meet."""
