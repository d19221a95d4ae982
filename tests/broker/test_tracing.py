"""Traces: a submission and the runs of its tasks, in one, wherever these happen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

import aque
from aque.core import tracing
from aque.core.broker import Broker
from aque.core.worker.spans import Spans
from tests.waiting import wait_for
from tests.work import running_worker

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What this process traces. A provider can be set once, by what is public: here others must do without it later."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def facts(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_run_is_part_of_its_submission_and_what_it_starts_part_of_the_run(
    queue: aque.Queue, broker: Broker, spans: InMemorySpanExporter
) -> None:
    with running_worker(broker, tracer=Spans()):
        future = queue.submit_many([{"name": "job", "args": "echo $TRACEPARENT; exit 3"}])[0]
        assert future.exception(30)
        wait_for(lambda: named(spans, "aque run job"), 30)
    (submit,), (run,) = named(spans, "aque submit"), named(spans, "aque run job")
    assert run.parent and submit.context and run.context
    assert (run.context.trace_id, run.parent.span_id) == (submit.context.trace_id, submit.context.span_id)
    told = future.output().decode().split("-")
    assert (int(told[1], 16), int(told[2], 16)) == (run.context.trace_id, run.context.span_id)
    assert facts(submit) == {"aque.queue": "default", "aque.tasks": 1, "aque.task.id": future.id}
    assert facts(run) == {
        "aque.task.id": future.id,
        "aque.task.name": "job",
        "aque.task.attempt": 1,
        "aque.task.pattern": "shell",
        "aque.queue": "default",
        "aque.task.state": "error",
        "process.exit.code": 3,
        "aque.task.max_rss": facts(run)["aque.task.max_rss"],
    }
    assert run.status.status_code is StatusCode.ERROR
    (started,) = run.events
    assert run.start_time and run.end_time and run.start_time <= started.timestamp <= run.end_time


def test_each_attempt_has_a_span_and_a_task_that_was_not_traced_a_trace_of_its_own(
    queue: aque.Queue, broker: Broker, spans: InMemorySpanExporter
) -> None:
    with broker.database.connection() as conn, running_worker(broker, tracer=Spans()):
        task = queue.store_many([{"name": "twice", "args": "exit 1", "retries": 1, "hold": True}])[0]
        conn.execute("update aque.spec set extra = null")
        conn.execute("update aque.task set state = 'pending'")
        wait_for(lambda: broker.tasks([task])[0].state == "error", 30)
        wait_for(lambda: len(named(spans, "aque run twice")) == 2, 30)
    found = named(spans, "aque run twice")
    assert [facts(each)["aque.task.attempt"] for each in found] == [1, 2]
    assert all(each.parent is None for each in found)


def test_a_function_that_submits_stays_in_the_trace(broker: Broker, spans: InMemorySpanExporter) -> None:
    """The process of a task has no OpenTelemetry: what it submits is in its run's span by the environment alone."""
    queue = aque.Queue(broker=broker)
    with running_worker(broker, tracer=Spans()):
        assert queue.submit_ex("tests.work:submit_there", (1,), name="outer").result(60) == 2
        wait_for(lambda: named(spans, "aque run add") and named(spans, "aque run outer"), 30)
    (outer,), (inner,) = named(spans, "aque run outer"), named(spans, "aque run add")
    assert outer.context and inner.parent
    assert inner.parent.span_id == outer.context.span_id


def test_the_span_of_who_submits_is_above_that_of_the_submission(
    queue: aque.Queue, spans: InMemorySpanExporter
) -> None:
    with trace.get_tracer("test").start_as_current_span("mine") as mine:
        queue.store_many({"args": "true", "hold": True} for _ in range(3))
    (submit,) = named(spans, "aque submit")
    assert submit.parent and submit.parent.span_id == mine.get_span_context().span_id
    assert facts(submit) == {"aque.queue": "default", "aque.tasks": 3}


def test_a_submission_that_is_refused_tells_its_error_and_not_its_words(
    queue: aque.Queue, spans: InMemorySpanExporter
) -> None:
    with pytest.raises(aque.UsageError):
        queue.submit_ex("m:f", priority="secret")
    (submit,) = named(spans, "aque submit")
    assert (submit.status.status_code, submit.status.description) == (StatusCode.ERROR, "UsageError")
    assert "secret" not in submit.to_json()


def test_a_worker_that_does_not_trace_passes_on_what_a_task_was_given(queue: aque.Queue, broker: Broker) -> None:
    with running_worker(broker):
        future = queue.submit_many(
            [{"args": "echo $TRACEPARENT $TRACESTATE", "traceparent": PARENT, "tracestate": "a=b"}]
        )[0]
        assert future.result(30) == 0
        bad = queue.submit_many([{"args": "echo [$TRACEPARENT]", "traceparent": "nonsense\0"}])[0]
        assert bad.result(30) == 0
    assert future.output() == f"{PARENT} a=b\n".encode()
    assert bad.output() == b"[]\n"


@pytest.mark.parametrize(
    "extra",
    [
        None,
        "{}",
        '["traceparent"]',
        '"traceparent"',
        "traceparent",
        "[" * 100000 + "traceparent",
        '{"a": "traceparent"}',
        '{"traceparent": 7}',
        '{"traceparent": "x"}',
        '{"tracestate": "a=b"}',
    ],
)
def test_what_is_no_trace_is_none(extra: str | None) -> None:
    assert tracing.kept(extra) == {}


@pytest.mark.parametrize(
    ("environ", "asks"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
    ],
)
def test_the_environment_says_whether_to_trace(environ: dict[str, str], asks: bool) -> None:
    assert tracing.is_asked_for(environ) is asks


def test_who_does_not_ask_for_traces_loads_nothing_of_them(broker: Broker) -> None:
    code = (
        "import sys, aque; aque.Queue(broker=sys.argv[1]).submit_ex('m:f', hold=True);"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code, broker.to_url()]).returncode == 0


def test_the_parent_is_w3c(queue: aque.Queue, broker: Broker, spans: InMemorySpanExporter) -> None:
    queue.store_many([{"args": "true", "hold": True}])
    with broker.database.connection() as conn:
        (found,) = conn.execute("select extra ->> 'traceparent' from aque.spec").fetchone() or ("",)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]", found)
