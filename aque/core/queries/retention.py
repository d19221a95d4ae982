"""How long complete tasks are kept, and their removal after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)
_REST: Final = 86_400.0  # seconds that an environment stays after it was last asked for


class Swept(NamedTuple):
    """How many tasks were removed, and whether there are more to look at."""

    removed: int = 0
    is_more: bool = False


def keep(conn: Connection) -> float | None:
    """For how many seconds after their end tasks are kept; None: for ever."""
    row = conn.execute(_SQL["keep"]).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def set_keep(conn: Connection, seconds: float | None) -> None:
    """Keep tasks for so many seconds after their end; None: for ever."""
    conn.execute(_SQL["set_keep"], {"seconds": seconds})


def restore(conn: Connection, name: str, before: Mapping[str, Any], after: Mapping[str, Any], *, dry: bool) -> bool:
    """Keep tasks (which is the `name`) for as long as before, where they are still kept as long as `after`."""
    del name
    if keep(conn) != after["keep"]:
        return False
    if not dry:
        set_keep(conn, before["keep"])
    return True


def expire(conn: Connection, most: int) -> Swept | None:
    """Look at up to `most` tasks whose time is over, and remove those that nobody needs; None: another is at it."""
    row = conn.execute(_SQL["expire"], {"most": most}).fetchone()
    return None if row is None else Swept(*row)


def tidy(conn: Connection, most: int, rest: float = _REST) -> None:
    """Remove up to `most` each of the workers, environments and parts of acts that no task can tell of any more."""
    conn.execute(_SQL["tidy"], {"most": most, "rest": rest})
