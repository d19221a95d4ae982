"""What there is to see of a broker: lists, counts, trees. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from .broker import Broker
from .errors import TaskNotFound
from .queries import listing
from .rows import TaskRow
from .selection import Selection
from .sorting import NEWEST, Sort, place
from .states import State
from .tree import Level, Tree, grow

if TYPE_CHECKING:
    from .filter import Node
    from .filter.predicate import Context

_CHUNK: Final = 2000  # rows to a page
_IDS: Final = 20_000  # ids to a page
_WINDOW: Final = 2000  # candidates for roots to a page
_DENSE: Final = 4  # candidates to a root in the first of them, where only so many roots are wanted
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
        from .queries import tasks  # which lists do without

        with self._database.connection() as conn:
            missing = tasks.missing(conn, selection.ids)
        if missing:
            raise TaskNotFound(f"no such task: {', '.join(map(str, missing))}")

    def page(
        self, selection: Selection, sort: Sort = NEWEST, limit: int | None = 50, after: Sequence[Any] | None = None
    ) -> Page:
        """The first `limit` rows (None: all), or those that follow a page's `after`."""
        with self._database.connection() as conn:
            rows = listing.page(conn, selection, self.now, sort, None if limit is None else limit + 1, after)
        shown = tuple(rows[:limit])
        return Page(shown, place(sort, shown[-1], self.now) if len(shown) < len(rows) else None)

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
        self, selection: Selection, sort: Sort = NEWEST, limit: int | None = 50, after: Sequence[Any] | None = None
    ) -> Page:
        """Tasks of a selection that no other of it depends on.

        With a limit a page may have fewer and not be the last: it ends after so many that are no roots.
        """
        found: list[int] = []
        scanned = 0
        size = _WINDOW if limit is None else min(_WINDOW, _DENSE * (limit + 1))
        while limit is None or scanned < _SCAN:
            with self._database.connection() as conn:
                part = listing.candidates(conn, selection, self.now, sort, size, after)
            found += [task for task, is_needed in part if not is_needed]
            scanned += len(part)
            if limit is not None and len(found) > limit:
                rows = self._rows(found[:limit])
                return Page(rows, place(sort, rows[-1], self.now) if rows else None)
            after = self._place(sort, part[-1][0]) if len(part) == size else None
            if after is None:
                break
            size = _WINDOW
        return Page(self._rows(found), after if after is None else tuple(after))

    def _rows(self, ids: Sequence[int]) -> tuple[TaskRow, ...]:
        if not ids:
            return ()
        with self._database.connection() as conn:
            return tuple(listing.rows(conn, ids, self.now))

    def _place(self, sort: Sort, task: int) -> tuple[Any, ...] | None:
        """Where a task stands in an order; None where it is gone meanwhile."""
        return next((place(sort, row, self.now) for row in self._rows([task])), None)

    def below(self, ids: Sequence[int], width: int | None = None) -> Level:
        """What tasks depend on; of each task the first `width`."""
        with self._database.connection() as conn:
            edges = listing.edges(conn, ids, width, _COUNT)
        rows = {row.id: row for row in self._rows(sorted({edge.id for edge in edges}))}
        by_task: dict[int, list[listing.Edge]] = {}
        for edge in edges:
            by_task.setdefault(edge.dependent, []).append(edge)
        hidden = {task: found[0].total - len(found) for task, found in by_task.items()}
        return Level({task: [e for e in found if e.id in rows] for task, found in by_task.items()}, rows, hidden)

    def tree(
        self,
        selection: Selection,
        sort: Sort = NEWEST,
        depth: int | None = None,
        limit: int | None = None,
        width: int | None = None,
    ) -> Tree:
        """The roots of a selection and what is below them, until there are `limit` tasks; of each the first `width`."""
        page = self.roots(selection, sort, limit)
        tree = grow(page.rows, lambda ids: self.below(ids, width), depth, limit)
        return replace(tree, is_cut=tree.is_cut or page.after is not None)

    def context(self, node: Node) -> Context:
        """What a filter's predicate goes by, as it is now."""
        from .filter.predicate import Context, links

        asked = links(node)
        with self._database.connection() as conn:
            found = listing.links(conn, asked)
        needs, needed_by = ({task: set[int]() for task in asked} for _ in range(2))
        for task, other, is_need in found:
            (needs if is_need else needed_by)[task].add(other)
        return Context(self.now, _frozen(needs), _frozen(needed_by))


def _frozen(edges: dict[int, set[int]]) -> dict[int, frozenset[int]]:
    return {task: frozenset(others) for task, others in edges.items()}
