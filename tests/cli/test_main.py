"""What all commands share: errors in one line, their exit statuses, streams that fail, and what is loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import aque as library
from aque.core.broker import Broker
from aque.core.config import SETTINGS

from .conftest import Aque

COMMANDS = ("call", "help", "init", "kill", "output", "submit", "wait", "workers")


def shell(environ: dict[str, str], command: str) -> subprocess.CompletedProcess[str]:
    """A line for bash in which `aque` is the command; the exit status is the first command's."""
    script = f'aque() {{ "{sys.executable}" -m aque "$@"; }}; {command}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(["/bin/bash", "-c", script], env=environ, capture_output=True, text=True, timeout=60)


def test_the_broker_may_stand_before_the_command(aque: Aque, broker: Broker) -> None:
    nowhere = "postgresql://127.0.0.1:1/none"
    assert aque("--broker", broker.to_url(), "workers", url=nowhere).returncode == 0
    assert aque("--broker", nowhere, "workers").returncode == 3
    assert aque("--broker", nowhere, "workers", "--broker", broker.to_url()).returncode == 0


def test_an_unreachable_broker_is_told_in_one_line_by_every_command(aque: Aque) -> None:
    nowhere = "postgresql://me:secret@127.0.0.1:1/none"
    for args in (["kill", "1"], ["output", "1"], ["wait", "1"], ["workers"], ["submit", "true"], ["init"]):
        done = aque(*args, url=nowhere)
        assert (args, done.returncode, done.stdout, len(done.stderr.splitlines())) == (args, 3, "", 1)
        assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nonsense"], "aque: No such command 'nonsense'. (see aque --help)"),
        (["stauts"], "aque: No such command 'stauts'. Did you mean 'status'? (see aque --help)"),
        (["kill"], "aque: which tasks? give ids, - to read them from stdin, or -f FILTER"),
        (["db"], "aque: Missing command. (see aque db --help)"),
        (["help", "nonsense"], "aque: No such command 'nonsense'. (see aque help --help)"),
        (["wait", "1-"], "aque: not the id of a task: '1-'"),
        (["wait", "5-1"], "aque: not the id of a task: '5-1'"),
        (
            ["rm", "1-99999999"],
            "aque: more than 1,000,000 ids: 1-99999999 (-f 'id>=1 id<=99999999' takes those that there are)",
        ),
        (["status", "--sort", "foo"], "aque: no such field here: 'foo' (`aque help fields` lists them)"),
        (
            ["status", "-f", "foo:"],
            "aque: filter: no such field: `aque help fields` lists them"
            ' (or put the text into "…"), at character 1: [foo]:',
        ),
        (["submit", "--user", "no-such-user", "true"], "aque: no such user on this host: no-such-user"),
        (["call", "m:f", "[" * 100_000], "aque: an argument is nested too deeply: [[[[[[[[[[[[[[[[[[[[…"),
        (["wait", "x"], "aque: not the id of a task: 'x'"),
        (["submit", "-n"], "aque: Option '-n' requires an argument. (see aque submit --help)"),
        (["queues", "limit", "-n"], "aque: No such option '-n'. (see aque queues limit --help)"),
        (
            ["queues", "pause", "--broker"],
            "aque: Option '--broker' requires an argument. (see aque queues pause --help)",
        ),
        (
            ["queues", "limit", "a=4"],
            "aque: NAME and N are two words here: aque queues limit a 4 (see aque queues limit --help)",
        ),
        (["edit", "1", "foo"], "aque: neither an id nor FIELD=VALUE: 'foo'"),
        (["edit", "1", "run-at=3"], "aque: neither an id nor FIELD=VALUE: 'run-at=3'"),
        (["wait", "²"], "aque: not the id of a task: '²'"),
    ],
)
def test_wrong_usage_is_one_line(aque: Aque, args: list[str], told: str) -> None:
    done = aque(*args)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{told}\n")


def test_help_is_what_dash_dash_help_says(aque: Aque) -> None:
    assert aque("help", "kill").stdout == aque("kill", "--help").stdout
    assert aque("help", "db", "start").stdout.startswith("Usage: aque db start")
    assert aque("help").stdout == aque("--help").stdout == aque("-h").stdout
    assert aque("--version").stdout == f"aque, version {library.__version__}\n"
    bare = aque()
    assert (bare.returncode, bare.stdout, bare.stderr) == (2, "", aque("help").stdout)


def test_a_reader_that_goes_away_is_no_error(environ: dict[str, str], aque: Aque) -> None:
    done = shell(environ, "aque help submit | true")
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # as fast as the reader is


