"""What there is to see of a broker: lists, counts, trees. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .broker import Broker
from .errors import TaskNotFound
from .filter import Context, Node
from .filter import links as linked
from .queries import listing, tasks
from .rows import TaskRow
from .selection import Selection
from .sorting import NEWEST, Sort, place
from .states import State
from .tree import Level, Tree, grow

_CHUNK: Final = 2000  # rows to a page
_IDS: Final = 20_000  # ids to a page
_WINDOW: Final = 2000  # candidates for roots to a page
_SCAN: Final = 20_000  # candidates to look at before it is said that there may be more
_COUNT: Final = 100_000  # where the dependencies of one task are no longer counted


@dataclass(frozen=True)
class Page:
    """Some rows of a list; `after` is where the next page begins, None at the end."""

    rows: tuple[TaskRow, ...]
    after: tuple[Any, ...] | None


class View:
    """A broker, seen at the server's time `now`: pages that follow each other agree on what an hour ago is.

    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._database = broker.database
        self.now: datetime = broker.now()

    def check(self, selection: Selection) -> None:
        """Raise TaskNotFound if the selection names ids that no task has."""
        if not selection.ids:
            return
        with self._database.connection() as conn:
            missing = tasks.missing(conn, selection.ids)
        if missing:
            raise TaskNotFound(f"no such task: {', '.join(map(str, missing))}")

    def page(
        self, selection: Selection, sort: Sort = NEWEST, limit: int = 50, after: Sequence[Any] | None = None
    ) -> Page:
        """The first `limit` rows, or those that follow a page's `after`."""
        with self._database.connection() as conn:
            rows = listing.page(conn, selection, self.now, sort, limit + 1, after)
        shown = tuple(rows[:limit])
        return Page(shown, place(sort, shown[-1], self.now) if len(rows) > limit and shown else None)

    def rows(self, selection: Selection, sort: Sort = NEWEST, limit: int | None = None) -> Iterator[TaskRow]:
        """All rows, or the first `limit`; a page at a time."""
        after = None
        while limit is None or limit > 0:
            page = self.page(selection, sort, _CHUNK if limit is None else min(limit, _CHUNK), after)
            yield from page.rows
            if (after := page.after) is None:
                return
            limit = None if limit is None else limit - len(page.rows)

    def ids(self, selection: Selection) -> list[int]:
        """The ids of a selection, ascending; raises TaskNotFound if it names ids that no task has."""
        self.check(selection)
        found: list[int] = []
        more = True
        while more:
            with self._database.connection() as conn:
                part = listing.ids(conn, selection, self.now, _IDS, found[-1] if found else None)
            found += part
            more = len(part) == _IDS
        return found

    def counts(self, selection: Selection) -> dict[State, int]:
        """How many tasks are in each state; states with none are left out."""
        with self._database.connection() as conn:
            return listing.counts(conn, selection, self.now)

    def roots(
        self, selection: Selection, sort: Sort = NEWEST, limit: int = 50, after: Sequence[Any] | None = None
    ) -> Page:
        """Tasks of a selection that no other of it depends on.

        A page may have fewer than `limit` and not be the last: it ends after so many that are no roots.
        """
        found: list[int] = []
        for _ in range(_SCAN // _WINDOW):
            with self._database.connection() as conn:
                part = listing.candidates(conn, selection, self.now, sort, _WINDOW, after)
            found += [task for task, is_needed in part if not is_needed]
            if len(found) > limit:
                return self._roots(found[:limit], sort, found[limit - 1])
            if len(part) < _WINDOW:
                return self._roots(found, sort)
            after = self._roots([], sort, part[-1][0]).after
        return Page(self._roots(found, sort).rows, None if after is None else tuple(after))

    def _roots(self, ids: Sequence[int], sort: Sort, last: int | None = None) -> Page:
        """The rows of ids, and the place of the last task that was looked at."""
        with self._database.connection() as conn:
            rows = listing.page(conn, Selection(tuple(ids)), self.now, sort) if ids else []
            end = listing.page(conn, Selection((last,)), self.now) if last is not None else []
        return Page(tuple(rows), place(sort, end[0], self.now) if end else None)

    def below(self, ids: Sequence[int], width: int | None = None) -> Level:
        """What tasks depend on; of each task the first `width`."""
        with self._database.connection() as conn:
            edges = listing.edges(conn, ids, width, _COUNT)
            rows = listing.page(conn, Selection(tuple({edge.id for edge in edges})), self.now)
        by_task: dict[int, list[listing.Edge]] = {}
        for edge in edges:
            by_task.setdefault(edge.dependent, []).append(edge)
        return Level(by_task, {row.id: row for row in rows})

    def tree(
        self,
        selection: Selection,
        sort: Sort = NEWEST,
        depth: int | None = None,
        limit: int | None = None,
        width: int | None = None,
    ) -> Tree:
        """The roots of a selection and what is below them, until there are `limit` tasks; of each the first `width`."""
        page = self.roots(selection, sort, _SCAN if limit is None else limit)
        tree = grow(page.rows, lambda ids: self.below(ids, width), depth, limit)
        return Tree(tree.roots, tree.rows, tree.edges, tree.is_cut or page.after is not None)

    def context(self, node: Node) -> Context:
        """What a filter's predicate goes by, as it is now."""
        with self._database.connection() as conn:
            found = listing.links(conn, linked(node))
        needs, needed_by = ({task: set[int]() for task in linked(node)} for _ in range(2))
        for task, other, is_need in found:
            (needs if is_need else needed_by)[task].add(other)
        return Context(self.now, _frozen(needs), _frozen(needed_by))


def _frozen(edges: dict[int, set[int]]) -> dict[int, frozenset[int]]:
    return {task: frozenset(others) for task, others in edges.items()}
