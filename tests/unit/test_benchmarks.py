"""The benchmarks' own rules: what is missing or fails is named, and ends nobody else's round."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.report import Line, Table, ahead, as_markdown, as_text
from benchmarks.rounds import Contestant, compete


def _contestant(
    name: str, *figures: float, modules: tuple[str, ...] = (), programs: tuple[str, ...] = ()
) -> Contestant:
    left = iter(figures)

    @contextmanager
    def opened(_: Any) -> Iterator[Callable[[], float]]:
        yield lambda: next(left)

    return Contestant(name, opened, modules, programs)


def test_peers_that_are_missing_or_fail_are_named_and_the_others_go_on() -> None:
    table = compete(
        None,  # type: ignore[arg-type] - nobody needs a server here
        "A race",
        "seconds",
        [
            _contestant("first", 1.0, 4.0, 2.0),
            _contestant("second", 3.0, 5.0, 4.0),
            _contestant("absent", modules=("no_such_module",), programs=("no-such-program", "true")),
            _contestant("tired", 1.0),
        ],
        rounds=3,
    )
    assert list(table.rows()) == [
        ("first", "2", "1 - 4", "1.00"),
        ("second", "4", "3 - 5", "2.00"),
        ("absent", "skipped: not installed: no_such_module, no-such-program", "", ""),
        ("tired", "skipped: StopIteration", "", ""),
    ]
    assert all(name in text for text in (as_text(table), as_markdown([table])) for name in ("second", "no_such_module"))


def test_who_is_ahead_of_aque_is_said_whichever_way_is_better() -> None:
    lines = [Line("aque", (2.0,)), Line("aque, slower", (4.0,)), Line("a", (1.0,)), Line("b", (8.0,))]
    assert ahead(Table("", "ms, less is better", lines, (0, 0))) == ["a (2 x)"]
    assert ahead(Table("", "tasks, more is better", lines, (0, 0))) == ["b (2 x)"]


def test_an_unknown_measure_is_a_usage_error_that_names_the_known_ones() -> None:
    told = subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], capture_output=True, text=True)
    assert told.returncode == 2
    assert "no such measure: nothing" in told.stderr
    assert all(name in told.stderr for name in ("queues", "tools", "broker", "runner_spawn"))


@pytest.mark.parametrize("name", ["cli", "xargs"])
def test_a_benchmark_that_takes_a_number_says_so_and_takes_nothing_else(name: str) -> None:
    """They took the word for a number, and fell with a traceback."""
    argv = [sys.executable, "-m", f"benchmarks.{name}"]
    asked = subprocess.run([*argv, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert asked.stdout.startswith(f"usage: benchmarks.{name} ")
    wrong = subprocess.run([*argv, "many"], capture_output=True, text=True, check=False, timeout=60)
    assert wrong.returncode == 2
    assert "invalid int value: 'many'" in wrong.stderr
