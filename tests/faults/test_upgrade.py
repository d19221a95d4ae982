"""A newer aque brings the schema up to date while older workers run: nothing is lost, and nothing runs twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import aque
from aque.core import embedded
from aque.core.broker import Broker
from aque.core.errors import SchemaError
from tests.waiting import wait_for

from . import records
from .conftest import Report
from .test_stopped import begun
from .test_storm import incomplete
from .test_worker import row
from .workers import starting

pytestmark = pytest.mark.skipif(not shutil.which("flock"), reason="needs flock(1)")

_MIGRATION = """
alter table aque.task add column colour text;
alter table aque.worker add column shade text not null default 'none';
create index task_colour on aque.task (colour) where colour is not null;
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a real later release, as far as there can be one: this program with a migration more."""
    folder = tmp_path_factory.mktemp("newer")
    package = folder / "aque"
    shutil.copytree(Path(aque.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "core/db/migrations/9999_later.sql").write_text(_MIGRATION)
    with (package / "core/db/functions/verbs.sql").open("a") as functions:
        functions.write("\ncreate function aque.later() returns text language sql as $$ select 'later' $$;\n")
    (package / "core/version.py").write_text('__version__ = "99.0"\n')
    return {**os.environ, "PYTHONPATH": str(folder), "AQUE_LOG": "WARNING"}


@pytest.fixture
def broker(server: Path) -> Iterator[Broker]:
    """A shared server, as far as clients know: none of them brings its schema up to date unasked."""
    info = embedded.ensure(server).conninfo
    url = f"postgresql://{info['user']}@/{info['dbname']}?host={info['host']}&port={info['port']}"
    with Broker(url) as made:
        made.database.initialise(from_scratch=True)
        yield made
        made.database.initialise(from_scratch=True)


def run(environ: dict[str, str], broker: Broker, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the newer program."""
    command = [sys.executable, "-m", "aque", "--broker", broker.to_url(), *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, cwd="/")


def shell(folder: Path, seconds: float) -> dict[str, str]:
    return {"pattern": "shell", "args": records.SHELL.format(folder=folder, seconds=seconds)}


def test_old_workers_go_on_under_a_newer_schema(
    broker: Broker, newer: dict[str, str], tmp_path: Path, report: Report
) -> None:
    queue = aque.Queue(broker=broker)
    with starting(broker) as start:
        old = [start(), start()]
        long = queue.submit_many([shell(tmp_path, 6)])[0]
        wait_for(lambda: begun(tmp_path, long.id), 30)
        short = queue.submit_many([shell(tmp_path, 0.1) for _ in range(30)])
        wait_for(lambda: any(each.done() for each in short), 30)
        done = run(newer, broker, "init")
        assert done.returncode == 0, done.stderr
        at_init = sum(each.done() for each in short)
        short += queue.submit_many([shell(tmp_path, 0.1) for _ in range(30)])  # by a client that is older, too
        wait_for(lambda: incomplete(broker) == 0, 60, "tasks are left that nobody runs")
        alive = [each.poll() for each in old]
        start(env=newer, url=broker.to_url(), cwd="/")
        wait_for(lambda: {each.version for each in broker.workers()} >= {"99.0"}, 30)
        versions = Counter(each.version for each in broker.workers())
    with broker.database.connection() as conn:
        ends = Counter(task for (task,) in conn.execute("select task_id from aque.attempt where state = 'success'"))
    seen = Counter(each.kind for each in records.read(tmp_path))
    report(at_init=at_init, alive=alive, versions=dict(versions), begun=seen["B"], beside_itself=seen["O"])
    assert alive == [None, None]
    assert ends == Counter(each.id for each in (long, *short)), "each task ends once"
    assert seen["O"] == 0
    assert row(broker, long.id) == ("success", 1, 0)


def test_who_is_older_than_the_schema_is_told_so_when_it_begins(broker: Broker, newer: dict[str, str]) -> None:
    assert run(newer, broker, "init").returncode == 0
    with Broker(broker.to_url()) as old, pytest.raises(SchemaError, match="upgrade aque here"):
        old.workers()


def test_who_is_newer_than_the_schema_is_told_to_have_it_brought_up_to_date(
    broker: Broker, newer: dict[str, str]
) -> None:
    assert "99.0" in run(newer, broker, "--version").stdout
    done = run(newer, broker, "status")
    assert done.returncode == 3
    assert "run `aque init`" in done.stderr
