"""Reasons that lie in what a task asks of a worker: no live one could ever run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote
from typing import Final

from ..queries.case import Case, Demand
from ..units import Cpus, write_memory
from .words import Reason, sizes, worker_command


@dataclass(frozen=True)
class _Words:
    """How it is told of a demand that no live worker meets."""

    short: Callable[[Case], str]
    text: Callable[[Case], str]
    remedy: Callable[[Case], str]


def _lacking(case: Case) -> Demand:
    """What none of the live workers has; nothing where one could run it."""
    return Demand(case.match.lacking) if case.match and not case.match.able else Demand(0)


def _tags(case: Case) -> list[str]:
    """The tags that nobody offers; all where nobody offers them together."""
    offered = {tag for worker in case.workers for tag in worker.tags}
    return [tag for tag in case.task.tags if tag not in offered] or case.task.tags


def _tag_words(case: Case) -> str:
    tags = _tags(case)
    return f"tag{'' if len(tags) == 1 else 's'} {', '.join(tags)}"


def _cpus(case: Case) -> str:
    return str(Cpus(case.task.cpus, case.task.cpu_share))


def _most_cpus(case: Case) -> str:
    return f"{max(worker.cpus for worker in case.workers):g}"


def _sizes(case: Case) -> tuple[str, str]:
    return sizes(case.task.memory, max(worker.memory for worker in case.workers))


_WORDS: Final = {
    Demand.QUEUE: _Words(
        lambda case: f"no worker serves {case.task.queue}",
        lambda case: f"No live worker serves its queue, {case.task.queue}.",
        lambda case: f"start a worker with `aque worker -q {quote(case.task.queue)}`",
    ),
    Demand.USER: _Words(
        lambda case: f"no worker for user {case.task.user}",
        lambda case: f"It is to run as {case.task.user}, and no live worker may run that user's tasks.",
        lambda case: f"start `aque worker` as {case.task.user}, or as root",
    ),
    Demand.TAGS: _Words(
        lambda case: f"no worker has {_tag_words(case)}",
        lambda case: f"No live worker offers {_tag_words(case)}.",
        lambda case: f"start a worker with {worker_command(case)}",
    ),
    Demand.PLATFORM: _Words(
        lambda case: f"no worker on {case.task.platform}",
        lambda case: f"No live worker runs on its platform, {case.task.platform}.",
        lambda case: f"start `aque worker` on {case.task.platform}",
    ),
    Demand.HOST: _Words(
        lambda case: f"no worker on {','.join(case.task.host)}",
        lambda case: f"No live worker is on a host that it asks for: {', '.join(case.task.host)}.",
        lambda case: "start `aque worker` on such a host",
    ),
    Demand.CPUS: _Words(
        lambda case: f"{_cpus(case)} cpus; largest has {_most_cpus(case)}",
        lambda case: f"It needs {_cpus(case)} cpus; the largest worker has {_most_cpus(case)}.",
        lambda case: f"start a worker that has them: `aque worker -c {_cpus(case)}`",
    ),
    Demand.MEMORY: _Words(
        lambda case: "{}; largest has {}".format(*_sizes(case)),
        lambda case: "It needs {} of memory; the largest worker has {}.".format(*_sizes(case)),
        lambda case: f"start a worker that has it: `aque worker -m {write_memory(case.task.memory)}`",
    ),
}


def _name(demand: Demand) -> str:
    return str(demand.name).lower()


def _reason(demand: Demand, words: _Words) -> Reason:
    def holds(case: Case) -> bool:
        return demand in _lacking(case)

    return Reason(_name(demand), holds, words.short, words.text, words.remedy)


def _closest(case: Case) -> tuple[str, str]:
    """The worker that lacks least, and that."""
    assert case.match
    name = next((each.name for each in case.workers if each.id == case.match.closest), "?")
    return name, " and ".join(_name(each) for each in Demand if each in Demand(case.match.closest_lacks))


TOGETHER: Final = Reason(
    "together",
    lambda case: bool(case.match and not case.match.able and not case.match.lacking),
    lambda case: "no worker has all it needs",
    lambda case: "No live worker meets all its demands together; {} comes closest, and does not meet: {}.".format(
        *_closest(case)
    ),
    lambda case: "start a worker that meets all of them",
)
DEMANDS: Final = (*(_reason(demand, words) for demand, words in _WORDS.items()), TOGETHER)
"""All that can keep every live worker from ever running a task."""
