"""From a look at a broker to the families of Prometheus: each metric is declared once, with its words and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from ...core.metrics import BOUNDS, Reading, Sum
from ...core.queries.tasks import WorkerRow
from ...core.states import COMPLETE_STATES, State
from ...core.text import clean
from ...core.version import __version__
from .watch import Look

Sample: TypeAlias = tuple[Sequence[str], float]
_WORKER: Final = ("worker", "name", "host")
_UPPER: Final = (*map(str, BOUNDS), "+Inf")
_LONGEST: Final = 200  # characters of a label


@dataclass(frozen=True)
class Gauge:
    """A number that goes up and down, or with `is_count` up alone; `read` gives the values of its labels, and it."""

    name: str
    words: str
    labels: tuple[str, ...]
    read: Callable[[Reading], Iterable[Sample]]
    is_count: bool = False


def _of_workers(name: str, words: str, read: Callable[[WorkerRow], float | None]) -> Gauge:
    def values(reading: Reading) -> Iterator[Sample]:
        found = ((each, read(each)) for each in reading.workers)
        return (((str(row.id), row.name, row.hostname), value) for row, value in found if value is not None)

    return Gauge(f"aque_worker_{name}", words, _WORKER, values)


def _of_queues(read: Callable[[Reading, str], float]) -> Callable[[Reading], Iterable[Sample]]:
    """A value for each queue: what is 0 is told too, for an alarm cannot tell what is missing from what is well."""
    return lambda reading: (((queue,), read(reading, queue)) for queue in reading.standing.queues)


def _of_states(
    states: Iterable[State], read: Callable[[Reading, str, str], float]
) -> Callable[[Reading], Iterable[Sample]]:
    places = sorted(states)
    return lambda reading: (
        ((queue, state), read(reading, queue, state)) for queue in reading.standing.queues for state in places
    )


def _age_of_oldest(reading: Reading, queue: str) -> float:
    oldest = reading.waiting(queue, State.PENDING).oldest
    return max(0.0, (reading.standing.at - oldest).total_seconds()) if oldest else 0.0


GAUGES: Final = (
    Gauge(
        "aque_tasks",
        "Tasks that are not complete.",
        ("queue", "state"),
        _of_states(frozenset(State) - COMPLETE_STATES, lambda reading, *place: reading.waiting(*place).tasks),
    ),
    Gauge(
        "aque_tasks_ready",
        "Pending tasks that wait for nothing but a worker.",
        ("queue",),
        _of_queues(lambda reading, queue: reading.waiting(queue, State.PENDING).ready),
    ),
    Gauge(
        "aque_oldest_pending_seconds",
        "Since the oldest pending task was submitted.",
        ("queue",),
        _of_queues(_age_of_oldest),
    ),
    Gauge(
        "aque_tasks_counted_timestamp_seconds",
        "When the tasks that are not complete were counted.",
        (),
        lambda reading: [((), reading.counted_at.timestamp())],
    ),
    Gauge(
        "aque_queue_limit",
        "Tasks of a queue that may run at once, where that is limited.",
        ("queue",),
        lambda reading: (((name,), most) for name, most in reading.standing.most.items()),
    ),
    Gauge(
        "aque_queue_paused",
        "Whether a queue is paused.",
        ("queue",),
        _of_queues(lambda reading, queue: queue in reading.standing.paused),
    ),
    Gauge(
        "aque_limit_units",
        "Units that there are of a named limit.",
        ("limit",),
        lambda reading: (((each.name,), each.size) for each in reading.limits),
    ),
    Gauge(
        "aque_limit_used_units",
        "Units of a named limit that are in use.",
        ("limit",),
        lambda reading: (((each.name,), each.used) for each in reading.limits),
    ),
    Gauge("aque_workers", "Workers that live.", (), lambda reading: [((), len(reading.workers))]),
    _of_workers("tasks", "Tasks that a worker runs.", lambda row: row.running),
    _of_workers("cpus", "Cpus that a worker offers.", lambda row: row.cpus),
    _of_workers("cpus_used", "Cpus that its tasks have.", lambda row: min(row.cpus_used, row.cpus)),
    _of_workers("memory_bytes", "Memory that a worker offers.", lambda row: row.memory),
    _of_workers("memory_used_bytes", "Memory that its tasks have.", lambda row: row.memory_used),
    _of_workers("load", "Load average of its host in the last minute.", lambda row: row.load),
    _of_workers("draining", "1 where it takes no more tasks.", lambda row: row.draining),
    _of_workers("heartbeat_age_seconds", "Since it was last heard of.", lambda row: row.silent_for),
    Gauge(
        "aque_submitted_tasks",
        "Ids that were given out to tasks, ever.",
        (),
        lambda reading: [((), reading.standing.submitted)],
        is_count=True,
    ),
    Gauge(
        "aque_captures",
        "Leases that were given out, ever: one for each run, and some for reservations.",
        (),
        lambda reading: [((), reading.standing.captured)],
        is_count=True,
    ),
    Gauge("aque_scrape_seconds", "How long the broker took to tell this.", (), lambda reading: [((), reading.took)]),
)
"""What there is at any time."""


_ENDED: Final = _of_states(COMPLETE_STATES, lambda reading, *place: reading.ended(*place).tasks)
ENDS: Final = Gauge("aque_task_ends", "Tasks that ended since this began.", ("queue", "state"), _ENDED, is_count=True)
RECENT: Final = Gauge("aque_recent_ends", "Tasks that ended in the last five minutes.", ("queue", "state"), _ENDED)
HISTOGRAMS: Final = {
    "wait": ("aque_task_wait_seconds", "From submission to the last start, of tasks that ended."),
    "run": ("aque_task_run_seconds", "From the last start to the end, of tasks that ended."),
}


def families(look: Look) -> Iterator[Metric]:
    """All that a look found; of a broker that cannot be reached that it is so."""
    yield GaugeMetricFamily("aque_up", "Whether the broker can be reached.", value=look.reading is not None)
    info = GaugeMetricFamily("aque_build_info", "The version of aque.", labels=("version",))
    info.add_metric([__version__], 1)
    yield info
    if look.reading is not None:
        yield from _told(look.reading, is_recent=look.is_recent)


def _told(reading: Reading, *, is_recent: bool) -> Iterator[Metric]:
    yield from (_family(each, reading) for each in (*GAUGES, RECENT if is_recent else ENDS))
    if not is_recent:
        yield from (_histogram(kind, *told, reading) for kind, told in HISTOGRAMS.items())


def text(look: Look) -> str:
    """All that a look found, in Prometheus' text format."""
    return generate_latest(registry(lambda: look)).decode()


