"""Commands whose environment asks for traces: what a real collector is sent."""

from __future__ import annotations

import gzip
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from .conftest import Aque


class Collector:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for each in request.resource_spans:
            self.services |= {a.value.string_value for a in each.resource.attributes if a.key == "service.name"}
            self.spans += [span for scope in each.scope_spans for span in scope.spans]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def test_submit_and_worker_send_one_trace(aque: Aque, environ: dict[str, str], collector: Collector) -> None:
    environ.update(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="farm")
    done = aque("submit", "-n", "job", "--env", "TOKEN=hidden", "sh", "-c", "exit 0", "hidden")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    done = aque("worker", "-2")
    assert (done.returncode, done.stderr) == (0, "")
    submit, run = sorted(collector.spans, key=lambda span: span.start_time_unix_nano)
    assert (submit.name, run.name) == ("aque submit", "aque run job")
    assert (run.trace_id, run.parent_span_id) == (submit.trace_id, submit.span_id)
    assert collector.services == {"farm"}
    assert b"hidden" not in submit.SerializeToString() + run.SerializeToString()


def test_a_submission_is_part_of_the_trace_that_its_environment_is_in(
    aque: Aque, environ: dict[str, str], collector: Collector
) -> None:
    environ.update(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, TRACEPARENT="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    )
    aque("call", "math:sqrt", "2")
    (submit,) = collector.spans
    assert submit.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert submit.parent_span_id.hex() == "b7ad6b7169203331"


def test_a_collector_that_is_away_is_no_news(aque: Aque, environ: dict[str, str]) -> None:
    """Neither for who submits, nor for the worker: tasks matter, and their traces do not."""
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
    done = aque("submit", "true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    done = aque("worker", "-2")
    assert (done.returncode, done.stderr) == (0, "")
    assert aque("status", "-f", "state:success", "--csv", "id").stdout.split() == ["id", "1"]


def test_a_worker_without_opentelemetry_says_so_once_and_works(environ: dict[str, str], aque: Aque) -> None:
    """Who submits is not bothered: the variables may be those of the whole host."""
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "import sys; sys.modules['opentelemetry'] = None; from aque.cli.main import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *words], env=environ, capture_output=True, text=True, timeout=60
        )

    done = run("submit", "true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    done = run("worker", "-2")
    assert done.returncode == 0
    assert [each.partition(": ")[2] for each in done.stderr.splitlines()] == [
        "OTEL_… asks for traces, and OpenTelemetry is not installed: pip install 'aque[otel]'"
    ]
    assert aque("status", "-f", "state:success", "--csv", "id").stdout.split() == ["id", "1"]


def test_xargs_sends_traces_too(aque: Aque, environ: dict[str, str], collector: Collector) -> None:
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    done = aque("-n1", "echo", stdin="a b\n", main="xargs")
    assert (done.returncode, done.stdout) == (0, "a\nb\n")
    assert {span.name for span in collector.spans} >= {"aque submit"}
