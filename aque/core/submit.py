"""From the nodes of a graph to batches that one statement each stores. What tasks have in common is said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final

from . import alike, hooks, patterns
from .alike import SERIES, Like
from .child import codec
from .columns import demand_key, demand_row, environ_row, of_fields
from .errors import EncodeError
from .graph import Graph, Node, map_values
from .hooks import Hook
from .queries.storing import Batch, Ties
from .task import Prototype, Reader, TaskHandle, ValueOf


class Encoder:
    """Reads and encodes the nodes of a graph, part by part. `ids` are those of its nodes, and grow with it.

    `extra`: fields of no meaning to the broker that all have.
    """

    def __init__(
        self,
        graph: Graph,
        ids: Sequence[int],
        defaults: Mapping[str, Any],
        inheritance: Callable[[int], Mapping[str, Any]],
        extra: Mapping[str, Any],
    ) -> None:
        self.ties: Final = Ties()
        self._like = Like()
        self._graph = graph
        self._ids = ids
        self._defaults = defaults
        self._inheritance = cache(inheritance)
        self._extra = extra
        self._generic = self._reader({}, "generic")
        self._heirs: tuple[Hashable, Reader] = (None, self._generic)
        self._common = self._generic.common
        self._columns = {"demand": 1, **of_fields(self._common.__dict__)}

    def batch(self, nodes: Sequence[Node], start: int) -> Batch:
        """Nodes that stand from place `start` on; those that nothing ties need no ids yet.

        Raises UsageError, PatternMissingError or EncodeError.
        """
        batch, self._like = Batch(self._columns), Like()
        batch.demands.place(demand_key(self._common), lambda: demand_row(self._common))
        batch.ids.extend(self._ids[start : start + len(nodes)])
        for place, node in enumerate(nodes, start):
            self._add(node, batch)
            if node.edges or node.parent:
                self._connect(node, self._ids[place], batch)
        return batch

    def _add(self, node: Node, batch: Batch) -> None:
        own = dict(node.given)
        args = own.pop("args", self._common.args)
        own.pop("dependencies", None)
        own.pop("children", None)
        place, args = self._place(node, own, args, batch)
        batch.places.append(place)
        batch.args.append(self._encode(args, "argument"))

    def _place(self, node: Node, own: dict[str, Any], args: Any, batch: Batch) -> tuple[int, Any]:
        """Where the kind of a node stands, and its arguments as they are read."""
        is_like = self._like.has(own, args)
        if not is_like:
            self._like = self._look(node, own, args, batch)
        like = self._like
        if like.kind is not None:
            return like.kind, args
        return self._place_read(node, like.read.with_args(args) if is_like else like.read, batch)

    def _look(self, node: Node, own: dict[str, Any], args: Any, batch: Batch) -> Like:
        key = alike.key(own, args, self._common)
        if key in batch.kinds.places:
            return Like(own, batch.kinds.places[key])
        read = self._read(node)
        if key is None or patterns.prepare(read) is not read:
            return Like(None if isinstance(node.given, Hook) else own, read=read)  # a hook has more of what it is for
        return Like(own, batch.kinds.place(key, lambda: self._kind(node, read, batch)))

    def _place_read(self, node: Node, read: Prototype, batch: Batch) -> tuple[int, Any]:
        prototype = patterns.prepare(read)
        key: Hashable = (self._like, _name(read)) if prototype is read else object()
        return batch.kinds.place(key, lambda: self._kind(node, prototype, batch)), prototype.args

    def _kind(self, node: Node, prototype: Prototype, batch: Batch) -> dict[str, Any]:
        common = self._common.__dict__
        own = {name: value for name, value in prototype.__dict__.items() if value is not common[name]}
        row = {**of_fields(own), **self._work(prototype)}
        row["name"] = codec.clean_text(_name(prototype))
        row["environ"] = self._environ(prototype, batch)
        if not _DEMAND.isdisjoint(own):
            row["demand"] = batch.demands.place(demand_key(prototype), lambda: demand_row(prototype))
        if node.parent:
            row["parent_id"] = self._id(*node.parent)
        return row

    def _environ(self, prototype: Prototype, batch: Batch) -> int:
        """The variables of the queue's own environment are compared by identity: there are many, and it is the same."""
        environ, is_shell = prototype.environ, prototype.pattern == "shell"
        key = None if environ is self._common.environ else frozenset(environ.items())
        return batch.environs.place((is_shell, key), lambda: environ_row(environ, is_shell))

    def _connect(self, node: Node, task: int, batch: Batch) -> None:
        for place, edge in enumerate(node.edges):
            edges = batch.edges_of(edge[2:])
            edges.task_ids.append(task)
            edges.needs_ids.append(self._id(edge.target, edge.local))
            edges.places.append(place)
        outer = [edge.target for edge in node.edges if not edge.local]
        self.ties.needs.extend(outer)
        if outer:
            self.ties.dependents.append(task)
        if node.parent and not node.parent[1]:
            self.ties.parents.append(node.parent[0])
            self.ties.children.append(task)

    def _id(self, target: int, local: bool) -> int:
        return self._ids[target] if local else target

    def _read(self, node: Node) -> Prototype:
        given = node.given
        pattern = "shell" if "pattern" not in given and "func" not in given else "generic"
        return self._reader_of(node, pattern).read(given)

    def _reader_of(self, node: Node, pattern: str) -> Reader:
        """Children of one parent mostly come together: what they inherit is read once for all of them."""
        if isinstance(node.given, Hook):
            return self._reader(self._inherited(node.given), pattern)
        if node.parent is None:
            return self._generic if pattern == "generic" or "pattern" in self._defaults else self._shell
        if self._heirs[0] != (node.parent, pattern):
            self._heirs = (node.parent, pattern), self._reader(self._inherited(node.given), pattern)
        return self._heirs[1]

    @cached_property
    def _shell(self) -> Reader:
        return self._generic.but(pattern="shell")

    def _reader(self, inherited: Mapping[str, Any], pattern: str) -> Reader:
        return Reader(inherited, self._defaults, {"pattern": pattern})

    def _inherited(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if isinstance(given, Hook):
            target = self._reader(self._inherited(given.target), "generic").read(given.target)
            return hooks.fields(target, _name(target))
        parent = given.get("parent")
        if parent is None:
            return {}
        if not isinstance(parent, Mapping):
            return self._inheritance(parent.id if isinstance(parent, TaskHandle) else int(parent))
        return self._reader(self._inherited(parent), "generic").read(parent).inheritable()

    def _work(self, prototype: Prototype) -> dict[str, Any]:
        func = prototype.func
        work: dict[str, Any] = {}
        if func is not None:
            work["func"] = func if isinstance(func, str) else codec.name_of(func)
        if prototype.kwargs:
            work["kwargs"] = self._encode(dict(prototype.kwargs), "argument")
        if extra := {**self._extra, **prototype.extra}:
            work["extra"] = self._encode(extra, "field")
        return work

    def _encode(self, values: Any, what: str) -> Any:
        """Each value apart, so that an error names it and a bad one spoils no other."""
        if type(values) in SERIES and _ATOMS.issuperset(map(type, values)):
            return list(map(codec.to_tree, values))  # most have no others, in which there is nothing to find
        if isinstance(values, str):
            return self._tree(values, what)
        if isinstance(values, dict):
            return {name: self._tree(each, what, name) for name, each in values.items()}
        return [self._tree(each, what, place) for place, each in enumerate(values, 1)]

    def _tree(self, value: Any, what: str, where: object = "") -> Any:
        try:
            return codec.to_tree(map_values(value, self._reference))
        except EncodeError as error:
            raise EncodeError(f"{what} {where}".rstrip() + f": {error}") from error
        except RecursionError:
            raise EncodeError(f"{what} {where}".rstrip() + ": it is nested too deeply") from None

    def _reference(self, value: ValueOf | TaskHandle) -> codec.Reference:
        task, kind = (value.task, value.kind) if isinstance(value, ValueOf) else (value, "result")
        if isinstance(task, Mapping):
            return codec.Reference(self._ids[self._graph.place(task)], kind)
        return codec.Reference(task.id if isinstance(task, TaskHandle) else int(task), kind)


_ATOMS: Final = frozenset({str, int, float, bool, type(None), bytes})
_DEMAND: Final = frozenset({"queue", "user", "cpus", "memory", "host", "platform", "tags", "limits", "io_paths"})


def _name(prototype: Prototype) -> str:
    """The name that it has, or else gets."""
    if prototype.name:
        return prototype.name
    func = prototype.func
    if func is not None:
        return str(func).rpartition(":")[2] if isinstance(func, str) else getattr(func, "__qualname__", repr(func))
    if isinstance(prototype.args, str):
        return prototype.args.strip().partition("\n")[0][:80]
    return os.path.basename(str(prototype.args[0])) if prototype.args else prototype.pattern  # noqa: PTH119
