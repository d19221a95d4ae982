"""From the nodes of a graph to the rows and edges that are stored."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from . import patterns
from .child import codec
from .errors import EncodeError
from .graph import Edge, Node, map_values
from .task import Prototype, TaskHandle, ValueOf


class Submission:
    """Nodes with their ids, on the way into the broker."""

    def __init__(
        self,
        nodes: Sequence[Node],
        ids: Sequence[int],
        defaults: Mapping[str, Any],
        inheritance: Callable[[int], Mapping[str, Any]],
    ) -> None:
        self._nodes = nodes
        self._ids = ids
        self._defaults = defaults
        self._inheritance = cache(inheritance)
        self._by_identity = {id(node.given): task for node, task in zip(nodes, ids, strict=True)}
        self._read: dict[int, Prototype] = {}

    def rows(self) -> Iterator[tuple[dict[str, Any], Mapping[str, str]]]:
        """The row of each node, and its environment."""
        for node, task in zip(self._nodes, self._ids, strict=True):
            prototype = self._prototype(node)
            row = {**_row(prototype), **self._work(prototype), "id": task, "parent_id": self._parent(node)}
            environ = dict(prototype.environ)
            if prototype.pattern != "shell" and (path := extra_path()):
                environ.setdefault("AQUE_SYS_PATH", path)
            yield row, environ

    def edges(self) -> dict[int, list[dict[str, Any]]]:
        """The edges of each task; those that come to a parent that is there already stand with its new child."""
        found: dict[int, list[dict[str, Any]]] = {}
        for node, task in zip(self._nodes, self._ids, strict=True):
            own = found.setdefault(task, [])
            own += [self._edge(task, place, edge) for place, edge in enumerate(node.edges)]
            if node.parent and not node.parent[1]:
                own.append({"task": node.parent[0], "needs": task, "adopted": True})
        return found

    def _edge(self, task: int, place: int, edge: Edge) -> dict[str, Any]:
        needs = self._ids[edge.target] if edge.local else edge.target
        return {"task": task, "needs": needs, "condition": edge.condition, "place": place, "is_child": edge.is_child}

    def _parent(self, node: Node) -> int | None:
        if node.parent is None:
            return None
        target, local = node.parent
        return self._ids[target] if local else target

    def _prototype(self, node: Node) -> Prototype:
        key = id(node.given)
        if key not in self._read:
            inherited = self._inherited(node)
            pattern = "shell" if "pattern" not in node.given and "func" not in node.given else "generic"
            read = Prototype.read(node.given, inherited, self._defaults, {"pattern": pattern})
            self._read[key] = patterns.find(read.pattern).prepare(read)
        return self._read[key]

    def _inherited(self, node: Node) -> Mapping[str, Any]:
        if node.parent is None:
            return {}
        target, local = node.parent
        return self._prototype(self._nodes[target]).inheritable() if local else self._inheritance(target)

    def _work(self, prototype: Prototype) -> dict[str, Any]:
        func = prototype.func
        return {
            "func": func if func is None or isinstance(func, str) else codec.name_of(func),
            "args": self._encode(prototype.args, "argument"),
            "kwargs": self._encode(dict(prototype.kwargs), "argument") if prototype.kwargs else None,
            "extra": self._encode(dict(prototype.extra), "field") if prototype.extra else None,
        }

    def _encode(self, values: Any, what: str) -> Any:
        """Each value apart, so that an error names it and a bad one spoils no other."""
        if isinstance(values, str):
            return self._tree(values, what)
        if isinstance(values, dict):
            return {name: self._tree(each, f"{what} {name}") for name, each in values.items()}
        return [self._tree(each, f"{what} {place}") for place, each in enumerate(values, 1)]

    def _tree(self, value: Any, what: str) -> Any:
        try:
            return codec.to_tree(map_values(value, self._reference))
        except EncodeError as error:
            raise EncodeError(f"{what}: {error}") from error

    def _reference(self, value: ValueOf | TaskHandle) -> codec.Reference:
        task, kind = (value.task, value.kind) if isinstance(value, ValueOf) else (value, "result")
        if isinstance(task, Mapping):
            return codec.Reference(self._by_identity[id(task)], kind)
        return codec.Reference(task.id if isinstance(task, TaskHandle) else int(task), kind)


def _row(prototype: Prototype) -> dict[str, Any]:
    """The columns that are stored as they were read."""
    content = prototype.stdin_value
    return {
        "name": codec.clean_text(prototype.name or _default_name(prototype)),
        "pattern": prototype.pattern,
        "cwd": prototype.cwd,
        "username": prototype.user,
        "groupname": prototype.group,
        "interpreter": prototype.interpreter,
        "stdin": prototype.stdin,
        "stdout": prototype.stdout,
        "stderr": prototype.stderr,
        "stdin_value": None if content is None else f"\\x{content.hex()}",
        "timeout": prototype.timeout,
        "retry_delay": prototype.retry_delay,
        "retries": prototype.retries,
        "run_at": prototype.run_at and prototype.run_at.isoformat(),
        "io_paths": prototype.io_paths,
        "priority": prototype.priority,
        "duration": prototype.duration,
        "key": prototype.key,
        "hold": prototype.hold,
        "queue": prototype.queue,
        "cpus": prototype.cpus.count,
        "cpu_share": prototype.cpus.share,
        "memory": prototype.memory,
        "host": prototype.host,
        "platform": prototype.platform,
        "tags": sorted(prototype.tags),
    }


def _default_name(prototype: Prototype) -> str:
    func = prototype.func
    if func is not None:
        return str(func).rpartition(":")[2] if isinstance(func, str) else getattr(func, "__qualname__", repr(func))
    if isinstance(prototype.args, str):
        return prototype.args.strip().partition("\n")[0][:80]
    return os.path.basename(str(prototype.args[0])) if prototype.args else prototype.pattern  # noqa: PTH119


@cache
def extra_path() -> str:
    """Where this process finds modules that its interpreter alone would not find: the script's folder, for instance."""
    own = (sys.prefix, sys.base_prefix, *site.getsitepackages())
    return os.pathsep.join(p for p in sys.path if p and os.path.isdir(p) and not p.startswith(own))  # noqa: PTH112
