"""Values that go by the name of their class: enumerations, named tuples, exceptions, callables."""

from __future__ import annotations

import sys
from typing import Any, Callable

from .errors import DecodeError, EncodeError
from .names import name_of, one_line, resolve_name, type_name

Write = Callable[[Any], Any]
Read = Callable[[Any], Any]


def _is_enum(value: Any) -> bool:
    """A member of an enumeration, without importing enum for it."""
    enum = sys.modules.get("enum")
    return enum is not None and isinstance(value, enum.Enum)


def _dump_enum(value: Any, write: Write) -> Any:
    """By the member's name; a combination of flags has none and goes by its value."""
    kind = type(value)
    if kind.__members__.get(value.name) is value:
        return {"$enum": [name_of(kind), value.name]}
    return {"$flags": [name_of(kind), write(value.value)]}


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_make") and not getattr(value, "__dict__", None)


def _dump_error(value: BaseException, write: Write) -> Any:
    """Class, arguments, state and cause; only if an equal one can be made from them."""
    reduced = value.__reduce__()
    kind = type(value)
    if isinstance(reduced, str) or reduced[0] is not kind:
        raise EncodeError(f"{type_name(kind)} cannot be rebuilt from its arguments")
    args, state = reduced[1], (reduced[2] if len(reduced) > 2 else None)
    try:
        _rebuild_error(kind, args, state)
    except Exception as error:
        raise EncodeError(f"{type_name(kind)} cannot be rebuilt from its arguments: {one_line(error)}") from None
    tree = {"type": name_of(kind), "args": [write(arg) for arg in args]}
    if state:
        tree["state"] = write(state)
    cause = _cause_tree(value, write)
    if cause is not None:
        tree["cause"] = cause
    return {"$error": tree}


def _cause_tree(value: BaseException, write: Write) -> Any:
    """The cause if it can be written; it is left out rather than spoil the error itself."""
    try:
        return write(value.__cause__)
    except EncodeError:
        return None


def _rebuild_error(kind: Any, args: tuple[Any, ...], state: Any) -> Any:
    """Make an error anew: by a call if that gives back its arguments, else past its own `__init__`."""
    try:
        error = kind(*args)
        faithful = type(error) is kind and repr(error.__reduce__()[1]) == repr(args)
    except Exception:
        faithful = False
    if not faithful:
        error = kind.__new__(kind, *args)
        error.args = args
    if state:
        error.__setstate__(state)
    return error


def _load_error(payload: Any, read: Read) -> Any:
    kind = _class_of(payload["type"])
    if not issubclass(kind, BaseException):
        raise DecodeError(f"{payload['type']!r} is no exception")
    error = _rebuild_error(kind, tuple(read(arg) for arg in payload["args"]), read(payload.get("state")))
    cause = read(payload.get("cause"))
    if cause is not None:
        error.__cause__ = cause
    return error


def _class_of(name: str) -> Any:
    """The class of a name."""
    kind = resolve_name(name)
    if not isinstance(kind, type):
        raise DecodeError(f"{name!r} is no class any more")
    return kind


_OWNERS = (type(None), type, type(sys))


def _may_have_name(value: Any) -> bool:
    """Whether it is a class, or a callable that is no method of an instance: those are nothing without it."""
    return isinstance(value, type) or (
        callable(value) and hasattr(value, "__qualname__") and isinstance(getattr(value, "__self__", None), _OWNERS)
    )


KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Write], Any]], ...] = (
    (_is_enum, _dump_enum),
    (
        _is_namedtuple,
        lambda value, write: {"$namedtuple": [name_of(type(value)), [write(item) for item in value]]},
    ),
    (lambda value: isinstance(value, BaseException), _dump_error),
    (_may_have_name, lambda value, write: {"$name": name_of(value)}),
)
LOADERS: dict[str, Callable[[Any, Read], Any]] = {
    "enum": lambda payload, read: _class_of(payload[0])[payload[1]],
    "flags": lambda payload, read: _class_of(payload[0])(read(payload[1])),
    "namedtuple": lambda payload, read: _class_of(payload[0])._make([read(item) for item in payload[1]]),
    "error": _load_error,
    "name": lambda payload, read: resolve_name(payload),
}
