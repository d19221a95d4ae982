"""Statements that store what runs write and tell while they go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a run's output, as it came."""

    id: int
    lease: int
    seq: int
    stream: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """What a run's output does without: its pieces from `mark` up to `until`, `size` bytes in all."""

    id: int
    lease: int
    mark: int
    until: int
    size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    id: int
    lease: int
    done: float
    total: float | None
    message: str | None


def append(conn: Connection, pieces: Sequence[Piece]) -> None:
    """Store pieces of output."""
    if pieces:
        columns = {
            "ids": [each.id for each in pieces],
            "leases": [each.lease for each in pieces],
            "seqs": [each.seq for each in pieces],
            "streams": [each.stream for each in pieces],
            "pieces": [each.data for each in pieces],
        }
        conn.execute(_SQL["append"], columns, binary=True)


def leave_out(conn: Connection, cuts: Sequence[Cut]) -> None:
    """Delete what lies between head and tail of outputs, and have a mark in its place."""
    if cuts:
        arrays = {name: [getattr(each, name) for each in cuts] for name in Cut.__slots__}
        conn.execute(_SQL["leave_out"], arrays)


def progress(conn: Connection, told: Sequence[Progress]) -> None:
    """Store how far runs are, under their leases."""
    if told:
        columns = {
            "ids": [each.id for each in told],
            "leases": [each.lease for each in told],
            "dones": [each.done for each in told],
            "totals": [each.total for each in told],
            "messages": [each.message for each in told],
        }
        conn.execute(_SQL["progress"], columns)
