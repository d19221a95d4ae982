"""Looks at how a broker is set up, and says how to mend what is not as it should be."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from . import config, embedded
from .broker import Broker
from .db.failures import translated
from .db.migrate import found, known
from .db.pooler import has_session
from .db.source import Connection
from .errors import SchemaError
from .queries import health
from .queries import tasks as seen
from .version import __version__

Level: TypeAlias = Literal["ok", "warning", "error"]
_OLDEST: Final = 140000
_OFF: Final = 5.0  # seconds that a clock may be wrong
_OLD: Final = 600.0  # seconds that a transaction may last
_SILENT: Final = 10.0  # seconds since a worker was heard of
_FEW_BYTES: Final = 1 << 30
_WRAP: Final = 1_500_000_000  # transactions; PostgreSQL stops at 2^31


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `says` what is, `mend` what to do about it (empty: nothing)."""

    check: str
    level: Level
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at: a connection that has seen to nothing, and what the server says of itself."""

    broker: Broker
    conn: Connection
    server: health.Server
    offset: float
    """Seconds that this host's clock is ahead of the server's."""

    @property
    def is_embedded(self) -> bool:
        return self.broker.database.source.embedded


Check: TypeAlias = Callable[[Patient], Iterator[tuple[Level, str, str]]]


def examine(broker: Broker) -> list[Finding]:
    """All findings, in the order of the checks. Nothing is changed. Raises BrokerUnavailable, PermissionDenied."""
    with translated(), broker.database.source.connect() as conn:
        before = datetime.now(UTC)
        server = health.server(conn)
        middle = before + (datetime.now(UTC) - before) / 2
        patient = Patient(broker, conn, server, (middle - server.now).total_seconds())
        findings = _apply(_SERVER, patient)
        if found(conn) == known():
            findings += _apply(_FARM, patient)
    return findings


def _apply(checks: dict[str, Check], patient: Patient) -> list[Finding]:
    return [Finding(name, *told) for name, check in checks.items() for told in check(patient)]


def _version(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    told = f"PostgreSQL {patient.server.version}"
    if patient.server.number < _OLDEST:
        yield "error", f"{told} is too old", "upgrade the server to PostgreSQL 14 or newer"
    else:
        yield "ok", told, ""


def _durability(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    for name in patient.server.off:
        yield (
            "error",
            f"{name} is off",
            f"`alter system set {name} = on`, or where `\\drds` tells that it is set, and reload: without it a crash,"
            " or time, loses data",
        )
    if patient.server.transactions > _WRAP:
        yield (
            "error",
            f"{patient.server.transactions:,} transactions since rows were frozen",
            "`vacuum freeze` the database, and find out why autovacuum does not",
        )
    if not patient.server.off:
        yield "ok", "what is acknowledged is on disk", ""


def _limits(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    names = patient.server.endless
    if names and has_session(patient.conn):
        yield "error", f"time limits do not reach the server: {', '.join(names)}", "let `options` of clients through"
    elif names:
        yield (
            "warning",
            f"the pooler keeps time limits from the server: {', '.join(names)}",
            f"`alter role {patient.server.role} set` each of them, to 60s; calls end on this side without",
        )
    else:
        yield "ok", "all calls have time limits", ""


def _pooler(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    if has_session(patient.conn):
        yield "ok", "no pooler in between", ""
    else:
        yield (
            "warning",
            "a pooler stands between here and the server: news is polled for, twice a second, and the death of a worker"
            " shows after 30 s",
            "fine for clients; let workers connect to the server itself",
        )


def _connections(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    used, most = patient.server.connections, patient.server.most_connections
    if used > most * 0.8:
        yield "warning", f"{used} of {most} connections are in use", "raise max_connections, or close idle clients"
    else:
        yield "ok", f"{used} of {most} connections are in use", ""


def _encryption(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    if patient.server.is_remote and not patient.server.is_encrypted:
        yield "warning", "the connection is not encrypted", "add ?sslmode=verify-full to the URL, and TLS to the server"
    else:
        yield "ok", "TLS" if patient.server.is_encrypted else "the connection stays on this host", ""


def _clock(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    if abs(patient.offset) > _OFF:
        told = "ahead of" if patient.offset > 0 else "behind"
        yield (
            "warning",
            f"this host's clock is {abs(patient.offset):.0f} s {told} the server's",
            "run NTP on both; aque goes by the server's time, logs and files do not",
        )
    else:
        yield "ok", f"this host's clock is {abs(patient.offset):.1f} s off", ""


def _schema(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    try:
        have = found(patient.conn)
        is_current = have.is_current()
    except SchemaError as error:
        yield "error", str(error), f"this is aque {__version__}"
        return
    if is_current:
        yield "ok", f"version {have.version}", ""
    elif patient.is_embedded:
        yield "ok", f"version {have.version}, brought up to {known().version} at the next use", ""
    elif have.version == 0:
        yield "error", "there is no schema", "`aque init`"
    else:
        yield (
            "error",
            f"version {have.version}, this aque needs {known().version} with its functions",
            "`aque init`, as its owner",
        )


def _sharing(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    told = health.sharing(patient.conn)
    yield from _shared(patient, told) if told.is_shared else _unshared(told)


def _shared(patient: Patient, told: health.Sharing) -> Iterator[tuple[Level, str, str]]:
    yield from _gaps(told)
    for name in told.writers:
        yield (
            "error",
            f"{name} may write tasks past the functions",
            f"`revoke all on all tables in schema aque from {name}`",
        )
    for name in told.doors:
        yield (
            "error",
            f"everybody may put functions into the schema {name}, and a pooler has these found first",
            f"`revoke create on schema {name} from public`",
        )
    if told.is_owner_super:
        yield (
            "warning",
            f"{told.owner}, who owns the schema, is a superuser",
            "`alter schema aque owner to` a role that is none, with all in it",
        )
    has = ", ".join(told.granted) or "no role of it"
    yield "ok", f"shared, owned by {told.owner}; {patient.server.role} has {has}", ""


def _gaps(told: health.Sharing) -> Iterator[tuple[Level, str, str]]:
    """What `aque init --shared` has made once, and is not there."""
    gaps = {
        "roles are missing": told.missing,
        "tables have no policies": told.open,
        "functions have no search_path": told.unpinned,
    }
    for says, names in gaps.items():
        if names:
            yield "error", f"{says}: {', '.join(names)}", "`aque init --shared`, as the owner"


def _unshared(told: health.Sharing) -> Iterator[tuple[Level, str, str]]:
    if told.writers:
        yield (
            "warning",
            f"not shared, yet others may write: {', '.join(told.writers)}",
            "`aque init --shared`: else each of them can run anything as anybody that workers may become",
        )
    else:
        yield "ok", f"{told.owner}'s alone", ""


def _workers(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    workers = seen.workers(patient.conn)
    if not workers and health.is_work_waiting(patient.conn):
        yield "warning", "tasks are ready, and no worker lives", "`aque worker` on each host"
    for each in workers:
        if each.version != __version__:
            yield (
                "warning",
                f"{each.name} is aque {each.version}, this is {__version__}",
                f"upgrade {each.hostname}, and `aque drain {each.id}`",
            )
        if each.silent_for > _SILENT:
            yield "warning", f"{each.name} was not heard of for {each.silent_for:.0f} s", f"look at {each.hostname}"
    yield "ok", f"{len(workers)} alive", ""


def _snapshots(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    old = health.snapshots(patient.conn, _OLD)
    for each in old:
        yield (
            "warning",
            f"{each.holder} is in a transaction for {each.seconds / 60:.0f} min",
            "end it (pg_terminate_backend, rollback prepared): rows that are gone pile up until then",
        )
    if not old:
        yield "ok", "no old transactions", ""


def _bloat(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    bloated = [each for each in health.tables(patient.conn) if each.dead > 100_000 and each.dead > each.live]
    for each in bloated:
        yield (
            "warning",
            f"aque.{each.name} has {each.dead:,} dead rows to {each.live:,}",
            f"`vacuum aque.{each.name}`; what holds autovacuum up?",
        )
    if not bloated:
        yield "ok", "few dead rows", ""


def _disk(patient: Patient) -> Iterator[tuple[Level, str, str]]:
    if not patient.is_embedded:
        return
    home = embedded.locate(config.embedded_home(patient.broker.database.source.url)).root
    usage = shutil.disk_usage(home)
    told = f"{usage.free / 2**30:.1f} GiB free under {home}"
    if usage.free < _FEW_BYTES:
        yield "error", told, "make room, `aque init --keep 7d` so that old tasks go, or set AQUE_HOME to another disk"
    else:
        yield "ok", told, ""


_SERVER: Final[dict[str, Check]] = {
    "server": _version,
    "durability": _durability,
    "limits": _limits,
    "pooler": _pooler,
    "connections": _connections,
    "encryption": _encryption,
    "clock": _clock,
    "schema": _schema,
}
_FARM: Final[dict[str, Check]] = {
    "sharing": _sharing,
    "workers": _workers,
    "snapshots": _snapshots,
    "bloat": _bloat,
    "disk": _disk,
}
