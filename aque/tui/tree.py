"""A tree of tasks as a source: lines that are unfolded one by one, spliced into one flat list of keys."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ..core.monitor import Monitor
from ..core.queries.lists import Branch
from ..core.rows import TaskRow
from ..core.selection import Selection
from ..core.sorting import Sort
from .keys import Keys, Ranked, flat
from .pace import Paced
from .roll import TaskSource

_MOST: Final = 20_000  # lines that are unfolded by one key


class Fold(Enum):
    """What is done to a line."""

    OPEN = "open"
    CLOSE = "close"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Twig:
    """A line: a task, what stands before it, and whether anything is below it."""

    task: TaskRow
    trail: str = ""
    branches: bool = False
    is_open: bool = False
    branch: Branch | None = None


@dataclass(frozen=True, slots=True)
class _Node:
    """A place in the tree below another one; a root has none, its key is the id of its task."""

    parent: int
    branch: Branch


class TreeSource:
    """Roots in an order, and below those that are open what they depend on, or `upwards` what depends on them.

    A line has the key of its way from the root, so that it keeps it; a task may stand on several.
    """

    def __init__(self, monitor: Monitor, selection: Selection, sort: Sort, *, upwards: bool = False) -> None:
        self.upwards = upwards
        self._monitor = monitor
        self._roots = TaskSource(monitor, selection, sort)
        self._open: set[int] = set()
        self._nodes: dict[int, _Node] = {}
        self._by_way: dict[tuple[int, int], int] = {}  # (key of the parent, task) → key
        self._folds: deque[tuple[Fold, int]] = deque()
        self._edges: Mapping[int, Sequence[Branch]] = {}
        self._read = Paced(self._read_edges)
        self._trails: dict[int, str] = {}
        self._flat: Keys = Ranked()
        self._made_of: tuple[object, ...] = ()

    def fold(self, how: Fold, key: int) -> None:
        """Open or close a line at the next refresh; may be called from any thread."""
        self._folds.append((how, key))

    def expire(self) -> None:
        """Read all anew at the next refresh."""
        self._roots.expire()
        self._read.expire()

    def parent(self, key: int) -> int | None:
        """The line above; None for a root."""
        node = self._nodes.get(key)
        return node.parent if node else None

    def keys(self) -> Keys:
        """The lines as they were read last, but folded as they are now."""
        return self._flattened(self._roots.keys())

    def refresh(self) -> Keys:
        """The lines as they are now."""
        return self._flattened(self._roots.refresh())

    def rows(self, keys: Sequence[int]) -> Mapping[int, Twig]:
        """The tasks of these lines."""
        ids = sorted({self._task(key) for key in keys})
        tasks = {row.id: row for row in self._monitor.rows(ids)}
        branching = self._monitor.branching(ids, upwards=self.upwards)
        return {
            key: Twig(tasks[task], self._trails.get(key, ""), task in branching, key in self._open, self._branch(key))
            for key in keys
            if (task := self._task(key)) in tasks
        }

    def _flattened(self, roots: Keys) -> Keys:
        while self._folds:
            how, key = self._folds.popleft()
            _FOLDS[how](self, key)
        self._edges = self._read() or self._edges
        if (parts := (roots, frozenset(self._open), self._edges)) != self._made_of:
            self._made_of = parts
            self._flat = self._spliced(roots)
        return self._flat

    def _spliced(self, roots: Keys) -> Keys:
        """The roots, and after each that is open what is below it."""
        self._trails = {}
        found = flat(roots)
        places = ((roots.find(key), key) for key in self._open if key > 0)
        for place, key in sorted(places, reverse=True):
            if place < len(roots) and roots[place] == key:
                found[place + 1 : place + 1] = array("q", self._below(key, ""))
        return Ranked(found)

    def _below(self, key: int, trail: str) -> Iterator[int]:
        branches = self._edges.get(self._task(key), ())
        for number, branch in enumerate(branches, 1):
            child, is_last = self._key(key, branch), number == len(branches)
            self._trails[child] = trail + ("└─" if is_last else "├─")
            yield child
            if child in self._open:
                yield from self._below(child, trail + ("  " if is_last else "│ "))

    def _read_edges(self) -> Mapping[int, Sequence[Branch]]:
        ids = sorted({self._task(key) for key in self._open})
        return self._monitor.branches(ids, upwards=self.upwards) if ids else {}

    def _task(self, key: int) -> int:
        node = self._nodes.get(key)
        return node.branch.to if node else key

    def _branch(self, key: int) -> Branch | None:
        node = self._nodes.get(key)
        return node.branch if node else None

    def _key(self, parent: int, branch: Branch) -> int:
        key = self._by_way.setdefault((parent, branch.to), -1 - len(self._by_way))
        self._nodes.setdefault(key, _Node(parent, branch))
        return key

    def _unfold(self, key: int) -> None:
        self._open.add(key)
        self._read.expire()

    def _close(self, key: int) -> None:
        self._open.discard(key)

    def _unfold_all(self, key: int) -> None:
        """Level by level, until there are too many lines."""
        level, count = [key], 0
        while level and count < _MOST:
            self._open.update(level)
            edges = self._monitor.branches([self._task(each) for each in level], upwards=self.upwards)
            level = [self._key(each, branch) for each in level for branch in edges.get(self._task(each), ())]
            count += len(level)
        self._read.expire()


_FOLDS: Final = {Fold.OPEN: TreeSource._unfold, Fold.CLOSE: TreeSource._close, Fold.WHOLE: TreeSource._unfold_all}
