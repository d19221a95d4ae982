"""Trees of dependencies: under each task what it depends on, read level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .queries.listing import Edge
from .rows import TaskRow


@dataclass(frozen=True)
class Line:
    """One line of a tree.

    `trail` tells for each level above, and last for its own, whether more follows on that level. `row` None stands for
    `hidden` more dependencies that are not shown. `is_repeat`: what is below it was shown before.
    """

    row: TaskRow | None
    trail: tuple[bool, ...] = ()
    condition: str = "success"
    otherwise: str = "fail"
    is_repeat: bool = False
    hidden: int = 0


@dataclass(frozen=True)
class Level:
    """What tasks depend on: the first few edges of each, the rows at their ends, and how many edges are left out."""

    edges: Mapping[int, Sequence[Edge]]
    rows: Mapping[int, TaskRow]
    hidden: Mapping[int, int]


@dataclass(frozen=True)
class Tree:
    """Roots and what is below them, as far as it was read."""

    roots: tuple[TaskRow, ...]
    rows: Mapping[int, TaskRow]
    edges: Mapping[int, Sequence[Edge]]
    hidden: Mapping[int, int]
    is_cut: bool
    """Whether there were more roots or levels than were to be read."""

    def lines(self) -> Iterator[Line]:
        """The lines from top to bottom; a task is unfolded where it comes first."""
        shown: set[int] = set()
        pending: list[Line] = [Line(row) for row in reversed(self.roots)]
        while pending:
            line = pending.pop()
            if line.row is None or not self.edges.get(line.row.id):
                yield line
            elif line.row.id in shown:
                yield Line(line.row, line.trail, line.condition, line.otherwise, is_repeat=True)
            else:
                shown.add(line.row.id)
                yield line
                pending += reversed(self._below(line.row.id, line.trail))

    def _below(self, task: int, trail: tuple[bool, ...]) -> list[Line]:
        edges = self.edges[task]
        hidden = self.hidden[task]
        lines = [
            Line(self.rows[edge.id], (*trail, place < len(edges) or hidden > 0), edge.condition, edge.otherwise)
            for place, edge in enumerate(edges, 1)
        ]
        return [*lines, Line(None, (*trail, False), hidden=hidden)] if hidden > 0 else lines


def grow(
    roots: Sequence[TaskRow],
    read: Callable[[Sequence[int]], Level],
    depth: int | None = None,
    limit: int | None = None,
) -> Tree:
    """A tree of `depth` levels below the roots; no level is begun once there are `limit` tasks in it."""
    rows = {row.id: row for row in roots}
    edges: dict[int, Sequence[Edge]] = {}
    hidden: dict[int, int] = {}
    frontier: Sequence[int] = list(rows)
    level = 0
    while frontier and (depth is None or level < depth) and (limit is None or len(rows) < limit):
        found = read(frontier)
        edges.update(found.edges)
        hidden.update(found.hidden)
        frontier = [task for task in found.rows if task not in rows]
        rows.update((task, found.rows[task]) for task in frontier)
        level += 1
    return Tree(tuple(roots), rows, edges, hidden, bool(frontier) and (depth is None or level < depth))
