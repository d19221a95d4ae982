"""Input and options as GNU xargs 4.9 reads them: the same commands, the same complaints, however the input is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aque.cli.xargs.shell import shown

from .gnu import needs_gnu, ours, real, traced

pytestmark = needs_gnu

_MODES: tuple[list[str], ...] = (
    [],
    ["-0"],
    ["-d", ","],
    ["-d", "\\n"],
    ["-n1"],
    ["-n3"],
    ["-L1"],
    ["-L2"],
    ["-l"],
    ["-l2"],
    ["-I{}"],
    ["-i"],
    ["-Ib"],
    ["-0", "-I{}"],
    ["-d", ",", "-L2"],
    ["-0", "-n2"],
    ["-E", "_"],
    ["-e_", "-L1"],
    ["-e", "-n1"],
    ["-E_", "-I{}"],
    ["-r"],
    ["-x", "-n2"],
    ["-x"],
    ["-L2", "-n3"],
    ["-n2", "-I{}", "-n1"],
    ["-I{}", "-L3"],
)
_SHELL_SIZE = 40  # bytes that the command which tells of its arguments takes itself, nearly
_text = st.lists(
    st.sampled_from(
        [
            b"a",
            b"b",
            b"_",
            b",",
            b" ",
            b"\t",
            b"\n",
            b"\r",
            b"'",
            b'"',
            b"\\",
            b"\0",
            b"\xff",
            b"''",
            b"{}",
            b"abcdefgh",
        ]
    ),
    max_size=24,
).map(b"".join)
_initial = st.lists(st.sampled_from(["{}", "x{}y{}", "b", "", "-n"]), max_size=2)


@settings(max_examples=200)
@given(mode=st.sampled_from(_MODES), content=_text, initial=_initial, chunk=st.sampled_from([1, 2, 3, 2**16]))
@example(mode=[], content=b"a '", initial=[], chunk=1)
@example(mode=["-L1"], content=b"a\\ \nb\n", initial=[], chunk=1)
def test_the_same_commands_and_complaints(mode: list[str], content: bytes, initial: list[str], chunk: int) -> None:
    assert ours(mode, content, initial, chunk) == real(mode, content, initial)


@settings(max_examples=200)
@given(
    mode=st.sampled_from(_MODES),
    content=_text,
    initial=_initial,
    size=st.integers(_SHELL_SIZE - 10, _SHELL_SIZE + 25),
)
@example(mode=["-I{}"], content=b"aaaaaaabcdefgh", initial=["x{}y{}"], size=30)
def test_commands_are_cut_at_the_same_sizes(mode: list[str], content: bytes, initial: list[str], size: int) -> None:
    options = [*mode, "-s", str(size)]
    told, expected = ours(options, content, initial), real(options, content, initial)
    assert told == expected


_WORD = st.lists(
    st.sampled_from([*map(chr, range(1, 128)), *"aaaa{}#~", "é", "\x85", "\u2028", "\U0001f600", "\udcff", "\udcc3"]),
    max_size=6,
).map(lambda word: "".join(word).encode(errors="surrogateescape"))


@settings(max_examples=30)
@given(words=st.lists(_WORD, min_size=1, max_size=50))
@example(words=[b"a\n", b"{}", b"a{}", b"it's", b"it's {}", b"#", b"a#", b"\x7f", b"\xff", b"'", b"\n'", b"a\n'b", b""])
def test_commands_are_shown_in_the_same_quotes(words: list[bytes]) -> None:
    """Left out is one in which GNU's quotes are wrong: with a quote, and with an end that cannot be printed."""
    sound = [word for word in words if b"'" not in word or word[-1:] == b"'" or word[-1:].isalnum()]
    assert [shown([b"true", word]) for word in sound] == traced(sound)


@pytest.mark.parametrize(
    "options",
    [
        ["-n", "a"], ["-n0"], ["-n", "-1"], ["-n3x"], ["-n", " 5"], ["-n", "5 "], ["-n", "+5"], ["-n", "010"],
        ["-n9999999999"], ["-n", ""], ["-L0"], ["-l0"], ["-lx"], ["--max-lines="], ["-P", "-1"], ["-Px"],
        ["-P99999999999"], ["-s0"], ["-sx"], ["-s", "-5"], ["-s99999999"], ["-s", "2000000"], ["-dab"], ["-d", ""],
        ["-d\\q"], ["-d\\x1ff"], ["-d\\777"], ["-d\\8"], ["-d\\18"], ["-d\\xag"], ["-d\\xg"], ["-d\\1234"], ["-d\\x"],
        ["-d\\x2c"], ["-d\\54"], ["-d\\t"], ["-d\\\\"], ["-d\\"], ["-dé"], ["-d\\nn"], ["-d\\X41"], ["-k"],
        ["--bogus"], ["--max"], ["--n"], ["--e"], ["--null=3"], ["-n"], ["--max-args"], ["--max-a=2"], ["--no"],
        ["-0", "-Eb"], ["-E", "", "-0"], ["-e", "-0"], ["-n1", "-L1"], ["-L1", "-n1"], ["-n1", "-n3"],
        ["-n2", "-I{}", "-L3"], ["-i", "-l"], ["--replace", "--max-lines"], ["--replace=R", "-n2"], ["-rtx", "-n2"],
        ["-xn2"], ["-0d,"], ["--process-slot-var=A=B"], ["--exit", "--verb", "--no-run"], ["-I"], ["-a"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_options_are_read_and_refused_alike(options: list[str]) -> None:
    content = b"a b\nc d,e\n"
    told, expected = ours(options, content), real(options, content)
    if "--verb" in options or "-rtx" in options:
        expected = type(expected)(expected.commands, expected.status, told.stderr)
    assert (told.commands if told.status == 0 else []) == expected.commands
    assert (told.status, told.stderr) == (expected.status, expected.stderr)
