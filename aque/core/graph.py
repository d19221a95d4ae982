"""From nested prototypes to a flat list of nodes, dependencies first, with cycles found.

The same mapping object met twice is the same task. Walks are iterative: a chain of any length has no stack to overflow.
Prototypes may come in parts, so that a stream of them need never be held as a whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from .errors import DependencyResolutionError
from .hooks import FIELD, hooks
from .task import TaskHandle, ValueOf

CONDITIONS: Final = ("success", "complete", "failure")
OTHERWISE: Final = ("fail", "cancel", "wait")
"""What becomes of a task when a condition can no longer be met."""
_EDGE: Final = frozenset({"task", "condition", "otherwise"})
_TIES: Final = frozenset({"dependencies", "children", "kwargs"})
_ATOMS: Final = frozenset({str, int, float, bool, type(None), bytes})
_IDS: Final = frozenset({int, type(None)})


class Edge(NamedTuple):
    """A dependency: of a node (`local`: its place in the graph) or of a task that is there (its id)."""

    target: int
    local: bool
    condition: str = "success"
    is_child: bool = False
    otherwise: str = "fail"


class Node(NamedTuple):
    """A prototype as it was given, and what it waits for, which stands before it."""

    given: Mapping[str, Any]
    edges: tuple[Edge, ...] = ()
    parent: tuple[int, bool] | None = None


class _Wish(NamedTuple):
    target: Mapping[str, Any] | int
    condition: str = "success"
    is_child: bool = False
    otherwise: str = "fail"


class Graph:
    """Numbers prototypes, from 0, as they come. `on_done`: the hooks of those that say nothing of theirs."""

    def __init__(self, on_done: Any = None) -> None:
        self._on_done = on_done
        self._places: dict[int, int] = {}  # by the identity of a prototype
        self._kept: dict[int, Mapping[str, Any]] = {}  # so that no identity comes up a second time
        self._wishes: dict[int, tuple[_Wish, ...]] = {}
        self._size = 0

    def add(self, prototypes: Iterable[Mapping[str, Any]]) -> tuple[list[Node], list[int]]:
        """What these, and all that they depend on, add to the graph, dependencies first; and the places of the given.

        Raises DependencyResolutionError for a cycle, which it names, and for a dependency that is no task.
        """
        roots = list(prototypes)
        added: list[Mapping[str, Any]] = []
        queue = list(roots)
        for root in queue:  # grows: parents and hooks belong to the graph, though nobody waits for them
            is_alone = self._is_new_and_alone(root)
            for given in (root,) if is_alone else self._unseen(root):
                self._places[id(given)] = self._size + len(added)
                added.append(given)
                if not is_alone and isinstance(parent := given.get("parent"), Mapping):
                    queue.append(parent)
                if (what := given.get(FIELD, self._on_done)) is not None:
                    queue.extend(hooks(given, what))
        nodes = list(map(self._node if self._wishes else _alone, added))
        self._kept.update(zip(map(id, added), added, strict=True))
        self._size += len(added)
        self._wishes.clear()
        return nodes, [self._places[id(root)] for root in roots]

    def place(self, given: Mapping[str, Any]) -> int:
        """Where a prototype stands that was added."""
        return self._places[id(given)]

    def forget(self) -> None:
        """Let go of prototypes that nobody else holds: they cannot be met again."""
        ours = 2  # the dict, and the call
        for key in [key for key in self._kept if sys.getrefcount(self._kept[key]) <= ours]:
            del self._kept[key], self._places[key]

    def _node(self, given: Mapping[str, Any]) -> Node:
        wishes = self._wishes.get(id(given))
        if wishes is None:
            return _alone(given)
        parent = given.get("parent")
        edges = {
            target: Edge(*target, wish.condition, wish.is_child, wish.otherwise)
            for wish in wishes
            for target in [self._place(wish.target)]
        }
        return Node(given, tuple(edges.values()), None if parent is None else self._place(_target(parent)))

    def _place(self, target: Mapping[str, Any] | int) -> tuple[int, bool]:
        return (target, False) if isinstance(target, int) else (self.place(target), True)

    def _inner(self, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        wishes = self._wishes[id(given)] = tuple(_wishes(given))
        return [wish.target for wish in wishes if not isinstance(wish.target, int)]

    def _is_new_and_alone(self, given: Mapping[str, Any]) -> bool:
        """Whether it is seen at a glance that a prototype has ties to no other: most of a million have none."""
        args: Any = given.get("args", ())
        is_alone = _TIES.isdisjoint(given) and type(given.get("parent")) in _IDS and _is_flat(args)
        return is_alone and id(given) not in self._places

    def _unseen(self, root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Those that are not numbered yet, each after what it depends on; the caller numbers them as they come."""
        if id(root) in self._places:
            return
        inner = self._inner(root)
        if self._places.keys() >= set(map(id, inner)):
            yield root
            return
        path = {id(root): root}
        stack = [(root, iter(inner))]
        while stack:
            given, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                del path[id(given)]
                yield given
            elif id(child) in path:
                raise DependencyResolutionError(_describe_cycle(list(path.values()), child))
            elif id(child) not in self._places:
                path[id(child)] = child
                stack.append((child, iter(self._inner(child))))


