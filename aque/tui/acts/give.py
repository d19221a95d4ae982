"""What leaves the screen: a copy of an id or a command, and a file of all tasks of the filter."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from ...core.errors import UsageError
from ...core.fields import FIELDS
from ...core.view import View
from ..commands import Command, deed
from ..dialogs.ask import AskText
from ..errands import errand, tell
from ..files import check_new, new_file
from ..listing import command
from ..stage import Pointing, Stage
from ..told import tasks

_LISTED: Final = tuple(each for each in FIELDS if each.is_listed)


def _copy_id(screen: Pointing) -> None:
    if (key := screen.task_id) is not None:
        screen.app.copy_to_clipboard(str(key))
        tell(screen, f"copied: {key}")


def _copy_command(screen: Pointing) -> None:
    if screen.here:
        screen.app.copy_to_clipboard(command(screen.here))
        tell(screen, f"copied: {command(screen.here)}")


def _ask_file(screen: Stage) -> None:
    scope = screen.session.scope
    hint = f"{scope.text or 'all tasks'}, to a new file; its end says how: {', '.join(_FORMATS)}"
    question = AskText("Write to", "tasks.csv", hint, _check)
    screen.app.push_screen(question, lambda text: _export(screen, Path(text).expanduser()) if text else None)


def _check(text: str) -> None:
    path = Path(text).expanduser()
    if path.suffix not in _FORMATS:
        raise UsageError(f"its name should end in {' or '.join(_FORMATS)}")
    check_new(text)


def _export(screen: Stage, path: Path) -> None:
    scope = screen.session.scope

    def work() -> int:
        view = View(screen.session.broker)
        with screen.session.work.doing(f"writing {path.name}"):
            rows = view.rows(scope.selection, scope.sort)
            told = ({each.name: each.plain(row, view.now) for each in _LISTED} for row in rows)
            with new_file(path, "x", encoding="utf-8", newline="") as file:
                return _FORMATS[path.suffix](file, told)

    errand(screen, work, lambda count: tell(screen, f"{tasks(count)} written to {path}"))


Format = Callable[[IO[str], Iterable[Mapping[str, Any]]], int]


def _csv(file: IO[str], told: Iterable[Mapping[str, Any]]) -> int:
    writer = csv.writer(file)
    writer.writerow(each.name for each in _LISTED)
    count = 0
    for row in told:
        writer.writerow(_cell(value) for value in row.values())
        count += 1
    return count


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _json(file: IO[str], told: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for row in told:
        file.write(("[\n" if not count else ",\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    file.write("\n]\n" if count else "[]\n")
    return count


_FORMATS: Final[Mapping[str, Format]] = {".csv": _csv, ".json": _json}

COPIES: Final[tuple[Command, ...]] = (
    deed("copy_id", _copy_id, "y", "Copy id", "Copy the id of the task", "Look"),
    deed("copy_command", _copy_command, "Y", "Copy command", "Copy its command", "Look"),
)
COMMANDS: Final[tuple[Command, ...]] = (
    *COPIES,
    deed("export", _ask_file, "ctrl+s", "Export", "Write all of the filter to a file", "Look", files=True),
)
