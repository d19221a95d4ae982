"""Whole runs beside GNU xargs: real processes, a real broker, the same stdout, stderr and exit status."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from aque.core.broker import Broker
from aque.core.states import COMPLETE_STATES
from tests.waiting import wait_for

from .gnu import needs_gnu
from .running import Start, script


def real(words: list[str], content: bytes) -> tuple[bytes, bytes, int]:
    environ = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["xargs", *words], input=content, capture_output=True, env=environ, start_new_session=True)
    return done.stdout, done.stderr, done.returncode


_LINES = b"1\n2\n3\n"
CASES: dict[str, tuple[list[str], bytes]] = {
    "the default command": ([], b"a  'b c'\n"),
    "no input runs it once": (["echo", "x"], b""),
    "no input and -r": (["-r", "echo", "x"], b""),
    "no input and -I": (["-I{}", "echo", "{}"], b""),
    "exit 1 goes on": (["-n1", *script('echo "$0"; exit 1')], _LINES),
    "exit 126 of a command that ran": (["-n1", *script('echo "$0"; exit 126')], _LINES),
    "exit 127 of a command that ran": (["-n1", *script('echo "$0"; exit 127')], _LINES),
    "exit 255 stops": (["-n1", *script('echo "$0"; [ "$0" != 2 ] || exit 255')], _LINES),
    "a signal stops": (["-n1", *script('echo "$0"; [ "$0" != 2 ] || kill -9 $$')], _LINES),
    "255 after 1": (["-n1", *script('exit $(( $0 > 1 ? 255 : 1 ))')], _LINES),
    "a signal after 1": (["-n1", *script('[ "$0" = 1 ] && exit 1; kill -9 $$')], _LINES),
    "bad input after 1": (["-n1", *script("exit 1")], b"1\n2 '\n"),
    "not found": (["-n1", "no-such-command"], _LINES),
    "not found by path": (["-n1", "/no/such"], _LINES),
    "an empty name": (["-n1", ""], _LINES),
    "not executable": (["-n1", "/etc/passwd"], _LINES),
    "a folder": (["-n1", "/tmp"], _LINES),
    "a file as a folder": (["-n1", "/etc/passwd/x"], _LINES),
    "a name that is too long": (["-n1", "x" * 300], _LINES),
    "a pattern of nothing": (["-I", "", *script("exit 1")], _LINES),
    "a pattern of nothing, and an argument": (["-I", "", "echo", ""], _LINES),
    "a pattern of nothing counts against -L": (["-I", "", "-L2", "echo"], _LINES),
    "what it wrote comes before how it ended": (["-n1", *script("echo $0 >&2; kill -9 $$")], _LINES),
    "traced": (["-t", "-n1", *script('echo "out $0"; echo "err $0" >&2')], b"'a b'\n$x\n\"it's\"\n"),
    "unmatched quote after a full group": (["-n2", "echo"], b"1 2 3\n4 '\n"),
    "unmatched quote, and the last command stops it all": (["-n2", *script("exit 255")], b"1 '\n"),
    "unmatched quote, and the last command is not there": (["-n2", "no-such-command"], b"1 '\n"),
    "asks where there is no terminal": (["-p", "-n1", "echo"], _LINES),
    "too long for its size": (["-s", "12", "echo"], b"1 2 3 abcdefghijkl 4\n"),
    "bytes that are no text": (["-n1", "printf", "<%s>"], b"\xff\xfe \xc3 'a\x01b'\n"),
    "newlines in arguments": (["-0", "-n1", "printf", "<%s>"], b"a\nb\0\0\n\0"),
    "a missing file": (["-a", "/no/such", "echo"], b""),
    "a bad option": (["-k"], b""),
    "limits": (["-r", "-s", "9999999", "echo"], b"a\n"),
    "stdin of commands is empty": (["-n2", *script("cat; echo $#")], _LINES),
    "slots": (["-n1", "--process-slot-var=SLOT", *script("echo $SLOT")], _LINES),
    "-P 2": (["-P2", "-n1", "echo"], b"".join(b"%d\n" % n for n in range(40))),
    "-P 0": (["-P0", "-n30", *script("exit 3")], b"".join(b"%d\n" % n for n in range(40))),
    "-P 0 and a slot": (["-P0", "-n30", "--process-slot-var=SLOT", *script("echo $SLOT")], _LINES),
    "the end": (["-E", "END", "-n1", "echo"], b"1\nEND\n2\n"),
}  # fmt: skip


@needs_gnu
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("name", CASES)
def test_a_run_ends_as_one_of_gnu_xargs(start: Start, name: str) -> None:
    words, content = CASES[name]
    process = start(*words, start_new_session=True)
    out, err = process.communicate(content, timeout=60)
    expected_out, expected_err, status = real(words, content)
    if "-P2" in words:  # in theirs whoever is first writes first
        expected_out = b"".join(sorted(expected_out.splitlines(keepends=True), key=int))
    if name == "limits":  # the environments differ in size
        err, expected_err = err.partition(b"<=")[0], expected_err.partition(b"<=")[0]
    assert (out, err.replace(b"aque-xargs", b"xargs"), process.returncode) == (expected_out, expected_err, status)


@needs_gnu
@pytest.mark.usefixtures("worker")
def test_what_stands_behind_the_end_is_left_to_who_reads_on(start: Start, tmp_path: Path) -> None:
    """One that reads the same file next goes on where GNU xargs would have left it to."""
    path = tmp_path / "input"
    path.write_bytes(b"1\nEND\n2\n3\n")
    with path.open("rb") as ours, path.open("rb") as theirs:
        assert start("-EEND", stdin=ours).wait(60) == 0
        subprocess.run(["xargs", "-EEND"], stdin=theirs, capture_output=True, check=True)
        assert (os.lseek(ours.fileno(), 0, 1), os.lseek(theirs.fileno(), 0, 1)) == (6, 6)


@pytest.mark.usefixtures("worker")
def test_commands_run_before_the_input_ends(start: Start) -> None:
    process = start("-n1", "-P2", "echo")
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"first\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"first\n"
    assert process.communicate(b"last\n", timeout=60)[0] == b"last\n"


@pytest.mark.usefixtures("worker")
def test_output_is_in_order_though_the_first_command_ends_last(start: Start, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    wait = f'[ "$0" = 1 ] && until [ -e {mark} ]; do sleep 0.01; done; [ "$0" = 2 ] && touch {mark}; echo "$0"'
    assert start("-P2", "-n1", *script(wait)).communicate(_LINES, timeout=60)[0] == _LINES


@pytest.mark.usefixtures("worker")
def test_output_of_a_command_that_still_runs_is_shown(start: Start, tmp_path: Path) -> None:
    process = start(*script(f"echo begun; until [ -e {tmp_path}/mark ]; do sleep 0.01; done"))
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    assert process.stdout.readline() == b"begun\n"
    (tmp_path / "mark").touch()
    assert process.wait(60) == 0


@pytest.mark.usefixtures("worker")
def test_after_255_no_command_is_even_begun(start: Start, tmp_path: Path) -> None:
    process = start("-n1", *script(f'touch {tmp_path}/"$0"; exit 255'))
    assert process.communicate(_LINES, timeout=60)[0] == b""
    assert process.returncode == 124
    assert [each.name for each in tmp_path.iterdir()] == ["1"]


@pytest.mark.usefixtures("worker")
def test_what_goes_well_is_followed_by_the_next_without_a_word_of_ours(start: Start, tmp_path: Path) -> None:
    """Each command would wait for a turn of this process with the broker: 8 times as long as xargs takes for `true`."""
    process = start("-n1", *script(f'touch {tmp_path}/"$0"; until [ -e {tmp_path}/go ]; do sleep 0.01; done'))
    assert process.stdin
    process.stdin.write(_LINES)
    process.stdin.close()
    process.stdin = None
    wait_for((tmp_path / "1").exists, 60)
    os.kill(process.pid, signal.SIGSTOP)
    assert not (tmp_path / "2").exists()
    (tmp_path / "go").touch()
    wait_for((tmp_path / "3").exists, 60)
    os.kill(process.pid, signal.SIGCONT)
    assert process.wait(60) == 0


@pytest.mark.usefixtures("worker")
def test_more_commands_than_stand_in_line_run_one_by_one_past_failures(start: Start, tmp_path: Path) -> None:
    line = f"mkdir {tmp_path}/alone && echo $0; rmdir {tmp_path}/alone; exit $(( $0 % 7 == 0 ))"
    process = start("-n1", *script(line))
    lines = b"".join(b"%d\n" % n for n in range(230))
    assert process.communicate(lines, timeout=120) == (lines, b"")
    assert process.returncode == 123


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("halt", ["soon,success=1", "now,done=1"])
def test_one_at_a_time_nothing_begins_after_the_success_that_is_enough(start: Start, tmp_path: Path, halt: str) -> None:
    process = start("--halt", halt, "-n1", *script(f'touch {tmp_path}/"$0"'))
    process.communicate(_LINES, timeout=60)
    assert process.returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["1"]


@pytest.mark.usefixtures("worker")
def test_a_signal_lets_those_go_that_wait_in_line(start: Start, tmp_path: Path) -> None:
    process = start(
        "-n1", "--cpus", "0", *script(f'touch {tmp_path}/"$0"; until [ -e {tmp_path}/go ]; do sleep 0.01; done')
    )
    assert process.stdin
    process.stdin.write(_LINES)
    process.stdin.close()
    process.stdin = None
    wait_for((tmp_path / "1").exists, 60)
    process.send_signal(signal.SIGUSR1)
    wait_for((tmp_path / "3").exists, 60)
    (tmp_path / "go").touch()
    assert process.wait(60) == 0


@pytest.mark.usefixtures("worker")
def test_with_p_what_has_not_begun_is_cancelled_after_255(start: Start, broker: Broker) -> None:
    content = b"".join(b"%d\n" % n for n in range(200))
    process = start("-P2", "-n1", *script('[ "$0" = 0 ] && exit 255; sleep 0.2'))
    process.communicate(content, timeout=60)
    assert process.returncode == 124
    states = [row.state for row in broker.tasks() if row.pattern == "shell"]
    assert set(states) <= {"success", "error", "cancelled"}, "one was left"
    assert states.count("cancelled") > 100


@pytest.mark.usefixtures("worker")
def test_with_p_each_command_takes_its_part_of_the_host(start: Start, broker: Broker) -> None:
    start("-P4", "-n1", "true").communicate(b"1\n", timeout=60)
    row = next(row for row in broker.tasks() if row.pattern == "shell")
    assert row.cpu_share == 4


@pytest.mark.usefixtures("worker")
def test_with_a_file_of_arguments_commands_share_stdin(start: Start, tmp_path: Path) -> None:
    (tmp_path / "arguments").write_text("1\n2\n")
    (tmp_path / "stdin").write_text("a\nb\nc\n")
    words = ["-a", str(tmp_path / "arguments"), "-n1", *script("read x; echo $0 $x")]
    assert start(*words).communicate(b"a\n", timeout=60)[0] == b"1 a\n2\n"
    with (tmp_path / "stdin").open("rb") as stdin:
        assert start(*words, stdin=stdin).communicate(timeout=60)[0].startswith(b"1 a\n2")


def test_it_brings_a_worker_where_there_is_none(start: Start, broker: Broker) -> None:
    process = start("echo", "x")
    assert process.communicate(b"y\n", timeout=60) == (b"x y\n", b"")
    assert broker.workers() == []


def test_detach_prints_the_id_of_a_group_that_ends_with_its_commands(start: Start, broker: Broker) -> None:
    process = start("--detach", "-n1", "true")
    out, _ = process.communicate(_LINES, timeout=60)
    rows = {row.id: row for row in broker.tasks()}
    group = rows.pop(int(out))
    assert (group.pattern, group.state, group.blockers) == ("group", "pending", 3)
    assert [row.parent for row in rows.values()] == [group.id] * 3


@pytest.mark.usefixtures("worker")
def test_a_group_succeeds_with_all_its_commands(start: Start, broker: Broker) -> None:
    start("-n1", "true").communicate(_LINES, timeout=60)
    wait_for(lambda: all(row.state == "success" for row in broker.tasks()), message="the group stayed open")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_without_a_terminal_it_kills_the_rest(start: Start, broker: Broker, number: int) -> None:
    process = start("-P2", "-n1", *script("echo begun; exec sleep 600"), start_new_session=True)
    assert process.stdin
    assert process.stdout
    process.stdin.write(_LINES)
    process.stdin.close()
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert all(row.state in COMPLETE_STATES for row in broker.tasks() if row.pattern == "shell")


@pytest.mark.usefixtures("worker")
def test_shell_takes_arguments_as_they_are(start: Start) -> None:
    content = b"\"it's\"\n'$(echo no)'\n"
    assert start("--shell", "-n2", "printf '<%s>'").communicate(content, timeout=60)[0] == b"<it's><$(echo no)>"
    assert start("--shell", "-I{}", "printf '<%s>' {}").communicate(content, timeout=60)[0] == b"<it's><$(echo no)>"


@pytest.mark.usefixtures("worker")
def test_a_reader_that_has_enough_ends_it(start: Start, broker: Broker) -> None:
    process = start("-P2", "-n1", *script("echo y; exec sleep 0.01"))
    assert process.stdin
    assert process.stdout
    process.stdout.close()
    process.stdin.write(b"x\n" * 500)
    process.stdin.close()
    assert process.wait(60) == 141
    wait_for(lambda: all(row.state in COMPLETE_STATES for row in broker.tasks() if row.pattern == "shell"))
