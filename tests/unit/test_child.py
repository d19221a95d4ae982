"""What a task's own interpreter does with a task: real processes of every Python that is here."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from aque.core.child import codec
from aque.core.child.codec import Reference
from aque.core.child.current import Pipe
from tests.children import BOOT, every_python, made, run


@every_python
def test_a_function_is_called_with_its_arguments(work: Path, python: str) -> None:
    assert run("work:add", work, 1, python=python, kwargs={"b": 2}).value == 3


@every_python
def test_values_pass_between_pythons_unchanged(work: Path, python: str) -> None:
    values = [(1, {2}), {"a": b"x"}, Path("/x"), 10**5000, float("inf"), "\0\ud800", slice(1, 2)]
    back = run("work:add", work, values, [], python=python).value
    assert back == values
    assert [type(each) for each in back] == [type(each) for each in values]


@every_python
def test_a_coroutine_is_awaited(work: Path, python: str) -> None:
    assert run("work:later", work, 5, python=python).value == 5


@every_python
def test_an_error_tells_its_type_message_value_and_the_tasks_own_frames(work: Path, python: str) -> None:
    error = run("work:fail", work, "no", python=python).error
    assert (error["type"], error["message"]) == ("builtins:ValueError", "no")
    assert "work.py" in error["traceback"]
    assert str(Path(BOOT).parent) not in error["traceback"]
    assert repr(codec.from_tree(error["value"])) == "ValueError('no')"


@every_python
def test_an_error_whose_init_takes_other_arguments_comes_back_as_it_was(
    work: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(work)
    monkeypatch.delitem(sys.modules, "work", raising=False)
    error = run("work:weird", work, python=python).error
    back: Any = codec.from_tree(error["value"])
    assert (error["type"], str(back), back.number) == ("work:Weird", "3 because so", 3)


@every_python
def test_progress_is_told_in_texts_that_the_database_takes(work: Path, python: str) -> None:
    ended = run("work:steps", work, python=python)
    assert [line["type"] for line in ended.lines] == ["progress", "progress", "result"]
    assert ended.lines[0] == {"type": "progress", "done": 1, "total": None, "message": None}
    assert ended.lines[1]["message"] == "frame \\x00 \\ud800"
    assert "\\u0000" not in ended.raw
    assert ended.value == [7, "n", 2, "work:steps", "embedded:/x"]


@pytest.mark.parametrize("code", [0, None])
def test_leaving_with_zero_is_success(work: Path, code: Any) -> None:
    ended = run("work:leave", work, code)
    assert (ended.value, ended.stdout) == (None, "left\n")


@pytest.mark.parametrize(("code", "message"), [(3, "3"), ("words", "words"), (True, "True")])
def test_leaving_with_anything_else_is_an_error(work: Path, code: Any, message: str) -> None:
    error = run("work:leave", work, code).error
    assert (error["type"], error["message"]) == ("builtins:SystemExit", message)


def test_an_interrupt_is_an_error_and_not_a_lost_task(work: Path) -> None:
    assert run("work:interrupt", work).error["type"] == "builtins:KeyboardInterrupt"


@every_python
def test_a_result_that_cannot_be_stored_is_an_error_by_the_name_the_core_knows(work: Path, python: str) -> None:
    error = run("work:unstorable", work, python=python).error
    assert error["type"] == "aque.core.child.errors:EncodeError"
    assert "lambda" in error["message"]
    assert type(codec.from_tree(error["value"])).__module__ == "aque.core.child.errors"


def test_an_argument_that_cannot_be_read_is_named(work: Path) -> None:
    error = run("work:add", work, task={"args": '[1, {"$name": "gone:x"}]'}).error
    assert error["type"] == "aque.core.child.errors:DecodeError"
    assert error["message"].startswith("argument 2: ")
    assert "gone" in error["message"]
    assert "\n" not in error["message"]


def test_where_pickle_is_forbidden_the_argument_and_the_type_are_named(work: Path) -> None:
    forbidden = {"AQUE_PICKLE": "0"}
    error = run("work:add", work, 1, kwargs={"b": slice(1)}, environ=forbidden).error
    told = "a stored value of type builtins:slice is pickled, which AQUE_PICKLE=0 forbids to read here"
    assert error["message"] == f"argument b: {told}"
    error = run("builtins:slice", work, 1, environ=forbidden).error
    assert error["message"].startswith("the result: a value of type builtins:slice can only be pickled")


def test_a_function_that_is_gone_is_told_in_one_line(work: Path) -> None:
    error = run("work:gone", work).error
    assert error["type"] == "aque.core.child.errors:DecodeError"
    assert "gone" in error["message"]
    assert "\n" not in error["message"]
    assert error["traceback"] == ""


def test_a_module_that_fails_on_import_shows_where(work: Path) -> None:
    (work / "half.py").write_text("import work\nwork.fail('half way')\n")
    error = run("half:f", work).error
    assert error["message"] == "cannot import 'half': ValueError: half way"
    assert "half.py" in error["traceback"]
    assert "importlib" not in error["traceback"]


def test_references_stand_for_what_dependencies_made(work: Path) -> None:
    given = [made(1, 20), made(2, stdout="text")]
    assert run("work:add", work, Reference(1), 1, dependencies=given).value == 21
    assert run("work:kind", work, Reference(2, "stdout"), dependencies=given).value == "str"
    assert "no dependency" in run("work:kind", work, Reference(3), dependencies=given).error["message"]


@every_python
def test_reduce_folds_the_results_in_the_order_of_the_dependencies(work: Path, python: str) -> None:
    given = [made(2, "b"), made(1, "a")]
    assert run("work:add", work, run="reduce", dependencies=given, python=python).value == "ba"
    assert run("work:add", work, "_", run="reduce", dependencies=given, python=python).value == "_ba"


def test_another_pattern_is_a_class_with_run_or_any_callable(work: Path) -> None:
    given = [made(4, {5})]
    ended = run("", work, (1, 2), Reference(4), run="work:Pattern", dependencies=given)
    assert ended.value == ["pattern", 7, [(1, 2), {5}], [{5}]]
    assert run("", work, run="work:pattern", dependencies=given).value == ["callable", "n", 1]


def test_a_pattern_reads_what_can_be_read_beside_what_cannot(work: Path) -> None:
    task = {"args": '[1, {"$name": "gone:x"}]', "extra": '{"shot": {"$tuple": [1]}}'}
    kwargs, extra, error = run("", work, run="work:lenient", kwargs={"b": b"x"}, task=task).value
    assert (kwargs, extra) == ({"b": b"x"}, {"shot": (1,)})
    assert error.startswith("argument 2: ")


@every_python
def test_a_script_is_loaded_without_its_guarded_part_and_its_classes_come_back(work: Path, python: str) -> None:
    script = work / "script"
    script.write_text(
        "class Point:\n    def __init__(self, x): self.x = x\n"
        "def make(x): return Point(x)\n"
        "def read(point): return [type(point) is Point, point.x]\n"
        "if __name__ == '__main__': raise SystemExit('ran')\n"
    )
    tree = run(f"{script}:make", work, 3, python=python).lines[-1]["value"]
    ended = run(f"{script}:read", work, task={"args": json.dumps([tree])}, python=python)
    assert ended.value == [True, 3]


def test_an_exception_that_cannot_even_be_shown_is_told(work: Path) -> None:
    error = run("work:broken", work).error
    assert (error["type"], error["value"]) == ("work:Broken", None)


def test_a_line_that_a_signals_handler_broke_off_does_not_swallow_the_next() -> None:
    """Which may be the one that tells how the task ended."""
    reading, writing = os.pipe()
    pipe, told = Pipe(writing), b"x" * 200_000 + b"\n"

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, break_off)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            pipe.write(told)
    finally:
        signal.signal(signal.SIGALRM, before)
    with os.fdopen(reading, "rb") as source:
        thread = threading.Thread(target=lambda: (pipe.write(b"end\n"), os.close(writing)))
        thread.start()
        lines = source.read().splitlines()
        thread.join()
    assert lines[-1] == b"end"
