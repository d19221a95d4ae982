"""Hints of commands: guessed from arguments that look like paths, and never a reason to fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core import hints, patterns
from aque.core.task import Prototype


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "big file.dat").write_bytes(b"x" * 1000)
    (tmp_path / "sub" / "small").write_bytes(b"x" * 10)
    return tmp_path


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("sub/small", "sub/small"),
        ("./sub/../sub/small", "sub/small"),
        ("sub/new/newer", "sub"),
        ("big file.dat", "big file.dat"),
        ("--into=sub/new", "sub"),
        ("of=sub/small", "sub/small"),
        ("sub", "sub"),
        ("new/newer", "."),
        ("missing", None),
        ("-v", None),
        ("", None),
        ("https://host/sub", None),
        ("x" * 5000 + "/y", None),
    ],
)
def test_the_longest_part_that_exists_is_the_path(folder: Path, word: str, part: str | None) -> None:
    expected = () if part is None else (os.path.normpath(folder / part),)
    assert hints.of_command(["cat", word], str(folder)).paths == expected


def test_an_absolute_path_of_which_nothing_exists_is_the_root(folder: Path) -> None:
    assert hints.of_command(["ls", "/no-such/folder", "-I/no-such"], str(folder)).paths == ("/",)


def test_whole_files_sum_to_the_size_each_once_and_folders_do_not(folder: Path) -> None:
    args = ["cat", "big file.dat", "sub/small/x", "sub/small", str(folder / "sub/small"), "sub/small/x", "sub", "/"]
    assert hints.of_command(args, str(folder)).size == 1010
    assert hints.of_command(["cat", "sub/small/x"], str(folder)) == hints.Hints((str(folder / "sub/small"),), 0)


def test_the_program_itself_is_no_argument(folder: Path) -> None:
    assert hints.of_command(["/bin/sh"], str(folder)) == hints.Hints()


def test_a_text_for_the_shell_is_read_by_its_words(folder: Path) -> None:
    found = hints.of_command("cat 'big file.dat'>sub/new|tee /no-such/x", str(folder))
    assert found == hints.Hints((str(folder / "big file.dat"), str(folder / "sub"), "/"), 1000)


@pytest.mark.parametrize(
    "word", [r"big\ file.dat", '"big file.dat"', "big' 'file.dat", './b"ig file".dat', "'big file.dat';", "sub\t'"]
)
def test_quotes_of_the_shell_are_taken_off(folder: Path, word: str) -> None:
    (path,) = hints.of_command(f"cat {word}", str(folder)).paths
    assert path in (str(folder / "big file.dat"), str(folder / "sub"))


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=30)) | st.text(max_size=60), st.text())
def test_no_argument_makes_it_fail(args: list[str] | str, cwd: str) -> None:
    found = hints.of_command(args, f"/{cwd}")
    for path in found.paths:
        path.encode()


def test_a_file_that_the_broker_cannot_name_is_known_by_its_folder(folder: Path) -> None:
    try:
        (folder / "sub" / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    assert hints.of_command(["cat", "sub/caf\udce9"], str(folder)).paths == (str(folder / "sub"),)


def test_an_argument_costs_one_stat_where_it_exists(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    real = os.stat
    monkeypatch.setattr(hints.os, "stat", lambda path: (looked.append(path), real(path))[1])
    hints.of_command(["cat", "sub/small", "-n", "big file.dat"], str(folder))
    monkeypatch.undo()
    assert looked == [str(folder / each) for each in ("sub/small", "big file.dat")]


def _prepared(folder: Path, **given: object) -> Prototype:
    return patterns.prepare(
        Prototype.read({"args": ["cat", "big file.dat"], "pattern": "shell", "cwd": folder, **given})
    )


def test_a_command_gets_hints_where_it_has_none(folder: Path) -> None:
    prepared = _prepared(folder)
    assert (prepared.io_paths, prepared.duration, prepared.guessed) == ((str(folder / "big file.dat"),), 1e-5, True)


def test_hints_that_were_given_stay(folder: Path) -> None:
    given = _prepared(folder, duration=5)
    assert (given.duration, given.guessed) == (5.0, False)
    assert (_prepared(folder, io_paths=[]).io_paths, _prepared(folder, io_paths=[]).duration) == ((), 0.0)
    assert _prepared(folder, hints={"paths": ["/mnt"]}).io_paths == ("/mnt",)