@pytest.mark.parametrize(("where", "told"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_a_stdout_that_takes_nothing_is_one_line_and_1(environ: dict[str, str], where: str, told: str) -> None:
    done = shell(environ, f"aque help {where}")
    assert (done.returncode, done.stderr) == (1, f"aque: {told}\n")


def test_an_id_that_cannot_be_written_is_told(environ: dict[str, str], aque: Aque) -> None:
    done = shell(environ, "aque submit --hold true >/dev/full")
    found = re.fullmatch(r"aque: task (\d+) is queued, but its id could not be written: .+\n", done.stderr)
    assert found
    assert done.returncode == 1
    assert aque("kill", found[1]).returncode == 0  # it is really there


def test_a_folder_that_is_gone_is_one_line_and_nothing_is_queued(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = shell(environ, f"cd {tmp_path}/gone; rmdir {tmp_path}/gone; aque submit true")
    told = "aque: the current folder is gone: change to one that exists\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_a_setting_of_the_wrong_kind_is_one_line(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "aque").mkdir()
    (tmp_path / "aque" / "config.toml").write_text("broker = 1")
    done = shell({**environ, "AQUE_BROKER": "", "XDG_CONFIG_HOME": str(tmp_path)}, "aque workers")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"aque: {tmp_path / 'aque' / 'config.toml'}: broker: 1 is not a text\n"


def test_a_setting_that_nobody_knows_is_one_line(environ: dict[str, str], tmp_path: Path) -> None:
    """A broker that is written wrongly would be another broker."""
    (tmp_path / "aque").mkdir()
    (tmp_path / "aque" / "config.toml").write_text("brocker = 'postgresql://farm'")
    done = shell({**environ, "AQUE_BROKER": "", "XDG_CONFIG_HOME": str(tmp_path)}, "aque workers")
    assert (done.returncode, done.stdout) == (2, "")
    told = f"aque: {tmp_path}/aque/config.toml: no such setting: brocker (there are: {', '.join(SETTINGS)})"
    assert done.stderr == f"{told}\n"


@pytest.mark.parametrize("topic", ["fields", "filters", "states"])
def test_what_commands_share_has_pages_of_its_own(aque: Aque, topic: str) -> None:
    done = aque("help", topic)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 8


def test_closed_streams_are_no_harm_to_who_does_not_use_them(environ: dict[str, str], aque: Aque) -> None:
    task = aque("submit", "--hold", "true").stdout.strip()
    assert shell(environ, f"aque kill {task} <&- >&- 2>&-").returncode == 0


@pytest.mark.parametrize("args", [["--help"], *([name, "--help"] for name in COMMANDS), ["help", "submit"]])
def test_help_loads_neither_database_nor_screen(args: list[str]) -> None:
    assert not loaded_by(args, {}) & {"psycopg", "textual", "rich", "psutil"}


def test_commands_load_no_screen(environ: dict[str, str]) -> None:
    for args in (["status"], ["workers"], ["submit", "true"]):
        assert not loaded_by(args, environ) & {"textual", "rich"}


def test_who_submits_loads_no_language_of_filters(environ: dict[str, str]) -> None:
    """It costs more to load than all else of aque's that a submit needs."""
    unneeded = {"aque.core.fields", "aque.core.filter", "aque.core.queries.listing", "aque.core.rows"}
    assert not loaded_by(["submit", "true"], environ) & {*unneeded, "aque.core.queries.work", "aque.core.audit"}


@pytest.mark.parametrize("verb", ["kill", "pause", "retry", "rm"])
def test_a_verb_of_tasks_by_id_loads_no_language_of_filters(aque: Aque, environ: dict[str, str], verb: str) -> None:
    task = aque("submit", "true").stdout.strip()
    if verb in ("retry", "rm"):
        aque("kill", task)
    assert not loaded_by([verb, task], environ) & {"aque.core.fields", "aque.core.filter", "aque.core.intake"}


def test_ctrl_c_while_the_program_is_loaded_ends_it_without_a_word(environ: dict[str, str]) -> None:
    """In a loop over short commands it mostly comes then."""
    code = """
import importlib.abc, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from aque.cli.start import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code, "status"], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def loaded_by(args: list[str], environ: dict[str, str]) -> set[str]:
    """The modules that a command has loaded when it ends."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    argv = [sys.executable, "-c", f"{code}; from aque.cli.main import main; main()", *args]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True)
    assert "aque.cli.main" in done.stderr
    return set(done.stderr.split())
