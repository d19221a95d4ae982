"""Statements that store what runs write and tell while they go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..db.source import Connection
from ..db.statements import statements
from . import arrays

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
        conn.execute(_SQL["append"], arrays.columns(pieces, Piece.__slots__), binary=True)


def leave_out(conn: Connection, cuts: Sequence[Cut]) -> None:
    """Delete what lies between head and tail of outputs, and have a mark in its place."""
    if cuts:
        conn.execute(_SQL["leave_out"], arrays.columns(cuts, Cut.__slots__))


def progress(conn: Connection, told: Sequence[Progress]) -> None:
    """Store how far runs are, under their leases."""
    if told:
        conn.execute(_SQL["progress"], arrays.columns(told, Progress.__slots__))
