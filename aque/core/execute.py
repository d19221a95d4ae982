"""A whole DAG here and now, in this process, with no broker."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable, Mapping
from typing import Any, Final

from . import patterns
from .child.calls import awaited
from .child.names import resolve_name
from .errors import PatternMissingError, TaskError, UsageError
from .graph import Node, flatten, map_values
from .hooks import Hook
from .task import Prototype, TaskHandle, ValueOf, local_defaults


def execute(prototype: Mapping[str, Any]) -> Any:
    """Run a prototype after all that it depends on, one by one, and return its result.

    A command writes to this process's stdout and stderr. Conditions of dependencies are taken as `success`; hooks are
    left out.
    Raises what a task raises, TaskError where a command fails, and DependencyResolutionError for a cycle.
    """
    nodes, _ = flatten([prototype])
    results: dict[int, Any] = {}
    for node in (each for each in nodes if not isinstance(each.given, Hook)):
        results[id(node.given)] = _run(node, nodes, results)
    return results[id(prototype)]


def _run(node: Node, nodes: list[Node], results: Mapping[int, Any]) -> Any:
    kind = "shell" if "pattern" not in node.given and "func" not in node.given else "generic"
    read = Prototype.read(node.given, local_defaults(), {"pattern": kind})
    task = patterns.prepare(read)
    if task.pattern not in _RUNNERS:
        raise PatternMissingError(f"without a broker only {', '.join(_RUNNERS)} tasks can be executed")
    for edge in node.edges:
        if not edge.local:
            raise UsageError(f"task {edge.target} lives in a broker: execute() has none")
    return _RUNNERS[task.pattern](task, [results[id(nodes[edge.target].given)] for edge in node.edges], results)


def _generic(task: Prototype, _: list[Any], results: Mapping[int, Any]) -> Any:
    def value(asked: ValueOf | TaskHandle) -> Any:
        if isinstance(asked, ValueOf) and isinstance(asked.task, Mapping) and asked.kind == "result":
            return results[id(asked.task)]
        raise UsageError("execute() knows the results of prototypes alone, neither stdout nor futures")

    args = map_values(list(task.args), value)
    return awaited(_function(task)(*args, **map_values(dict(task.kwargs), value)))


def _reduce(task: Prototype, inputs: list[Any], _: Mapping[int, Any]) -> Any:
    return functools.reduce(_function(task), inputs, *task.args)


def _shell(task: Prototype, _: list[Any], __: Mapping[int, Any]) -> Any:
    argv = patterns.command("shell", {"args": task.args})
    assert argv
    done = subprocess.run(argv, cwd=task.cwd, env=dict(task.environ), input=task.stdin_value, check=False)
    if done.returncode:
        raise TaskError(f"{task.name or argv[0]}: exit status {done.returncode}")
    return 0


_RUNNERS: Final[Mapping[str, Callable[[Prototype, list[Any], Mapping[int, Any]], Any]]] = {
    "generic": _generic,
    "reduce": _reduce,
    "shell": _shell,
    "group": lambda *_: None,
}


def _function(task: Prototype) -> Callable[..., Any]:
    return resolve_name(task.func) if isinstance(task.func, str) else task.func  # type: ignore[no-any-return]
