"""Progress of commands: what is read from their lines and from their output, however it is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.runner.progress import LONGEST, Lines, Osc, Progress, read_line
from tests.desk import Desk
from tests.waiting import wait_for


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.runner.close()


def told(desk: Desk, lease: int = 1) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in desk.heard("message", lease)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"3/10 frame 3", (3.0, 10.0, "frame 3")),
        (b" 3 / 10\r", (3.0, 10.0, None)),
        (b"45%", (45.0, 100.0, None)),
        (b"45.5 % half  way", (45.5, 100.0, "half  way")),
        (b"7", (7.0, None, None)),
        (b"7 files", (7.0, None, "files")),
        (b"1/2 \xff", (1.0, 2.0, "\ufffd")),
        (b"", None),
        (b"frame 3", None),
        (b"-3/10", None),
        (b"3/ten", None),
        (b"3/10frames", None),
        (b"1e999", None),
        (b"9" * 400, None),
        (b"1 " + b"x" * LONGEST, None),
    ],
)
def test_lines(line: bytes, expected: tuple[object, ...] | None) -> None:
    assert read_line(line) == expected


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    bounds = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(bounds)]


places = st.lists(st.integers(0, 10_000), max_size=8)
_numbers = st.integers(0, 140).map(str)
sequences = st.builds(
    lambda state, percent, end: f"\x1b]9;4;{state};{percent}{end}".encode(),
    st.sampled_from("124"),
    _numbers,
    st.sampled_from(["\x07", "\x1b\\"]),
)
noise = st.one_of(
    st.binary(max_size=20).filter(lambda data: Osc().feed(data) is None),
    st.sampled_from(
        [b"\x1b", b"\x1b]9;4", b"\x1b]9;4;1;", b"\x1b[31m", b"\x1b]9;4;0\x07", b"\x1b]9;4;3\x07", b"\x1b\\"]
    ),
)


@given(st.lists(st.one_of(sequences, noise), max_size=12).map(b"".join), places)
def test_sequences_are_found_however_the_output_is_cut(output: bytes, at: list[int]) -> None:
    reader = Osc()
    found = [each for piece in cut(output, at) if (each := reader.feed(piece))]
    whole = Osc().feed(output)
    assert (found[-1] if found else None) == whole


@given(st.lists(st.tuples(noise, sequences), min_size=1, max_size=5), noise)
def test_every_sequence_is_found_byte_by_byte(parts: list[tuple[bytes, bytes]], last: bytes) -> None:
    """Noise that is the beginning of a sequence must not swallow the one behind it."""
    reader = Osc()
    output = b"".join(before + sequence for before, sequence in parts) + last
    found = [each.done for byte in output if (each := reader.feed(bytes([byte])))]
    wanted = [min(100.0, float(sequence.split(b";")[3].rstrip(b"\x07\x1b\\"))) for _, sequence in parts]
    assert [each for each in found if each in wanted][-1] == wanted[-1]
    assert len(found) >= len(wanted)


@given(st.lists(st.one_of(st.sampled_from([b"3/10 a\n", b"45%\n", b"\n"]), st.binary(max_size=20)), max_size=9), places)
def test_lines_are_read_however_they_are_cut(lines: list[bytes], at: list[int]) -> None:
    output = b"".join(lines)
    reader = Lines()
    found = [each for piece in cut(output, at) if (each := reader.feed(piece))]
    assert (found[-1] if found else None) == Lines().feed(output)


@given(st.integers(1, 3), st.integers(1, 5000))
def test_a_line_that_is_too_long_tells_nothing_and_takes_no_room(count: int, size: int) -> None:
    reader = Lines()
    data = b"5 " + b"x" * (LONGEST * count)
    for start in range(0, len(data), size):
        assert reader.feed(data[start : start + size]) is None
        assert len(reader._begun) <= LONGEST + 1
    assert reader.feed(b"\n4\n") == Progress(4.0, None, None)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_command_tells_on_its_descriptor(desk: Desk, shell: str) -> None:
    desk.run(1, shell, "-c", "echo 3/10 frame 3 >&$AQUE_PROGRESS_FD; echo output")
    desk.wait("finished", 1)
    assert told(desk) == [{"type": "progress", "done": 3.0, "total": 10.0, "message": "frame 3"}]
    assert desk.output(1) == b"output\n"


def test_a_program_that_knows_the_variable_gets_it_where_its_environment_has_it(desk: Desk) -> None:
    program = "import os; fd = int(os.environ.get(name, 0)); fd and os.write(fd, b'45%\\n'); print(fd)"
    argv = ["python3", "-c", "name = 'AQUE_PROGRESS' + '_FD'; " + program]
    desk.run(1, *argv)
    desk.wait("finished", 1)
    assert (desk.output(1), told(desk)) == (b"0\n", []), "nobody pays for what nobody asked for"
    desk.runner.send({"type": "environ", "key": 2}, b'{"AQUE_PROGRESS_FD": "", "PATH": "/usr/bin:/bin"}')
    desk.run(2, *argv, environ=2)
    desk.wait("finished", 2)
    assert told(desk, 2)[0]["done"] == 45.0
    assert 3 <= int(desk.output(2)) <= 9, "dash redirects to one digit alone"


def test_sequences_in_the_output_are_read_and_left_there(desk: Desk) -> None:
    desk.run(1, "printf", r"a\033]9;4;1;30\007b\033]9;4;2;60\033\\c")
    desk.wait("finished", 1)
    assert told(desk)[-1] == {"type": "progress", "done": 60.0, "total": 100.0, "message": "error"}
    assert desk.output(1) == b"a\x1b]9;4;1;30\x07b\x1b]9;4;2;60\x1b\\c"


def test_functions_that_share_a_process_tell_each_for_itself(desk: Desk) -> None:
    """A sequence that one left unfinished must not go on in the next."""
    for lease, text in enumerate((r"\x1b]9;4;1;10\x07", r"\x1b]9;4;1;", r"20\x07", r"\x1b]9;4;1;30\x07"), 1):
        desk.call(lease, "builtins:print", text.encode().decode("unicode_escape"), shared=True)
    for lease in (1, 2, 3, 4):
        desk.wait("finished", lease)
    assert [told(desk, lease)[0].get("done") for lease in (1, 4)] == [10.0, 30.0]
    assert [told(desk, lease) for lease in (2, 3)] == [[], []]


def test_the_last_word_comes_however_much_is_told(desk: Desk) -> None:
    """A thousand lines in no time are a few messages, the last of them among these."""
    desk.run(1, "sh", "-c", "for i in $(seq 1000); do echo $i/1000; done >&$AQUE_PROGRESS_FD; sleep 60")
    wait_for(lambda: told(desk) and told(desk)[-1]["done"] == 1000.0, 20)
    assert len(told(desk)) < 200
