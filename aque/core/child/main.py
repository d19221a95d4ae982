"""Runs one task: reads what it is, calls its function, and tells the worker how that ended."""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from typing import Any, Callable, Mapping

from . import codec
from .current import Channel, CurrentTask, begin
from .errors import AqueError, DecodeError
from .names import resolve_name


def main() -> None:
    """Run the task that is described on the descriptor AQUE_INPUT_FD, and exit: 0 if it returned, 1 if it raised."""
    channel = Channel(os.fdopen(_inherited("AQUE_MESSAGE_FD"), "wb"))
    with os.fdopen(_inherited("AQUE_INPUT_FD"), "rb") as source:
        told = json.load(source)
    begin(CurrentTask(told["task"], told["dependencies"]), channel)
    end = _end(told)
    _flush()
    channel.send(end)
    sys.exit(0 if end["type"] == "result" else 1)


def _inherited(name: str) -> int:
    descriptor = int(os.environ.pop(name))
    os.set_inheritable(descriptor, False)
    return descriptor


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def _end(told: Mapping[str, Any]) -> dict[str, Any]:
    """How the task ended, as the worker is told."""
    try:
        return {"type": "result", "value": codec.to_tree(_run(told))}
    except SystemExit as error:
        if error.code in (None, 0):
            return {"type": "result", "value": None}
        return _failure(error)
    except BaseException as error:
        return _failure(error)


def _run(told: Mapping[str, Any]) -> Any:
    name = told["run"]
    if name in _BUILT_IN:
        value = _BUILT_IN[name](told)
    else:
        target = resolve_name(name)
        call = target().run if isinstance(target, type) else getattr(target, "run", target)
        value = call(told["task"], told["dependencies"])
    return _awaited(value)


def _awaited(value: Any) -> Any:
    if not inspect.isawaitable(value):
        return value
    import asyncio

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())


def _generic(told: Mapping[str, Any]) -> Any:
    task = told["task"]
    resolve = functools.partial(_value, _by_id(told))
    args = [
        _decoded(tree, "argument %d" % place, resolve)
        for place, tree in enumerate(json.loads(task.get("args") or "[]"), 1)
    ]
    kwargs = {
        name: _decoded(tree, "argument %s" % name, resolve)
        for name, tree in json.loads(task.get("kwargs") or "{}").items()
    }
    return resolve_name(task["func"])(*args, **kwargs)


def _reduce(told: Mapping[str, Any]) -> Any:
    task = told["task"]
    first = [_decoded(tree, "the first value", None) for tree in json.loads(task.get("args") or "[]")]
    results = [_result(each) for each in told["dependencies"]]
    return functools.reduce(resolve_name(task["func"]), results, *first)


_BUILT_IN: dict[str, Callable[[Mapping[str, Any]], Any]] = {"generic": _generic, "reduce": _reduce}


def _by_id(told: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    return {each["id"]: each for each in told["dependencies"]}


def _decoded(tree: Any, what: str, resolve: Callable[[codec.Reference], Any] | None) -> Any:
    try:
        return codec.from_tree(tree, resolve)
    except DecodeError as error:
        raise DecodeError("%s: %s" % (what, error)) from error


def _value(known: Mapping[int, Mapping[str, Any]], reference: codec.Reference) -> Any:
    try:
        source = known[reference.task_id]
    except KeyError:
        raise DecodeError("task %d is no dependency of this task" % reference.task_id) from None
    return source.get("stdout") if reference.kind == "stdout" else _result(source)


def _result(source: Mapping[str, Any]) -> Any:
    """The result of a dependency; a command's is its exit status."""
    stored = source.get("result")
    return source.get("exit_code") if stored is None else codec.decode(stored)


def _failure(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    told = {
        "type": "%s:%s" % (kind.__module__, kind.__qualname__),
        "message": codec.clean_text(_text(error)),
        "traceback": codec.clean_text(_traceback(error)),
        "value": _tree(error),
    }
    return {"type": "error", "error": told}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "an error that cannot be shown"


def _tree(error: BaseException) -> Any:
    try:
        return codec.to_tree(error)
    except AqueError:
        return None


def _traceback(error: BaseException) -> str:
    """As Python shows it, from the task's own first frame on."""
    import traceback

    frame = error.__traceback__
    own = os.path.dirname(os.path.abspath(__file__))
    while frame is not None and os.path.dirname(frame.tb_frame.f_code.co_filename) == own:
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame))