class _Collector:
    """What prometheus_client asks whenever somebody asks it."""

    def __init__(self, look: Callable[[], Look]) -> None:
        self._look = look

    def describe(self) -> Iterable[Metric]:
        """Nothing: no name is taken by others, and nobody is to ask the broker for them."""
        return ()

    def collect(self) -> Iterable[Metric]:
        return families(self._look())


def registry(look: Callable[[], Look]) -> CollectorRegistry:
    """What prometheus_client serves: what a look finds, at each time."""
    made = CollectorRegistry()
    made.register(_Collector(look))
    return made


def _family(gauge: Gauge, reading: Reading) -> Metric:
    kind = CounterMetricFamily if gauge.is_count else GaugeMetricFamily
    family = kind(gauge.name, gauge.words, labels=gauge.labels)
    found: dict[tuple[str, ...], float] = {}
    for names, value in gauge.read(reading):
        labels = tuple(map(_label, names))
        found[labels] = found.get(labels, 0.0) + float(value)
    for labels, total in found.items():
        family.add_metric(labels, total)
    return family


def _histogram(kind: str, name: str, words: str, reading: Reading) -> Metric:
    family = HistogramMetricFamily(name, words, labels=("queue",))
    for label, queues in groupby(sorted(reading.standing.queues, key=_label), _label):
        classes = [Sum()] * len(_UPPER)
        for queue in queues:
            classes = [each.plus(reading.ended(queue, str(place), kind)) for place, each in enumerate(classes)]
        counts = accumulate(float(each.tasks) for each in classes)
        seconds = sum(each.seconds for each in classes)
        family.add_metric([label], list(zip(_UPPER, counts, strict=True)), seconds)
    return family


def _label(value: str) -> str:
    """What looks alike is added up: Prometheus would refuse all of it where a sample stood twice."""
    return clean(value)[:_LONGEST]
