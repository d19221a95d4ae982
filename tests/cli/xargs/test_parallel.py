"""Arguments, replacement strings and exit statuses as GNU parallel has them; side by side where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from aque.cli.xargs import joblog, replacement
from aque.cli.xargs.help import HELP
from aque.cli.xargs.limits import measure
from aque.cli.xargs.options import _TABLE, parse
from aque.cli.xargs.refusal import Refused
from aque.cli.xargs.settings import Options
from aque.cli.xargs.shell import shown, unshown
from aque.core.broker import Broker

from .running import Start, script

_HAS_PARALLEL = shutil.which("parallel") is not None
needs_parallel = pytest.mark.skipif(not _HAS_PARALLEL, reason="compares with GNU parallel")
_ENVIRON = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


def read(*words: str) -> Options:
    return parse(words, measure({}), lambda _: None)


def made(*words: str) -> list[list[str]]:
    return [[os.fsdecode(word) for word in job.words] for job in replacement.jobs(read(*words))]


_values = st.text(st.sampled_from("ab./ -'$;{}é"), min_size=1, max_size=8).filter(
    lambda text: not text.startswith(("-", ":", ".")) and text.strip(" .") == text and "{" not in text
)
_FORMS = (
    "{}",
    "{.}",
    "{/}",
    "{//}",
    "{/.}",
    "{#}",
    "{1}",
    "{2}",
    "{2.}",
    "{1/}",
    "{2//}",
    "{1/.}",
    "x{}y",
    "{3}",
    "{x}",
)


@needs_parallel
@settings(max_examples=25, phases=set(Phase) - {Phase.shrink})  # each runs some processes
@given(
    words=st.lists(st.sampled_from(_FORMS), max_size=3),
    first=st.lists(_values, min_size=1, max_size=3),
    second=st.lists(_values, max_size=2),
    is_linked=st.booleans(),
)
@example(words=["{//}"], first=["dir/", "/y", "a/b.c.d", ".h", "a."], second=[], is_linked=False)
def test_a_shell_line_says_what_that_of_parallel_says(
    words: list[str], first: list[str], second: list[str], is_linked: bool
) -> None:
    sources = [":::", *first, *([":::+" if is_linked else ":::", *second] if second else [])]
    real = subprocess.run(["parallel", "-k", "echo", *words, *sources], capture_output=True, env=_ENVIRON, check=True)
    lines = [command[2] for command in made("--shell", "echo", *words, *sources)]
    ours = b"".join(subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True).stdout for line in lines)
    assert ours == real.stdout


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        (["p", ":::", "a", "b"], [["p", "a"], ["p", "b"]]),
        (["p", ":::", "a", "b", ":::", "1", "2"], [["p", "a", "1"], ["p", "a", "2"], ["p", "b", "1"], ["p", "b", "2"]]),
        (["p", ":::", "a", "b", ":::+", "1", "2", "3", ":::", "x"], [["p", "a", "1", "x"], ["p", "b", "2", "x"]]),
        (["p", "{2}-{1}", "{#}", ":::", "a", ":::", "x y"], [["p", "x y-a", "1"]]),
        (["p", "{.}", ":::", "a.b", ":::", "c.d"], [["p", "a", "c"]]),
        (["p", "<{}>", ":::", "a", ":::", "b"], [["p", "<a b>"]]),
        (["-n2", "p", "{}", ":::", "a", "b", "c"], [["p", "a", "b"], ["p", "c"]]),
        (["-I,,", "p", ",,", "{}", "{.}", ":::", "a.b"], [["p", "a.b", "{}", "a"]]),
        (["--colsep", ",", "p", "{2}", ":::", "a, b"], [["p", "b"]]),
        (["-r", "p", ":::", "", "a"], [["p", "a"]]),
        (["-E", "b", "p", ":::", "a", "b", "c"], [["p", "a"]]),
        ([":::", "echo a; exit 3"], [["/bin/sh", "-c", "echo a; exit 3"]]),
        (["p", ":::"], []),
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_sources_and_replacement_strings(words: list[str], commands: list[list[str]]) -> None:
    assert made(*words) == commands


def test_files_are_sources(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("a b\nc\n")
    (tmp_path / "two").write_text("1\n2")
    expected = [["p", "a b", "1"], ["p", "a b", "2"], ["p", "c", "1"], ["p", "c", "2"]]
    assert made("p", "::::", f"{tmp_path}/one", f"{tmp_path}/two") == expected
    assert made("-a", f"{tmp_path}/one", "-a", f"{tmp_path}/two", "--parallel", "p") == expected
    assert made("p", "::::", f"{tmp_path}/one", "::::+", f"{tmp_path}/two") == [expected[0], expected[3]]
    with pytest.raises(Refused, match="Cannot open input file"):
        made("p", "::::", f"{tmp_path}/none")


def test_without_a_sign_of_parallel_nothing_is_replaced() -> None:
    """Scripts for xargs may have braces in their commands."""
    assert read("-I{}", "echo", "{.}", "{/}").sources == ()
    assert not read("echo", "{}", "::::x").is_parallel


def test_every_option_of_its_own_is_in_the_help_and_on_its_page() -> None:
    page = (Path(__file__).parents[3] / "docs" / "xargs.md").read_text()
    for option, _ in _TABLE:
        assert not option.long or re.search(rf"--{option.long}\b", HELP), option.long
        is_queueing = option.long in ("priority", "cpus", "memory", "queue", "name", "limit", "broker", "detach")
        assert not option.exact or is_queueing or re.search(rf"`[^`]*--{option.long}\b", page), option.long


@pytest.mark.parametrize(
    "words",
    [
        ["--halt", "soon"], ["--halt", "now,fail=0"], ["--halt", "later,fail=1"], ["--resume"], ["--timeout", "x"],
        ["--retries", "0"], ["--colsep", "("], ["--detach", "--halt", "2"], ["--delay", "-1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(words: list[str]) -> None:
    with pytest.raises(Refused):
        read(*words)


@given(st.lists(st.binary(max_size=9).map(lambda data: data.replace(b"\0", b"")), min_size=1, max_size=4))
@example([b"it's", b'"', b"\\", b"$x", b"a\n\tb", b"", b"\xff'\x01"])
def test_a_command_in_the_log_is_read_back_as_it_was(words: list[bytes]) -> None:
    line = shown(words)
    assert b"\n" not in line
    assert b"\t" not in line
    assert unshown(line) == tuple(words)


@pytest.mark.parametrize("text", [b"a 'b", b"a; b$(c)", b'a "$x"'])
def test_what_is_no_list_of_words_is_not_run(text: bytes) -> None:
    """A log that GNU parallel wrote has lines for a shell."""
    with pytest.raises(ValueError, match="shell"):
        unshown(text)


_HEAD = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"


def left(path: Path, mode: str, *values: str) -> list[tuple[int, str]]:
    options = read(f"--{mode}", "--joblog", str(path), "p", ":::", *values)
    return [(job.seq, job.words[1].decode()) for job in joblog.left(replacement.jobs(options), options)]


def test_a_command_is_found_again_by_what_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = ((1, 0, "p a"), (2, 1, "p b"), (3, 0, "p c"), (4, 0, "p c"), (2, 1, "p b"))
    rows = [f"{seq}\th\t1.000\t0.1\t0\t0\t{status}\t0\t{command}\n" for seq, status, command in lines]
    log.write_text(_HEAD + "".join(rows) + "5\th\t1.0")  # and one that was not written to its end
    assert left(log, "resume", "a", "b", "c", "c", "d") == [(5, "d")]
    assert left(log, "resume-failed", "a", "b", "c", "c", "d") == [(2, "b"), (5, "d")]
    assert left(log, "resume", "d", "c", "b") == [(1, "d")], "the input has changed"
    assert left(log, "resume", "c", "c", "c") == [(5, "c")], "one more than was run, under a number of its own"
    assert left(tmp_path / "none", "resume", "a") == [(1, "a")]


_HALTS = (
    "now,fail=1", "soon,fail=1", "soon,fail=2", "now,fail=2", "soon,success=1", "soon,success=2", "now,success=3",
    "soon,fail=30%", "soon,success=30%", "soon,done=50%", "never", "0", "1", "2", "now,fail=100", "soon,success=9",
)  # fmt: skip


@needs_parallel
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("halt", _HALTS)
def test_halt_stops_where_parallel_stops(start: Start, halt: str) -> None:
    line = ["echo {}; exit {}", ":::", *"0030400"]
    real = subprocess.run(["parallel", "-j1", "-k", "--halt", halt, *line], capture_output=True, env=_ENVIRON)
    process = start("-P1", "--shell", "--halt", halt, *line)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (real.stdout, real.returncode)


@pytest.mark.usefixtures("worker")
def test_halt_now_kills_what_runs(start: Start, broker: Broker) -> None:
    process = start(
        "-P2", "--halt", "now,fail=1", *script("[ {} = 1 ] && exit 7; exec sleep 600"), ":::", "0", "1", "2"
    )
    assert process.wait(60) == 7
    states = sorted(row.state for row in broker.tasks() if row.pattern == "shell")
    assert set(states) <= {"cancelled", "error", "killed"}
    assert states.count("error") == 1


@pytest.mark.usefixtures("worker")
def test_the_log_tells_of_each_end(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ["--joblog", str(log), "--timeout", "0.2s", "-P1", "--halt", "never"]
    process = start(*words, *script("{}"), ":::", "echo abc", "exit 3", "kill -9 $$", "exec sleep 600")
    process.communicate(timeout=60)
    assert process.returncode == 3
    start("--joblog", f"+{log}", "no-such-command", ":::", "x").communicate(timeout=60)
    head, *lines = log.read_text().splitlines(keepends=True)
    assert head == _HEAD
    rows = [line.rstrip("\n").split("\t") for line in lines]
    assert [[row[0], *row[4:8]] for row in rows] == [
        ["1", "0", "4", "0", "0"],
        ["2", "0", "0", "3", "0"],
        ["3", "0", "0", "0", "9"],
        ["4", "0", "0", "-1", "15"],
        ["1", "0", "0", "127", "0"],
    ]
    assert rows[1][8] == "sh -c 'exit 3'"
    assert all(float(row[2]) > 1e9 and float(row[3]) >= 0 for row in rows)


@pytest.mark.usefixtures("worker")
def test_what_failed_is_run_again_from_the_log_alone(start: Start, tmp_path: Path) -> None:
    log, mark = tmp_path / "log", tmp_path / "mark"
    line = f'echo "$1"; [ "$1" = 2 ] && [ ! -e {mark} ]; exit $((! $?))'
    first = start("--joblog", str(log), "sh", "-c", line, "sh", ":::", "1", "2", "3")
    assert first.communicate(timeout=60)[0] == b"1\n2\n3\n"
    assert first.returncode == 123
    mark.touch()
    again = start("--joblog", str(log), "--retry-failed")
    assert again.communicate(timeout=60)[0] == b"2\n"
    assert again.returncode == 0
    assert start("--joblog", str(log), "--retry-failed").communicate(timeout=60)[0] == b""


@needs_parallel
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("line", ["printf '%s\\nx' {}", "echo {} >&2; echo {}", "printf ''"])
def test_tags_stand_before_each_line(start: Start, line: str) -> None:
    words = ["--tag", line, ":::", "a", "b c", ":::", "1"]
    real = subprocess.run(["parallel", "-k", *words], capture_output=True, env=_ENVIRON)
    assert start("--shell", *words).communicate(timeout=60) == (real.stdout, real.stderr)


@needs_parallel
@pytest.mark.usefixtures("worker")
def test_results_lie_where_parallel_lays_them(start: Start, tmp_path: Path) -> None:
    words = ["printf '%s %s' {}; echo {2} >&2", ":::", "a", "b/c", "d\\e", "x\ty", ":::", "1"]
    subprocess.run(["parallel", "--results", "theirs", *words], cwd=tmp_path, capture_output=True, env=_ENVIRON)
    start("--shell", "--results", "ours", *words, cwd=tmp_path).communicate(timeout=60)

    def tree(folder: Path) -> dict[str, bytes]:
        return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}

    assert tree(tmp_path / "ours") == tree(tmp_path / "theirs")


@pytest.mark.usefixtures("worker")
def test_results_stay_in_their_folder(start: Start, tmp_path: Path) -> None:
    """An argument is a name, whatever it is."""
    start("--results", "out", "echo", ":::", "..", ".", "", "n" * 600, cwd=tmp_path).communicate(timeout=60)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert len(list((tmp_path / "out" / "1").rglob("seq"))) == 4


@pytest.mark.usefixtures("worker")
def test_output_in_the_order_of_the_ends(start: Start, tmp_path: Path) -> None:
    wait = f"[ {{}} = 1 ] && until [ -e {tmp_path}/mark ]; do sleep 0.01; done; echo {{}}"
    process = start("--no-keep-order", "-P2", *script(wait), ":::", "1", "2")
    assert process.stdout
    assert process.stdout.readline() == b"2\n"
    (tmp_path / "mark").touch()
    assert process.communicate(timeout=60)[0] == b"1\n"


@pytest.mark.usefixtures("worker")
def test_of_several_tries_the_last_counts(start: Start, tmp_path: Path) -> None:
    line = f"echo x >> {tmp_path}/tries; wc -l < {tmp_path}/tries; exit $(( $(wc -l < {tmp_path}/tries) < 3 ))"
    process = start("--retries", "3", *script(line), ":::", "1")
    assert process.communicate(timeout=60)[0].strip() == b"3"
    assert process.returncode == 0


@pytest.mark.usefixtures("worker")
def test_a_command_that_runs_too_long_is_a_failure_like_others(start: Start) -> None:
    process = start("-P1", "--timeout", "0.2", *script("[ {} = 2 ] || exec sleep 600; echo {}"), ":::", "1", "2")
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"2\n", 123)
    assert b"longer than its timeout" in err


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("words", [["-P1"], ["-P2"], []], ids=str)
def test_a_delay_keeps_no_command_back_for_good(start: Start, words: list[str]) -> None:
    process = start(*words, "--delay", "0.05", "echo", ":::", "1", "2", "3")
    assert process.communicate(timeout=60) == (b"1\n2\n3\n", b"")


def test_a_dry_run_needs_no_broker(start: Start, broker: Broker) -> None:
    process = start("--broker", "postgresql://127.0.0.1:1/none", "--dry-run", "rm", "{}", ":::", "a b", "c")
    assert process.communicate(timeout=60) == (b"rm 'a b'\nrm c\n", b"")
    assert broker.tasks() == []


def test_v_tells_that_it_brings_a_worker(start: Start) -> None:
    _, err = start("-v", "echo", ":::", "x").communicate(timeout=60)
    assert err == b"aque-xargs: no worker serves the queue default: this process brings its own\n"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (["echo a", ":::", "b"], 127, b"the command is in quotes and so one word: leave them away, or add --shell"),
        ([":::", "no-such b"], 123, b"without a command before the :::, each argument is run as a line of a shell"),
    ],
)
def test_of_a_command_that_is_not_found_it_is_told_what_may_be_wrong(
    start: Start, words: list[str], status: int, hint: bytes
) -> None:
    process = start(*words)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (status, b"aque-xargs: " + hint)
