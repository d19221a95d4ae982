"""Spans of runs, for workers whose environment asks for them; all others pass on what tasks keep of a trace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .. import tracing
from .runs import Ending, Interruption, Run, Unrun

if TYPE_CHECKING:
    from ..queries.work import Captured, Outcome


class Tracer(Protocol):
    """Is told of the runs of a worker."""

    def begin(self, run: Run) -> Mapping[str, str]:
        """A run is launched; what is to stand in its environment."""

    def end(self, run: Run, ending: Ending) -> None:
        """It came to its end."""


class Untraced:
    """Traces nothing."""

    def begin(self, run: Run) -> Mapping[str, str]:
        return tracing.variables(tracing.kept(run.task.extra))

    def end(self, run: Run, ending: Ending) -> None:
        pass


class Spans:
    """A span for each run, in the trace of its submission; it begins when the run is launched."""

    def __init__(self) -> None:
        from opentelemetry import trace

        self._api = trace
        self._tracer = trace.get_tracer(tracing.NAME)

    def begin(self, run: Run) -> Mapping[str, str]:
        span = run.span = self._tracer.start_span(
            f"aque run {run.task.name}",
            context=tracing.extracted(tracing.kept(run.task.extra)),
            kind=self._api.SpanKind.CONSUMER,
            attributes=_attributes(run.task),
        )
        return tracing.variables(tracing.injected(self._api.set_span_in_context(span)))

    def end(self, run: Run, ending: Ending) -> None:
        span, run.span = run.span, None
        if span is None or isinstance(ending, Unrun):
            return
        now = time.time_ns()
        if isinstance(ending, Interruption):
            span.set_status(self._api.StatusCode.ERROR, ending.reason)
        else:
            self._tell(span, ending, now)
        span.end(now)

    def _tell(self, span: Any, outcome: Outcome, now: int) -> None:
        if outcome.started_at is not None:
            span.add_event("started", timestamp=now - int((outcome.finished_at - outcome.started_at) * 1e9))
        span.set_attributes({name: value for name, value in _facts(outcome).items() if value is not None})
        if outcome.state != "success":
            span.set_status(self._api.StatusCode.ERROR, outcome.state)


def _attributes(task: Captured) -> dict[str, Any]:
    """Neither arguments nor environment: others see these."""
    return {
        "aque.task.id": task.id,
        "aque.task.name": task.name,
        "aque.task.attempt": task.attempt,
        "aque.task.pattern": task.pattern,
        "aque.queue": task.queue,
    }


def _facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "aque.task.state": str(outcome.state),
        "process.exit.code": outcome.exit_code,
        "aque.task.signal": outcome.signal,
        "aque.task.max_rss": outcome.max_rss,
    }
