"""The forms of values that plain JSON does not hold: one table row for each.

A row is named after its tag; `dump` makes the payload of `{"$tag": payload}`, `load` reads it. Types are told by name,
so that nothing is imported for a type that a program does not use.
"""

from __future__ import annotations

import binascii
import sys
from typing import Any, Callable, NamedTuple

Write = Callable[[Any], Any]
Read = Callable[[Any], Any]


class Form(NamedTuple):
    """How one type is written and read."""

    tag: str
    types: tuple[str, ...]
    dump: Callable[[Any, Write], Any]
    load: Callable[[Any, Read], Any]


def to_base64(data: bytes) -> str:
    """Bytes as text."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes of a text."""
    return binascii.a2b_base64(text.encode("ascii"))


def _dump_items(value: Any, write: Write) -> Any:
    return [write(item) for item in value]


def _dump_set(value: Any, write: Write) -> Any:
    """Sorted by their text, so that equal sets make equal texts."""
    import json

    return sorted((write(item) for item in value), key=lambda tree: json.dumps(tree, sort_keys=True))


def _dump_pairs(value: Any, write: Write) -> Any:
    return [[write(key), write(item)] for key, item in value.items()]


def _load_pairs(payload: Any, read: Read) -> Any:
    return {read(key): read(item) for key, item in payload}


def _items_into(build: Callable[[Any], Any]) -> Callable[[Any, Read], Any]:
    """A loader that reads each item and builds the collection."""
    return lambda payload, read: build([read(item) for item in payload])


def _dump_moment(value: Any, write: Write) -> Any:
    """Of a datetime or a time: ISO text, or [text, fold, zone] when there is more to keep."""
    text = value.replace(tzinfo=None).isoformat()
    if value.tzinfo is None and not value.fold:
        return text
    return [text, value.fold, write(value.tzinfo)]


def _moment_loader(kind: str) -> Callable[[Any, Read], Any]:
    """Read what `_dump_moment` wrote, for `datetime` or `time`."""

    def load(payload: Any, read: Read) -> Any:
        import datetime

        text, fold, zone = (payload, 0, None) if isinstance(payload, str) else payload
        return getattr(datetime, kind).fromisoformat(text).replace(tzinfo=read(zone), fold=fold)

    return load


def _load_date(payload: Any, read: Read) -> Any:
    import datetime

    return datetime.date.fromisoformat(payload)


def _load_timedelta(payload: Any, read: Read) -> Any:
    import datetime

    days, seconds, microseconds = payload
    return datetime.timedelta(days, seconds, microseconds)


def _load_timezone(payload: Any, read: Read) -> Any:
    import datetime

    return datetime.timezone(*[read(item) for item in payload])


def _load_zoneinfo(payload: Any, read: Read) -> Any:
    import importlib

    return importlib.import_module("zoneinfo").ZoneInfo(payload)


def _dump_zoneinfo(value: Any, write: Write) -> Any:
    """The zone's key; a zone read from a file has none, and no place to find it again."""
    from .errors import EncodeError

    if value.key is None:
        raise EncodeError("a ZoneInfo without a key cannot be stored; make it with ZoneInfo('Area/City')")
    return write(value.key)


def _path_loader(kind: str) -> Callable[[Any, Read], Any]:
    """Read a path of this class of pathlib."""

    def load(payload: Any, read: Read) -> Any:
        import pathlib

        return getattr(pathlib, kind)(read(payload))

    return load


def _dump_text(value: Any, write: Write) -> Any:
    return write(str(value))


def _load_decimal(payload: Any, read: Read) -> Any:
    import decimal

    return decimal.Decimal(payload)


def _load_uuid(payload: Any, read: Read) -> Any:
    import uuid

    return uuid.UUID(payload)


def _pathlib(name: str) -> tuple[str, ...]:
    """A class of pathlib under each module name that some Python gives it."""
    return (f"pathlib.{name}", f"pathlib._local.{name}")


FORMS = (
    Form("tuple", ("builtins.tuple",), _dump_items, _items_into(tuple)),
    Form("set", ("builtins.set",), _dump_set, _items_into(set)),
    Form("frozenset", ("builtins.frozenset",), _dump_set, _items_into(frozenset)),
    Form("dict", (), _dump_pairs, _load_pairs),
    Form("bytes", ("builtins.bytes",), lambda v, w: to_base64(v), lambda p, r: from_base64(p)),
    Form(
        "bytearray", ("builtins.bytearray",), lambda v, w: to_base64(bytes(v)), lambda p, r: bytearray(from_base64(p))
    ),
    Form(
        "str",
        (),
        lambda v, w: to_base64(v.encode("utf-8", "surrogatepass")),
        lambda p, r: from_base64(p).decode("utf-8", "surrogatepass"),
    ),
    Form("int", (), lambda v, w: hex(v), lambda p, r: int(p, 16)),
    Form("float", (), lambda v, w: repr(v), lambda p, r: float(p)),
    Form(
        "complex",
        ("builtins.complex",),
        lambda v, w: [w(v.real), w(v.imag)],
        lambda p, r: complex(*[r(part) for part in p]),
    ),
    Form("datetime", ("datetime.datetime",), _dump_moment, _moment_loader("datetime")),
    Form("time", ("datetime.time",), _dump_moment, _moment_loader("time")),
    Form("date", ("datetime.date",), lambda v, w: v.isoformat(), _load_date),
    Form("timedelta", ("datetime.timedelta",), lambda v, w: [v.days, v.seconds, v.microseconds], _load_timedelta),
    Form("timezone", ("datetime.timezone",), lambda v, w: [w(i) for i in v.__getinitargs__()], _load_timezone),
    Form("zoneinfo", ("zoneinfo.ZoneInfo",), _dump_zoneinfo, _load_zoneinfo),
    Form("path", (*_pathlib("PosixPath"), *_pathlib("WindowsPath")), _dump_text, _path_loader("Path")),
    Form("pureposixpath", _pathlib("PurePosixPath"), _dump_text, _path_loader("PurePosixPath")),
    Form("purewindowspath", _pathlib("PureWindowsPath"), _dump_text, _path_loader("PureWindowsPath")),
    Form("decimal", ("decimal.Decimal",), lambda v, w: str(v), _load_decimal),
    Form("uuid", ("uuid.UUID",), lambda v, w: str(v), _load_uuid),
)

BY_TAG = {form.tag: form for form in FORMS}
_BY_TYPE = {name: form for form in FORMS for name in form.types}


def form_of(kind: type) -> Form | None:
    """The form of exactly this type, if it has one; a class that only bears the name has none."""
    form = _BY_TYPE.get(f"{kind.__module__}.{kind.__qualname__}")
    if form is None or getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        return None
    return form
