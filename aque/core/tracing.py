"""Traces of OpenTelemetry: how a submission and the runs of its tasks come to be parts of one.

What ties them is kept in the fields `traceparent` and `tracestate` of a task (W3C's), and stands in the environment of
its processes. Nothing of OpenTelemetry is loaded unless this process has it already, or its environment asks for it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

FIELDS: Final = ("traceparent", "tracestate")
NAME: Final = "aque"
_PARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_STATE: Final = re.compile(r"[\x20-\x7e]{0,512}")
_SIGNS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
_PROTOCOLS: Final = {"grpc": "otlp_proto_grpc"}
_PATIENCE: Final = 3.0  # seconds for spans that are on their way when a process ends
_log: Final = logging.getLogger("aque.tracing")


def kept(extra: str | None) -> dict[str, str]:
    """What a task keeps of a trace, by field, from its `extra` as a JSON text; empty where it is in none."""
    if extra is None or FIELDS[0] not in extra:
        return {}
    try:
        fields = json.loads(extra)
        return _valid({name: fields.get(name) for name in FIELDS})
    except (ValueError, AttributeError, RecursionError):  # somebody wrote it who is not aque
        return {}


def around(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The same of the trace that an environment is in, for tasks that are submitted there."""
    return _valid({name: environ.get(name.upper()) for name in FIELDS})


def variables(context: Mapping[str, str]) -> dict[str, str]:
    """What stands in the environment of processes that are in a trace."""
    return {name.upper(): value for name, value in context.items()}


def _valid(found: Mapping[str, Any]) -> dict[str, str]:
    parent, state = (found[name] for name in FIELDS)
    if not isinstance(parent, str) or not _PARENT.fullmatch(parent):
        return {}
    has_state = isinstance(state, str) and state and _STATE.fullmatch(state)
    return {FIELDS[0]: parent, **({FIELDS[1]: str(state)} if has_state else {})}


@dataclass
class Submission:
    """What tasks are to keep of the trace that they are submitted in; and their ids, once they have them."""

    context: Mapping[str, str]
    ids: Sequence[int] = ()


@contextmanager
def submission(queue: str) -> Iterator[Submission]:
    """A submission, with a span where this process traces."""
    if "opentelemetry.trace" not in sys.modules:
        yield Submission(around())
        return
    from opentelemetry import trace

    tracer = trace.get_tracer(NAME)
    with tracer.start_as_current_span(
        "aque submit",
        context=_parent(),
        kind=trace.SpanKind.PRODUCER,
        attributes={"aque.queue": queue},
        record_exception=False,  # its words may tell more than is meant for others
        set_status_on_exception=False,
    ) as span:
        try:
            yield (made := Submission(injected() or around()))
        except Exception as error:
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise
        span.set_attribute("aque.tasks", len(made.ids))
        if len(made.ids) == 1:
            span.set_attribute("aque.task.id", made.ids[0])


def injected(context: Context | None = None) -> dict[str, str]:
    """What tells others of the current span, or of that of a context; empty where there is none."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, context)
    return {name: carrier[name] for name in FIELDS if carrier.get(name)}


def extracted(kept: Mapping[str, str]) -> Context:
    """A context with the span that others were told of."""
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(dict(kept), Context())


def _parent() -> Context | None:
    """That of the environment, where this process has no span; None: the current one."""
    from opentelemetry import trace

    has_own = trace.get_current_span().get_span_context().is_valid
    return None if has_own or not (found := around()) else extracted(found)


def is_asked_for(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says where spans are to go."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get(_SIGNS[-1], "").lower() == "none"
    return not is_off and any(environ.get(name) for name in _SIGNS)


@contextmanager
def exported() -> Iterator[bool]:
    """Spans go where the environment says, until the end of the block; gives whether they go anywhere."""
    if not is_asked_for():
        yield False
        return
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        yield False
        return
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield True  # somebody has seen to it already, and sees to its end
        return
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # a collector that is away is no news
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    _add_exporters(provider)
    trace.set_tracer_provider(provider)
    try:
        yield True
    finally:
        _finish(provider)


def _resource() -> Resource:
    """Who sends the spans: as the environment says, else `aque`."""
    from opentelemetry.sdk.resources import Resource

    is_named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({} if is_named else {"service.name": NAME})


def _add_exporters(provider: TracerProvider) -> None:
    from importlib.metadata import entry_points

    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    names = {"otlp": _PROTOCOLS.get(protocol, "otlp_proto_http")}
    for word in (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
        name = names.get(word.strip(), word.strip())
        found = entry_points(group="opentelemetry_traces_exporter", name=name)
        for each in found:
            provider.add_span_processor(BatchSpanProcessor(each.load()()))
        if not found:
            _log.warning("no exporter of traces %r is installed", name)


def _finish(provider: TracerProvider) -> None:
    """Let spans go that are on their way, but wait for no collector that is away."""
    helper = threading.Thread(target=provider.shutdown, name="aque-spans", daemon=True)
    helper.start()
    helper.join(_PATIENCE)
