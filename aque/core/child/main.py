"""Runs one task: reads what it is, calls its function, and tells the worker how that ended."""

from __future__ import annotations

import functools
import json
import os
import sys
from typing import Any, Callable, Mapping

from . import codec, variables
from .calls import awaited
from .current import Channel, CurrentTask, begin
from .errors import EncodeError
from .failure import failure
from .names import resolve_name
from .parent import die_with_parent

_OF_MAIN = {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__"}


def main() -> None:
    """Run the task that is described on the descriptor AQUE_INPUT_FD, and exit: 0 if it returned, 1 if it raised."""
    pipe = _inherited("AQUE_MESSAGE_FD")
    die_with_parent(pipe)
    channel = Channel(os.fdopen(pipe, "wb"))
    with os.fdopen(_inherited("AQUE_INPUT_FD"), "rb") as source:
        told = json.load(source)
    enter()
    sys.exit(run(told, channel))


def run(told: Mapping[str, Any], channel: Channel) -> int:
    """Run a task and tell the worker how it ended; the status to exit with."""
    process = os.getpid()
    end = execute(told, channel)
    if os.getpid() == process:
        channel.send(end)
    elif end["type"] == "error":  # a fork of the task's own that came back; how the task ends is not for it to tell
        sys.stderr.write(end["error"]["traceback"])
    return 0 if end["type"] == "result" else 1


def execute(told: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
    """Run a task; how it ended, as the worker is told."""
    task = CurrentTask(told["task"], told["dependencies"])
    begin(task, channel, told.get("broker"))
    return _flushed(_end(task, told["run"]))


def _inherited(name: str) -> int:
    """A descriptor from the runner, kept from the programs that the task starts."""
    descriptor = int(os.environ.pop(name))
    os.set_inheritable(descriptor, False)
    return descriptor


def enter() -> None:
    """Give the task an empty `__main__`, and imports from its folder first, last from where its submitter had them."""
    clear_main()
    sys.argv[:] = [""]
    look_around()


def look_around() -> None:
    """Have a task import from its folder first, last from where its submitter had them."""
    try:
        sys.path.insert(0, os.getcwd())
    except OSError:  # it is gone, and with it all that could be imported from there
        pass
    if extra := variables.take(b"AQUE_SYS_PATH"):
        paths = dict.fromkeys(os.fsdecode(extra).split(os.pathsep))
        sys.path += [path for path in paths if path and path not in sys.path]


def clear_main() -> None:
    """Leave nothing in `__main__` but what every module has."""
    main = vars(sys.modules["__main__"])
    for name in main.keys() - _OF_MAIN:
        del main[name]


def _end(task: CurrentTask, run: str) -> dict[str, Any]:
    """How the task ends, as the worker is told."""
    try:
        value = _function(run)(task)
        return {"type": "result", "value": _stored(value if type(value) in codec.PLAIN else awaited(value))}
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return {"type": "result", "value": None}
        return {"type": "error", "error": failure(error)}


def _stored(value: Any) -> Any:
    try:
        return codec.to_tree(value)
    except EncodeError as error:
        raise EncodeError(f"the result: {error}") from error.__cause__


def _flushed(end: dict[str, Any]) -> dict[str, Any]:
    """The end, or the error with which the output before it was lost: then it is no success."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):  # a task may have put others over its own
        try:
            stream.flush()  # type: ignore[union-attr]
        except OSError as error:
            _give_up(stream)
            if end["type"] == "result":
                end = {"type": "error", "error": failure(error)}
        except (ValueError, AttributeError):  # closed by the task, or replaced by something else
            pass
    return end


def _give_up(stream: Any) -> None:
    """Let what a stream still holds go nowhere: Python would try again at its end, and fail in its own way."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError, AttributeError):  # no file of the system's
        pass
    os.close(nowhere)


def _function(run: str) -> Callable[[CurrentTask], Any]:
    """What does the work of a task: built in, or a pattern by its name."""
    return _BUILT_IN.get(run) or functools.partial(_pattern, run)


def _generic(task: CurrentTask) -> Any:
    return task.fields.call(resolve_name(task.fields["func"]))


def _reduce(task: CurrentTask) -> Any:
    func = resolve_name(task.fields["func"])
    results = [each["result"] for each in task.dependencies]
    return functools.reduce(func, results, *(task.fields.get("args") or ()))


def _pattern(name: str, task: CurrentTask) -> Any:
    """A class with a method `run`, or any callable, given the task's fields and its dependencies."""
    target = resolve_name(name)
    call = target().run if isinstance(target, type) else getattr(target, "run", target)
    return call(task.fields, task.dependencies)


def _hook(task: CurrentTask) -> int:
    from . import hook

    return hook.run(task)


_BUILT_IN: Mapping[str, Callable[[CurrentTask], Any]] = {"generic": _generic, "hook": _hook, "reduce": _reduce}
