"""From nested prototypes to a flat list of nodes, dependencies first, with cycles found.

The same mapping object met twice is the same task. Walks are iterative: a chain of any length has no stack to overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import DependencyResolutionError
from .task import TaskHandle, ValueOf

CONDITIONS: Final = ("success", "complete", "failure")


@dataclass(frozen=True)
class Edge:
    """A dependency: of a node (`local`: its place in the list) or of a task that is there (its id)."""

    target: int
    local: bool
    condition: str = "success"
    is_child: bool = False


@dataclass(frozen=True)
class Node:
    """A prototype as it was given, and what it waits for, which stands before it in the list."""

    given: Mapping[str, Any]
    edges: tuple[Edge, ...]
    parent: tuple[int, bool] | None = None


@dataclass(frozen=True)
class _Wish:
    target: Mapping[str, Any] | int
    condition: str = "success"
    is_child: bool = False


def flatten(prototypes: Iterable[Mapping[str, Any]]) -> tuple[list[Node], list[int]]:
    """All prototypes and what they depend on, dependencies first, and the places of those that were given.

    Raises DependencyResolutionError for a cycle, which it names, and for a dependency that is no task.
    """
    roots = list(prototypes)
    order = _depth_first(roots)
    places = {id(given): place for place, given in enumerate(order)}
    nodes = [_node(given, places) for given in order]
    return nodes, [places[id(root)] for root in roots]


def map_values(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with `change` applied to whatever stands for a task in it, in lists, tuples and dicts of any depth."""
    if isinstance(value, ValueOf | TaskHandle):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(map_values(each, change) for each in value)
    if type(value) is dict:
        return {name: map_values(each, change) for name, each in value.items()}
    return value


def _node(given: Mapping[str, Any], places: Mapping[int, int]) -> Node:
    def place(target: Any) -> tuple[int, bool]:
        return (places[id(target)], True) if isinstance(target, Mapping) else (int(target), False)

    edges = {
        target: Edge(*target, wish.condition, wish.is_child)
        for wish in _wishes(given)
        for target in [place(wish.target)]
    }
    parent = given.get("parent")
    return Node(given, tuple(edges.values()), None if parent is None else place(_target(parent)))


def _wishes(given: Mapping[str, Any]) -> Iterator[_Wish]:
    """What a prototype waits for: values in its arguments first, so that a condition given for the same task wins."""
    found: list[_Wish] = []

    def note(value: ValueOf | TaskHandle) -> None:
        found.append(_Wish(_target(value.task if isinstance(value, ValueOf) else value)))

    for name in ("args", "kwargs"):
        if not isinstance(given.get(name), str):
            map_values(_plain(given.get(name)), note)
    yield from found
    for dependency in _several(given.get("dependencies")):
        yield _wish(dependency)
    for child in _several(given.get("children")):
        yield _Wish(_target(child), is_child=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value if value is None else list(value)


def _several(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | Mapping | TaskHandle) else value


def _wish(dependency: Any) -> _Wish:
    if isinstance(dependency, tuple | list) and len(dependency) == 2 and isinstance(dependency[1], str):
        target, condition = dependency
        if condition not in CONDITIONS:
            raise DependencyResolutionError(f"no such condition: {condition!r} (one of {', '.join(CONDITIONS)})")
        return _Wish(_target(target), condition)
    return _Wish(_target(dependency))


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


def _inner(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [wish.target for wish in _wishes(given) if isinstance(wish.target, Mapping)]


def _depth_first(roots: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    order: list[Mapping[str, Any]] = []
    done: set[int] = set()
    for root in roots:
        path: dict[int, Mapping[str, Any]] = {}
        stack = [] if id(root) in done else [(root, iter(_inner(root)))]
        path.update((id(each), each) for each, _ in stack)
        while stack:
            given, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                del path[id(given)]
                done.add(id(given))
                order.append(given)
            elif id(child) in path:
                raise DependencyResolutionError(_describe_cycle(list(path.values()), child))
            elif id(child) not in done:
                path[id(child)] = child
                stack.append((child, iter(_inner(child))))
    return order


def _describe_cycle(path: list[Mapping[str, Any]], again: Mapping[str, Any]) -> str:
    start = next(place for place, given in enumerate(path) if given is again)
    names = [_call(given) for given in [*path[start:], again]]
    shown = names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]
    return f"the dependencies form a cycle: {' → '.join(shown)}"


def _call(given: Mapping[str, Any]) -> str:
    func = given.get("func")
    return str(given.get("name") or getattr(func, "__name__", None) or func or given.get("pattern") or "unnamed")
