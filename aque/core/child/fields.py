"""The fields of a task and of its dependencies, as the code of a task sees them.

What is stored in aque's encoding is read when it is looked at, each value apart: one that cannot be read here spoils
no other, and costs nothing as long as nobody asks for it.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Sequence

from . import codec, quick
from .errors import DecodeError

Columns = Mapping[str, Sequence[Any]]
Resolve = Callable[[codec.Reference], Any]


class TaskFields(Mapping[str, Any]):
    """A task's fields by name; its `args`, `kwargs` and `extra` are values, in which references stand resolved.

    Looking at one of those raises DecodeError, which names the argument that cannot be read.
    """

    __slots__ = ("_columns", "_dependencies", "_stored")

    def __init__(self, stored: Mapping[str, Any], dependencies: Columns) -> None:
        self._stored = stored
        self._columns = dependencies
        self._dependencies: Dependencies | None = None

    @property
    def dependencies(self) -> Dependencies:
        """Those of the task."""
        if self._dependencies is None:
            self._dependencies = Dependencies(self._columns)
        return self._dependencies

    def call(self, func: Callable[..., Any]) -> Any:
        """What a function makes of the arguments; most tasks have none by name."""
        args = self["args"] if self._stored.get("args") else ()
        if self._stored.get("kwargs") in _NO_ARGUMENTS:
            return func(*args)
        return func(*args, **self["kwargs"])

    def __getitem__(self, name: str) -> Any:
        stored = self._stored[name]
        read = _ENCODED.get(name)
        return stored if read is None else read(quick.read(stored) if stored else None, self._resolve)

    def _resolve(self, reference: codec.Reference) -> Any:
        """What a reference stands for."""
        source = self.dependencies.find(reference.task_id)
        if source is None:
            raise DecodeError(f"task {reference.task_id} is no dependency of this task")
        return source.get("stdout") if reference.kind == "stdout" else source["result"]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class DependencyFields(Mapping[str, Any]):
    """A dependency: `id`, `name`, `state`, `exit_code`, `signal`, `error` (what it says), `result` as a value, and
    `stdout` where an argument asks for it.

    The result of a command is its exit status. Looking at a result raises DecodeError if it cannot be read here.
    """

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> Any:
        stored = self._stored[name]
        if name != "result":
            return stored
        if stored is None:
            return self._stored.get("exit_code")
        return _named(f"the result of task {self._stored['id']}", codec.decode, stored)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class Dependencies:
    """The dependencies of a task, made when somebody asks for one: there may be thousands, and most ask for none."""

    __slots__ = ("_all", "_by_id", "_stored")

    def __init__(self, stored: Columns) -> None:
        """Take them as they are told: of each field the values of all."""
        self._stored = stored
        self._all: tuple[DependencyFields, ...] | None = None
        self._by_id: dict[int, DependencyFields] | None = None

    @property
    def all(self) -> tuple[DependencyFields, ...]:
        """All of them, in their order."""
        if self._all is None:
            rows = zip(*self._stored.values())  # noqa: B905 - Python 3.8
            self._all = tuple(DependencyFields(dict(zip(self._stored, row))) for row in rows)  # noqa: B905
        return self._all

    def find(self, task: int) -> DependencyFields | None:
        """That of an id."""
        if self._by_id is None:
            self._by_id = {each["id"]: each for each in self.all}
        return self._by_id.get(task)


def _sequence(trees: Any, resolve: Resolve) -> Any:
    """Arguments by place; a text, as a command may be, is itself."""
    if isinstance(trees, str) or codec.PLAIN.issuperset(map(type, trees or ())):
        return trees or []
    return [_argument(place, tree, resolve) for place, tree in enumerate(trees or (), 1)]


def _argument(name: object, tree: Any, resolve: Resolve) -> Any:
    return _named(f"argument {name}", codec.from_tree, tree, resolve)


def _arguments(trees: Any, resolve: Resolve) -> dict[str, Any]:
    return {name: _argument(name, tree, resolve) for name, tree in (trees or {}).items()}


def _extra(trees: Any, resolve: Resolve) -> dict[str, Any]:
    return {name: _named(f"field {name}", codec.from_tree, tree, resolve) for name, tree in (trees or {}).items()}


_NO_ARGUMENTS = (None, "", "{}")
_ENCODED: Mapping[str, Callable[[Any, Resolve], Any]] = {"args": _sequence, "kwargs": _arguments, "extra": _extra}


def _named(what: str, read: Callable[..., Any], *stored: Any) -> Any:
    """Read a stored value; its error tells which value it was."""
    try:
        return read(*stored)
    except DecodeError as error:
        raise DecodeError(f"{what}: {error}") from error.__cause__
