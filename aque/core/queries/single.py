"""Statements that are asked for one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from ..db.source import Connection


def value(conn: Connection, statement: LiteralString, parameters: Mapping[str, Any]) -> Any:
    """The first value of the first row; None where there is no row."""
    row = conn.execute(statement, parameters).fetchone()
    return row[0] if row else None