def flatten(prototypes: Iterable[Mapping[str, Any]]) -> tuple[list[Node], list[int]]:
    """All prototypes and what they depend on, dependencies first, and the places of those that were given."""
    return Graph().add(prototypes)


def map_values(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with `change` applied to whatever stands for a task in it, in lists, tuples and dicts of any depth."""
    if type(value) in _ATOMS:
        return value
    if isinstance(value, ValueOf | TaskHandle):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(map_values(each, change) for each in value)
    if type(value) is dict:
        return {name: map_values(each, change) for name, each in value.items()}
    return value


def _alone(given: Mapping[str, Any]) -> Node:
    """The node of what needs nothing; its parent, where it has one, is the id of a task that is there."""
    parent = given.get("parent")
    return Node(given) if parent is None else Node(given, (), (parent, False))


def _wishes(given: Mapping[str, Any]) -> Iterator[_Wish]:
    """What a prototype waits for: values in its arguments first, so that a condition given for the same task wins."""
    for name in ("args", "kwargs"):
        if (values := given.get(name)) and not isinstance(values, str) and not _is_flat(values):
            yield from _wishes_in(values)
    for dependency in _several(given.get("dependencies")):
        yield _wish(dependency)
    for child in _several(given.get("children")):
        yield _Wish(_target(child), is_child=True)


def _wishes_in(values: Any) -> list[_Wish]:
    found: list[_Wish] = []

    def note(value: ValueOf | TaskHandle) -> None:
        found.append(_Wish(_target(value.task if isinstance(value, ValueOf) else value)))

    with suppress(RecursionError):  # what is nested so deeply is refused, with its place, when it is encoded
        map_values(_plain(values), note)
    return found


def _is_flat(values: Any) -> bool:
    """Whether it is seen at a glance that nothing in arguments stands for a task."""
    return type(values) in (list, tuple) and _ATOMS.issuperset(map(type, values))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)


def _several(value: Any) -> Iterable[Any]:
    if value is None or type(value) in (list, tuple):
        return value or ()
    return (value,) if isinstance(value, str | int | Mapping | TaskHandle) else value


def _wish(dependency: Any) -> _Wish:
    """From a task, from a task and a condition, or from `{"task": …, "condition": …, "otherwise": …}`."""
    if type(dependency) is dict and "task" not in dependency:
        return _Wish(dependency)
    if isinstance(dependency, tuple | list) and len(dependency) == 2 and isinstance(dependency[1], str):
        target, condition = dependency
        return _Wish(_target(target), _one_of(CONDITIONS, "condition", condition))
    if isinstance(dependency, Mapping) and "task" in dependency and dependency.keys() <= _EDGE:
        condition = _one_of(CONDITIONS, "condition", dependency.get("condition", "success"))
        otherwise = _one_of(OTHERWISE, "otherwise", dependency.get("otherwise", "fail"))
        return _Wish(_target(dependency["task"]), condition, otherwise=otherwise)
    return _Wish(_target(dependency))


def _one_of(known: tuple[str, ...], what: str, given: Any) -> str:
    if given not in known:
        raise DependencyResolutionError(f"no such {what}: {given!r} (one of {', '.join(known)})")
    return str(given)


def _target(value: Any) -> Mapping[str, Any] | int:
    if isinstance(value, TaskHandle):
        return value.id
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise DependencyResolutionError(f"not a task: {value!r} (give an id, a future or a prototype)")


def _describe_cycle(path: list[Mapping[str, Any]], again: Mapping[str, Any]) -> str:
    start = next(place for place, given in enumerate(path) if given is again)
    names = [_call(given) for given in [*path[start:], again]]
    shown = names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]
    return f"the dependencies form a cycle: {' → '.join(shown)}"


def _call(given: Mapping[str, Any]) -> str:
    func = given.get("func")
    return str(given.get("name") or getattr(func, "__name__", None) or func or given.get("pattern") or "unnamed")
