"""The parts of the screen that are rules: they hold for whatever tasks are called and write."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from aque.core.filter import parse
from aque.core.monitor import command_line
from aque.core.queries.reading import Extent, TimedPiece
from aque.core.text import clean
from aque.tui.app import AqueTop
from aque.tui.commands import bindings
from aque.tui.completion import offer
from aque.tui.keys import Ids, Ranked, flat, part
from aque.tui.listing import age, chosen
from aque.tui.loglines import lines as lines_in
from aque.tui.logrows import cut, starts
from aque.tui.mailbox import Mailbox, Wish
from aque.tui.overlays.log import LogScreen
from aque.tui.overlays.task import TaskScreen
from aque.tui.pace import Paced
from aque.tui.scope import EVERYTHING
from aque.tui.screens.tasks import TasksScreen
from aque.tui.screens.workers import ago
from aque.tui.sgr import painted, plain
from aque.tui.widgets.column import GAP, Column, cell, fit
from aque.tui.widgets.lines import MOVES
from aque.tui.widgets.logview import SCROLLS
from aque.tui.window import Window
from tests.snapshots import difference, normal
from tests.tui.scene import NOW


@given(st.text())
def test_no_terminal_obeys_a_clean_text(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


@given(st.text(), st.integers(1, 40), st.booleans())
def test_a_cell_is_as_wide_as_it_should_be(text: str, width: int, right: bool) -> None:
    """One cell too many tears all columns to the right of it."""
    assert cell_len(cell(clean(text), width, right)) == width


@given(st.integers(0, 400))
def test_columns_fill_a_line_and_no_more(width: int) -> None:
    """The id is there in any width; what is left over is given away to the last cell."""
    fitted = fit(chosen(()), width)
    taken = sum(each for _, each in fitted) + GAP * (len(fitted) - 1)
    assert fitted[0][0].name == "id"
    assert taken == width or len(fitted) == 1 or not any(column.grow for column, _ in fitted)
    assert all(each >= column.width for column, each in fitted)


def test_what_matters_less_is_left_out_first() -> None:
    columns = [Column("a", "", 5), Column("b", "", 5, rank=2), Column("c", "", 5, rank=1)]
    assert [column.name for column, _ in fit(columns, 12)] == ["a", "c"]


def test_what_fits_beside_what_matters_more_is_there() -> None:
    """A wide column that had no room took the narrow ones with it that had: half of a small screen was empty."""
    columns = [Column("a", "", 5), Column("b", "", 4, rank=2), Column("c", "", 9, rank=1)]
    assert [column.name for column, _ in fit(columns, 12)] == ["a", "b"]
    assert [column.name for column, _ in fit(chosen(()), 37)] == ["id", "state", "command"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0s"), (99, "99s"), (100, "2m"), (5940, "99m"), (6000, "2h"), (100_000, "28h"), (9_784_512, "113d")],
)
def test_a_silence_has_room_in_its_column(seconds: float, told: str) -> None:
    """`978…` was shown, which is read as seconds."""
    assert ago(seconds) == told


@given(st.sets(st.integers(1, 2**62)), st.integers(1, 2**62), st.booleans())
def test_ids_are_found_where_they_stand(ids: set[int], other: int, newest_first: bool) -> None:
    keys = Ids(array("q", sorted(ids)), newest_first)
    assert list(keys) == sorted(ids, reverse=newest_first)
    assert [keys.find(each) for each in keys] == list(range(len(ids)))
    before = [each for each in keys if (each > other if newest_first else each < other)]
    assert keys.find(other) == len(before)
    assert part(keys, 1, 3) == list(keys)[1:4]


@given(st.lists(st.integers(-50, 50), unique=True), st.integers(-60, 60), st.integers(0, 60))
def test_keys_of_any_order_are_found_wherever_they_are_sought(order: list[int], other: int, near: int) -> None:
    """One that is gone has the line where it was, or the last."""
    keys = Ranked(array("q", order))
    assert [keys.find(each, near) for each in order] == list(range(len(order)))
    assert list(flat(keys)) == order
    if other not in order:
        assert keys.find(other, near) == max(0, min(near, len(order) - 1))


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("sta", ["state:", "started_at:"]),
        ("-que", ["queue:"]),
        ("state:er", ["error"]),
        ("a (state:success,pa", ["paused"]),
        ("queue:", ["night", '"two words"']),
        ('queue:"tw', ['"two words"']),
        ("user:m", ["me"]),
        ("name~^x", []),
        ("nothing:x", []),
        ('"quoted', []),
    ],
)
def test_what_is_offered_can_be_read(text: str, offered: list[str]) -> None:
    found = offer(text, {"queue": ["night", "two words"]})
    assert list(found.texts) == offered
    for each in found.texts:
        if not each.endswith(":"):
            parse(text[: found.start] + each + ")" * text.count("("))


def test_a_term_is_turned_on_and_off_beside_others() -> None:
    scope = EVERYTHING.narrowed("a or b")
    narrowed = scope.toggled("user:me")
    assert narrowed.text == "(a or b) user:me"
    assert narrowed.toggled("state:failed").toggled("user:me").text == "(a or b) state:failed"
    assert narrowed.toggled("user:me") == scope
    assert EVERYTHING.toggled("user:me").toggled("user:me") == EVERYTHING
    assert EVERYTHING.sorted("-priority").inverted().inverted() == EVERYTHING.sorted("-priority")


def test_a_nudge_after_rest_is_heeded_at_once_and_many_are_heeded_seldom() -> None:
    """Else each of a thousand changes a second would be looked at."""
    mailbox = Mailbox(period=3600.0)
    wish = Wish(source=cast(Any, None), post=print)
    mailbox.put(wish)
    assert mailbox.take() is wish
    mailbox.nudge()
    assert mailbox.take() is wish
    mailbox.nudge()
    assert not mailbox._is_due()
    mailbox.put(wish)
    assert mailbox.take() is wish
    mailbox.close()
    assert mailbox.take() is None


def test_what_is_only_scrolled_is_not_read_anew() -> None:
    """But what was done, another question, and what is due, are: else the screen shows what is no more."""
    mailbox = Mailbox(period=3600.0)
    one, other = (Wish(source=cast(Any, object()), post=print) for _ in range(2))
    for wish, anew, is_brief in (
        (one, False, False),
        (one, False, True),
        (replace(one, near=7), False, True),
        (one, True, False),
        (one, False, True),
        (other, False, False),
    ):
        mailbox.put(wish, anew=anew)
        assert mailbox.take() is wish
        assert mailbox.is_brief == is_brief
    due = Mailbox(period=0.0)
    for _ in range(2):
        due.put(one)
        assert due.take() is one
        assert not due.is_brief


def window(*pieces: tuple[int, bytes]) -> Window:
    made = (TimedPiece(1, 1, seq, stream, data, NOW) for seq, (stream, data) in enumerate(pieces))
    return Window(1, Extent(1, "running", len(pieces)), tuple(made))


def written(pieces: Sequence[bytes]) -> list[str]:
    return [each.text for each in lines_in(window(*((1, data) for data in pieces)))]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_output_reads_the_same_wherever_its_pieces_end(data: bytes, cuts: list[int]) -> None:
    """Within a letter, between the two ends of a line, behind a tab."""
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    assert written([piece for piece in pieces if piece]) == written([data])


@given(
    st.lists(st.sampled_from(["a", "b ", "é", "日", "e\u0301", "x\u0301\u0302", "\u2764\ufe0f"]), max_size=40),
    st.integers(2, 9),
)
def test_rows_of_a_line_have_each_of_its_characters_once(letters: list[str], width: int) -> None:
    """A wide one that does not fit goes to the next row as a whole; what is put over one stays with it: it was there
    twice, at the end of a row and in the next one, or never.
    """
    text = "".join(letters)
    segments = [Segment(text[:5]), Segment(text[5:])]
    rows = ["".join(part.text for part in cut(segments, *span)) for span in spans(text, width)]
    assert "".join(rows) == text
    assert all(cell_len(row) <= width for row in rows)
    assert not any(row.startswith(("\u0301", "\u0302", "\ufe0f")) for row in rows)


def spans(text: str, width: int) -> list[tuple[int, int]]:
    return list(pairwise([*starts(text, width), len(text)]))


def test_what_is_made_due_while_it_is_read_is_read_again() -> None:
    """Else the list may show for a minute what was before somebody did something."""
    reads: list[int] = []

    def read() -> int:
        reads.append(len(reads))
        if len(reads) == 1:
            paced.expire()
        return reads[-1]

    paced = Paced(read)
    assert [paced(), paced()] == [0, 1]


def test_streams_are_kept_apart_and_gaps_are_told() -> None:
    """A line goes on though something was written to the other stream meanwhile."""
    found = list(lines_in(window((1, b"out"), (2, b"err\n"), (1, b"put\n"), (0, b"2048"), (1, b"end"))))
    assert [(each.stream, each.text) for each in found] == [
        (2, "err"),
        (1, "output"),
        (0, "… 2 KiB left out …"),
        (1, "end"),
    ]


def test_lines_keep_their_keys_when_the_window_moves() -> None:
    """Else what is read jumps while more of it is loaded above."""
    whole = window((1, b"a\nb"), (1, b"c\nd\n"), (2, b"e\n"), (1, b"f\ng"))
    later = replace(whole, pieces=whole.pieces[1:])
    assert [each.key for each in lines_in(later)][1:] == [each.key for each in lines_in(whole)][2:]


HOSTILE = [
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x1b[?1049l",
    "\x1b]8;;http://x\x1b\\link",
    "\x1bPq\x1b\\",
    "\x1b[31",
    "\x9b31m",
]


@given(
    st.lists(st.sampled_from([*HOSTILE, "\x1b[31m", "\x1b[38;5;999m", "\x1b[38;2;1m", "a", "[b]", "日"])).map("".join)
)
def test_output_has_colours_and_nothing_else_that_terminals_obey(text: str) -> None:
    shown = "".join(each.text for each in painted(text, Style()))
    assert shown.isprintable()
    assert shown == plain(text)


def test_colours_are_those_that_were_meant() -> None:
    parts = painted("a\x1b[1;31mb\x1b[0mc\x1b[38;2;1;2;3md\x1b[48;5;17me", Style())
    assert [each.text for each in parts] == list("abcde")
    styles = [each.style or Style() for each in parts]
    assert (styles[1].bold, styles[1].color) == (True, Color.from_ansi(1))
    assert styles[2] == Style()
    assert styles[3].color == Color.from_rgb(1, 2, 3)
    assert styles[4].bgcolor == Color.from_ansi(17)


def test_a_line_without_end_is_cut() -> None:
    """A gigabyte of dots must not become one line to paint."""
    lines = written([b"." * 3000] * 5)
    assert "".join(lines) == "." * 15000
    assert max(map(len, lines)) <= 4000


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-1, "0.0s"),
        (0.44, "0.4s"),
        (59.9, "59s"),
        (187, "3m07s"),
        (7500, "2h05m"),
        (86400 * 9.96, "9d23h"),
        (4e7, "462d"),
    ],
)
def test_ages(seconds: float, told: str) -> None:
    assert age(seconds) == told


@given(st.floats(-1e9, 3e9))
def test_an_age_fits_its_column(seconds: float) -> None:
    assert len(age(seconds)) <= 6


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=40))
def test_any_task_has_a_command_line(pattern: str, name: str, args: str) -> None:
    """Fields that make no sense are shown as they are; the screen goes on."""
    assert isinstance(command_line(pattern, None, name, args), str)
    assert isinstance(command_line("shell", None, name, args), str)


def test_no_key_of_a_screen_means_two_things() -> None:
    """A key of the table hides the same key of the screen, even where the footer shows it."""
    for widget, screen in ((MOVES, TasksScreen), (SCROLLS, TaskScreen), (SCROLLS, LogScreen)):
        keys = [key for each in (*widget, *screen.commands, *AqueTop.commands) for key in each.keys.split(",")]
        assert [key for key in keys if keys.count(key) > 1] == []
    assert len(bindings(MOVES)) == len(MOVES)


def test_a_difference_is_told_as_people_see_it() -> None:
    """A picture that differs is shown as lines of text, not as markup."""
    old = '<svg><text class="a" x="0" y="20">one</text><text class="a" x="48.8" y="20">two</text></svg>'
    told = difference(normal(old), normal(old.replace("two", "2")))
    assert "-one two" in told
    assert "+one 2" in told
