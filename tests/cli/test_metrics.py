"""What monitoring sees: real commands, real HTTP, real workers."""

from __future__ import annotations

import re
import socket
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aque.cli.metrics.families import ENDS, GAUGES, HISTOGRAMS, RECENT
from aque.core import embedded
from aque.core.broker import Broker
from tests.waiting import wait_for
from tests.work import running_worker

from .conftest import Aque, Start, line

DOCS = Path(__file__).parents[2] / "docs"
Values = dict[tuple[str, tuple[str, ...]], float]


def values(text: str) -> Values:
    """Samples by their name and the values of their labels, in the order of the labels' names."""
    families = list(text_string_to_metric_families(text))
    found = [
        ((sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))), sample.value)
        for family in families
        for sample in family.samples
    ]
    assert len(dict(found)) == len(found), "Prometheus refuses a scrape in which a sample stands twice"
    return dict(found)


def url_of(stderr: object) -> str:
    return line(stderr).split()[-1]  # type: ignore[arg-type]


def scrape(url: str) -> Values:
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.status == 200
        return values(answer.read().decode())


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aque-metrics-") as folder:
        Path(folder).chmod(0o711)
        place = Path(folder) / "broker"
        embedded.ensure(place)
        yield place
        embedded.stop(place)


def test_once_on_stdout_it_tells_how_things_stand_and_what_ended_of_late(aque: Aque, broker: Broker) -> None:
    aque("submit", "true")
    aque("submit", "false")
    aque("worker", "-2")
    aque("submit", "--hold", "true")
    aque("submit", "-q", "render", "--after", "3", "true")
    aque("queues", "limit", "render", "7")
    aque("limits", "set", "gpu", "3")
    aque("queues", "pause", "render")
    done = aque("metrics")
    assert (done.returncode, done.stderr) == (0, "")
    found = values(done.stdout)
    assert found["aque_up", ()] == 1
    assert found["aque_recent_ends", ("default", "success")] == 1
    assert found["aque_recent_ends", ("default", "error")] == 1
    assert found["aque_tasks", ("default", "paused")] == 1
    assert (found["aque_tasks", ("render", "pending")], found["aque_tasks_ready", ("render",)]) == (1, 0)
    assert found["aque_oldest_pending_seconds", ("render",)] > 0
    assert found["aque_oldest_pending_seconds", ("default",)] == 0
    assert (found["aque_queue_limit", ("render",)], found["aque_queue_paused", ("render",)]) == (7, 1)
    assert (found["aque_limit_units", ("gpu",)], found["aque_limit_used_units", ("gpu",)]) == (3, 0)
    assert (found["aque_submitted_tasks_total", ()], found["aque_captures_total", ()]) == (4, 2)
    assert ("aque_task_ends_total", ("default", "success")) not in found  # of a process that lives once it would fall


def test_who_listens_counts_what_ends_and_tells_of_workers(broker: Broker, start: Start, aque: Aque) -> None:
    """The counts go on where tasks are removed: Prometheus takes one that falls for a new beginning."""
    aque("submit", "true")
    with running_worker(broker, name="w1") as worker:
        wait_for(lambda: broker.tasks([1])[0].state == "success", 30)
        process = start("metrics", "--listen", "0")
        url = url_of(process.stderr)
        first = scrape(url)
        before = first["aque_task_ends_total", ("default", "success")]
        host = worker.info.hostname
        labels = (host, "w1", str(worker.id))
        assert (first["aque_worker_cpus", labels], first["aque_worker_draining", labels]) == (2, 0)
        assert 0 <= first["aque_worker_heartbeat_age_seconds", labels] < 60
        ids = [aque("submit", "sh", "-c", f"exit {n % 2}").stdout.strip() for n in range(4)]

        def ended() -> tuple[float, float]:
            now = scrape(url)
            return now["aque_task_ends_total", ("default", "success")], now[
                "aque_task_ends_total", ("default", "error")
            ]

        wait_for(lambda: ended() == (before + 2, 2), 30)
        assert aque("rm", *ids).returncode == 0
        since = scrape(url)["aque_tasks_counted_timestamp_seconds", ()]
        wait_for(lambda: scrape(url)["aque_tasks_counted_timestamp_seconds", ()] > since + 1, 30)
        assert ended() == (before + 2, 2)
        aque("submit", "true")
        wait_for(lambda: ended()[0] >= before + 3, 30)
        assert ended() == (before + 3, 2)
        found = scrape(url)
        assert found["aque_task_run_seconds_count", ("default",)] == before + 5
        assert found["aque_task_wait_seconds_bucket", ("+Inf", "default")] == before + 5
        assert found["aque_task_run_seconds_sum", ("default",)] > 0
    process.terminate()
    assert process.wait(30) == 0


