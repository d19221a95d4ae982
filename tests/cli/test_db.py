"""`aque db`: about the embedded server alone, about the one that is meant, and honest about whether it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aque.core import embedded
from tests.waiting import wait_for

Db = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = [sys.executable, "-c", "from aque.cli.main import main; main()", "db"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that the tests of this module share: a server that was made once starts quickly."""
    return tmp_path_factory.mktemp("db") / "broker"


@pytest.fixture
def home(place: Path) -> Iterator[Path]:
    yield place
    embedded.stop(place)


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "AQUE_HOME": str(home), **more}


@pytest.fixture
def db(home: Path) -> Db:
    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *args], env=environ(home, **more), capture_output=True, text=True, timeout=60)

    return run


def outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_nothing_is_made_by_looking_at_a_server_that_never_ran(db: Db, tmp_path: Path) -> None:
    new = tmp_path / "broker"
    assert outcome(db("status", AQUE_HOME=str(new))) == (1, f"{new}: does not run\n", "")
    told = json.loads(db("status", "--json", AQUE_HOME=str(new)).stdout)
    assert (told["running"], told["pid"], told["home"], told["data_bytes"]) == (False, None, str(new), 0)
    assert outcome(db("stop", AQUE_HOME=str(new))) == (0, "", "it did not run\n")
    assert db("url", AQUE_HOME=str(new)).returncode == 0
    assert not new.exists()


def test_start_status_and_stop(db: Db, home: Path) -> None:
    assert outcome(db("start")) == (0, "", f"runs in {home}\n")
    first = json.loads(db("status", "--json").stdout)
    assert (first["running"], first["users"], first["socket"]) == (True, 0, str(home / "run" / ".s.PGSQL.5432"))
    assert outcome(db("start")) == (0, "", f"runs in {home}\n")
    assert json.loads(db("status", "--json").stdout)["pid"] == first["pid"], "a second start changes nothing"
    done = db("status")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"runs (pid {first['pid']}), PostgreSQL {first['version']}" in done.stdout
    assert outcome(db("stop")) == (0, "", "stopped\n")
    assert db("status").returncode == 1
    assert json.loads(db("status", "--json").stdout)["version"] == first["version"].partition(".")[0]


def test_stop_tells_of_those_who_use_it(db: Db, home: Path) -> None:
    with embedded.ensure(home).lease:
        assert outcome(db("stop")) == (0, "", "stopped; 1 used it, and may start it again\n")
        assert not embedded.status(home).running


def test_url_is_one_that_psql_takes(db: Db) -> None:
    db("start")
    url = db("url").stdout.strip()
    assert json.loads(db("url", "--json").stdout) == {"url": url}
    assert outcome(db("psql", "-Atc", "select 6 * 7")) == (0, "42\n", "")


def test_psql_ends_as_psql_does_whatever_the_environment_says_of_other_servers(db: Db) -> None:
    assert db("psql", "-c", "nonsense").returncode == 1
    assert db("psql", "-v", "ON_ERROR_STOP=1", "-f", "/dev/null/none").returncode != 0
    assert db("psql", "-Atc", "select 1", PGHOSTADDR="192.0.2.1", PGDATABASE="none").stdout == "1\n"


def test_a_service_that_is_none_is_told_at_once(db: Db) -> None:
    db("start")
    done = db("psql", PGSERVICE="none")
    assert done.returncode == 3
    assert "unset PGSERVICE" in done.stderr


def test_psql_keeps_the_server_while_it_is_open(db: Db, home: Path) -> None:
    psql = subprocess.Popen(
        [*COMMAND, "psql", "-At"],
        env=environ(home, AQUE_LINGER="0"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert psql.stdin
    assert psql.stdout
    print("select 1;", file=psql.stdin, flush=True)
    assert psql.stdout.readline() == "1\n"
    assert embedded.status(home).users == 1
    psql.stdin.close()
    assert psql.wait(30) == 0
    psql.stdout.close()
    wait_for(lambda: not embedded.status(home).running, 30, "it runs on without users")


@pytest.mark.parametrize("by", ["option", "environment"])
def test_the_home_of_the_broker_that_is_named_is_the_one_that_is_meant(by: str, db: Db, home: Path) -> None:
    other = home.with_name("other")
    args, more = (
        (["--broker", f"embedded:{other}"], {}) if by == "option" else ([], {"AQUE_BROKER": f"embedded:{other}"})
    )
    try:
        assert outcome(db("start", *args, **more)) == (0, "", f"runs in {other}\n")
        assert str(other) in db("status", *args, **more).stdout
        assert db("psql", *args, "-Atc", "show data_directory", **more).stdout == f"{other}/data\n"
        assert db("url", *args, **more).stdout.strip() == embedded.url(other)
        assert db("status").returncode == 1
        assert db("stop", *args, **more).stderr == "stopped\n"
    finally:
        embedded.stop(other)


@pytest.mark.parametrize("verb", ["start", "stop", "status", "url", "psql"])
def test_a_shared_server_is_none_of_its_business(verb: str, db: Db, tmp_path: Path) -> None:
    new = tmp_path / "broker"
    done = db(verb, AQUE_BROKER="postgresql://me:secret@127.0.0.1:1/farm", AQUE_HOME=str(new))
    assert (done.returncode, done.stdout) == (2, "")
    assert "`aque db` is about the embedded server" in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not new.exists()


@pytest.mark.parametrize(
    ("args", "more", "told"),
    [(["--linger", "soon"], {}, "not a duration: 'soon'"), ([], {"AQUE_LINGER": "-1"}, "not a duration: '-1'")],
)
def test_a_linger_that_is_none_starts_nothing(
    args: list[str], more: dict[str, str], told: str, db: Db, home: Path
) -> None:
    done = db("start", *args, **more)
    assert done.returncode == 2
    assert told in done.stderr
    assert not embedded.status(home).running