def test_a_lost_broker_is_told_as_such_and_found_again(home: Path, start: Start, environ: dict[str, str]) -> None:
    environ["AQUE_BROKER"] = embedded.url(home)
    with Broker(embedded.url(home)) as broker:
        broker.database.initialise()
    process = start("metrics", "--listen", "0")
    url = url_of(process.stderr)
    wait_for(lambda: scrape(url)["aque_up", ()] == 1, 30)
    embedded.stop(home)
    wait_for(lambda: scrape(url)["aque_up", ()] == 0, 30)
    assert ("aque_workers", ()) not in scrape(url)
    assert line(process.stderr).startswith("aque metrics: ")
    embedded.ensure(home)
    wait_for(lambda: scrape(url)["aque_up", ()] == 1, 30)
    assert line(process.stderr) == "aque metrics: the broker is back\n"
    process.terminate()
    assert process.communicate(timeout=30)[1] == ""


def test_it_does_not_start_an_embedded_server_that_somebody_stopped(
    home: Path, start: Start, environ: dict[str, str]
) -> None:
    environ["AQUE_BROKER"] = f"embedded:{home}"
    process = start("metrics", "--listen", "0")
    url = url_of(process.stderr)
    wait_for(lambda: scrape(url)["aque_up", ()] == 1, 30)
    embedded.stop(home)
    wait_for(lambda: scrape(url)["aque_up", ()] == 0, 30)
    assert "stopped" in line(process.stderr) or scrape(url)["aque_up", ()] == 0
    assert not embedded.status(home).running


def test_labels_are_texts_that_nothing_obeys(aque: Aque) -> None:
    aque("submit", "-q", 'a\x1b[31m"\n}b', "true")
    done = aque("metrics")
    assert "\x1b" not in done.stdout
    assert ("aque_tasks_ready", ('a\\x1b[31m"\\n}b',)) in values(done.stdout)


def test_queues_that_look_alike_are_told_as_one(aque: Aque) -> None:
    """Prometheus refuses a scrape in which a sample stands twice: nobody is to blind it by the name of a queue."""
    for name in ("a\x1b", "a\\x1b", "b" * 300, "b" * 301):
        aque("submit", "-q", name, "true")
    found = values(aque("metrics").stdout)
    assert found["aque_tasks_ready", ("a\\x1b",)] == 2
    assert found["aque_tasks_ready", ("b" * 200,)] == 2


def test_a_broker_that_does_not_answer_is_told_as_lost(aque: Aque, broker: Broker, start: Start) -> None:
    """Who scrapes waits for ten seconds: it is told before that, and again once there is an answer."""
    url = url_of(start("metrics", "--listen", "0").stderr)
    assert scrape(url)["aque_up", ()] == 1
    with broker.database.transaction() as conn:
        conn.execute("lock table aque.task in access exclusive mode")
        wait_for(lambda: scrape(url)["aque_up", ()] == 0, 60)
    wait_for(lambda: scrape(url)["aque_up", ()] == 1, 60)


def test_nothing_of_what_tasks_are_told_is_shown(aque: Aque) -> None:
    aque("submit", "--env", "TOKEN=hidden", "-n", "hidden", "curl", "-H", "hidden")
    aque("worker", "-2")
    assert "hidden" not in aque("metrics").stdout


def test_a_broker_that_cannot_be_reached_is_told_for_machines_and_people(aque: Aque) -> None:
    done = aque("metrics", url="postgresql://me:hidden@127.0.0.1:1/none")
    assert done.returncode == 3
    assert values(done.stdout)["aque_up", ()] == 0
    assert len(done.stderr.splitlines()) == 1
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("place", ["x", "1.2.3.4:", "99999", "::1:80", "a:b"])
def test_a_bad_address_is_one_line(aque: Aque, place: str) -> None:
    done = aque("metrics", "--listen", place)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "[HOST:]PORT" in done.stderr


def test_a_port_that_is_taken_is_one_line(aque: Aque) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = aque("metrics", "--listen", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert re.fullmatch(r"aque: cannot listen on 127\.0\.0\.1:\d+: .* in use\n", done.stderr)


def test_nobody_but_this_host_is_served_unless_it_is_asked_for(start: Start) -> None:
    assert url_of(start("metrics", "--listen", "0").stderr).startswith("http://127.0.0.1:")
    assert url_of(start("metrics", "--listen", "0.0.0.0:0").stderr).startswith("http://0.0.0.0:")


def test_the_manual_has_each_metric() -> None:
    names: Callable[[str], list[str]] = lambda text: re.findall(r"^\| `(aque_\w+)`", text, re.MULTILINE)  # noqa: E731
    declared = [each.name + ("_total" if each.is_count else "") for each in (*GAUGES, ENDS, RECENT)]
    declared += [name for name, _ in HISTOGRAMS.values()]
    assert sorted(names((DOCS / "monitoring.md").read_text("utf-8"))) == sorted(
        ["aque_up", "aque_build_info", *declared]
    )
