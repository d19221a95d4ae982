"""Values as JSON texts that PostgreSQL can hold.

Plain JSON where it is faithful by exact type; else an object of one key that starts with `$`, the value's form; and
last `{"$pickle": base64}`. Each value inside a collection is written apart, so that what is readable stays readable.
AQUE_PICKLE=0 in the environment forbids pickle, for writing and for reading.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any, Callable

from .describe import describe
from .errors import DecodeError, EncodeError
from .forms import BY_TAG, form_of, from_base64, to_base64
from .kinds import KINDS, LOADERS
from .names import name_of, one_line, resolve_name, type_name

__all__ = [
    "Reference",
    "clean_text",
    "decode",
    "describe",
    "encode",
    "from_tree",
    "name_of",
    "resolve_name",
    "tags",
    "to_tree",
]

Write = Callable[[Any], Any]
MAX_DEPTH = 100
_MAX_DECIMAL_BITS = (
    4096  # longer whole numbers are written in hex: reading long decimals is slow, and refused by Python
)
_REFERENCE_KINDS = ("result", "stdout")

_HINTS = {
    "generator": "turn it into a list first",
    "coroutine": "await it first",
    "module": "import it inside the task instead",
    "TextIOWrapper": "pass its path and open it inside the task",
    "BufferedReader": "pass its path and open it inside the task",
    "BufferedWriter": "pass its path and open it inside the task",
    "lock": "make it inside the task",
    "socket": "connect inside the task",
}
_HINT = "pass the plain data it is made from, or a path to it"


class Reference:
    """Stands in an argument for what another task will have made: its `result`, or its `stdout`."""

    __slots__ = ("kind", "task_id")

    def __init__(self, task_id: int, kind: str = "result") -> None:
        if kind not in _REFERENCE_KINDS:
            raise EncodeError(f"a reference is to a task's result or stdout, not to {kind!r}")
        self.task_id = task_id
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and (self.task_id, self.kind) == (other.task_id, other.kind)

    def __hash__(self) -> int:
        return hash((self.task_id, self.kind))

    def __repr__(self) -> str:
        return f"Reference({self.task_id}, {self.kind!r})"

    def __reduce__(self) -> str:
        """Inside a pickle nobody would find it, and the task would not wait for the other."""
        raise EncodeError(
            f"the {self.kind} of task {self.task_id} stands inside an object that must be pickled; "
            "pass it as an argument of its own, or inside a list, tuple or dict"
        )


def to_tree(value: Any) -> Any:
    """The value as something that `json` writes; EncodeError if it has no encoding."""
    atom = _ATOMS.get(type(value))
    if atom is not None:
        return atom(value, to_tree)
    try:
        return _Writer().write(value)
    except RecursionError:
        raise EncodeError("the value is nested too deep to be stored") from None


def from_tree(tree: Any, resolve: Callable[[Reference], Any] | None = None) -> Any:
    """The value of a tree; references are given to `resolve`, or stand as they are."""
    if type(tree) in _ATOMS:
        return tree
    try:
        return _Reader(resolve).read(tree)
    except RecursionError:
        raise DecodeError("the stored value is nested too deep to be read") from None


def encode(value: Any) -> str:
    """The value as a text of JSON."""
    return json.dumps(to_tree(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(text: str, resolve: Callable[[Reference], Any] | None = None) -> Any:
    """The value of a text that `encode` made."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the stored text is not JSON: {one_line(error)}") from None
    return from_tree(tree, resolve)


def clean_text(text: str) -> str:
    """A text for people that PostgreSQL takes: NUL and lone surrogates are written out as escapes."""
    return text if _is_clean(text) else text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _is_clean(text: str) -> bool:
    """Whether PostgreSQL takes the text: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def pickle_allowed() -> bool:
    """Whether the environment lets values be pickled."""
    return os.environ.get("AQUE_PICKLE", "1") != "0"


class _Writer:
    """Writes one value; knows the collections it is inside of."""

    def __init__(self) -> None:
        self.inside: dict[int, Any] = {}

    def write(self, value: Any) -> Any:
        """The tree of a value."""
        atom = _ATOMS.get(type(value))
        if atom is not None:
            return atom(value, self.write)
        if id(value) in self.inside:
            raise EncodeError(f"a {type(value).__qualname__} contains itself, so it cannot be stored")
        if len(self.inside) >= MAX_DEPTH:
            raise EncodeError(f"the value is nested deeper than {MAX_DEPTH} levels; flatten it")
        self.inside[id(value)] = value
        try:
            return self._compound(value)
        finally:
            del self.inside[id(value)]

    def _compound(self, value: Any) -> Any:
        """The tree of a value that is no atom: by its exact type, then by its kind, then as a pickle."""
        container = _CONTAINERS.get(type(value))
        if container is not None:
            return container(value, self.write)
        form = form_of(type(value))
        if form is not None:
            return {f"${form.tag}": form.dump(value, self.write)}
        failure = None
        for applies, dump in KINDS:
            if applies(value):
                try:
                    return dump(value, self.write)
                except EncodeError as error:
                    failure = error
                break
        try:
            return _dump_pickle(value, failure)
        finally:
            del failure  # its traceback holds this frame, and with it the value


class _Reader:
    """Reads one tree."""

    def __init__(self, resolve: Callable[[Reference], Any] | None) -> None:
        self.resolve = resolve

    def read(self, tree: Any) -> Any:
        """The value of a tree."""
        if isinstance(tree, list):
            return [self.read(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        if len(tree) == 1:
            ((key, payload),) = tree.items()
            if key.startswith("$"):
                return self._form(key[1:], payload)
        return {key: self.read(item) for key, item in tree.items()}

    def _form(self, tag: str, payload: Any) -> Any:
        """The value of `{"$tag": payload}`."""
        if tag in _REFERENCE_KINDS:
            return self._reference(tag, payload)
        form = BY_TAG.get(tag)
        load = form.load if form is not None else _LOADERS.get(tag)
        if load is None:
            raise DecodeError(f"the stored value has a form ${tag} that this version does not know")
        try:
            return load(payload, self.read)
        except (DecodeError, RecursionError):
            raise
        except (Exception, SystemExit) as error:
            raise DecodeError(f"cannot read a stored ${tag} here: {one_line(error)}") from error

    def _reference(self, kind: str, payload: Any) -> Any:
        """What a reference stands for."""
        if type(payload) is not int:
            raise DecodeError(f"a reference to the {kind} of {describe(payload)}, which is no task's id")
        reference = Reference(payload, kind)
        return reference if self.resolve is None else self.resolve(reference)


def _dump_str(value: str, write: Write) -> Any:
    return value if _is_clean(value) else {"$str": BY_TAG["str"].dump(value, write)}


def _dump_int(value: int, write: Write) -> Any:
    return value if value.bit_length() <= _MAX_DECIMAL_BITS else {"$int": hex(value)}


def _dump_float(value: float, write: Write) -> Any:
    return value if math.isfinite(value) else {"$float": repr(value)}


def _same(value: Any, write: Write) -> Any:
    return value


def _dump_dict(value: dict[Any, Any], write: Write) -> Any:
    """A plain object if all keys are plain strings, else pairs."""
    if all(type(key) is str and not key.startswith("$") and _is_clean(key) for key in value):
        return {key: write(item) for key, item in value.items()}
    return {"$dict": BY_TAG["dict"].dump(value, write)}


_ATOMS: dict[type, Callable[[Any, Write], Any]] = {
    type(None): _same,
    bool: _same,
    int: _dump_int,
    float: _dump_float,
    str: _dump_str,
    Reference: lambda value, write: {f"${value.kind}": value.task_id},
}
PLAIN = frozenset(_ATOMS)  # the types of what is its own tree, once it is read
_CONTAINERS: dict[type, Callable[[Any, Write], Any]] = {
    list: lambda value, write: [write(item) for item in value],
    dict: _dump_dict,
}


def _dump_pickle(value: Any, failure: EncodeError | None) -> Any:
    """The last resort; `failure` is why a better form did not serve, and what is told if this fails too."""
    kind = type(value)
    if not pickle_allowed():
        raise failure or EncodeError(
            f"a value of type {type_name(kind)} can only be pickled, which AQUE_PICKLE=0 forbids; {_HINT}"
        )
    from .pickles import dumps

    try:
        return {"$pickle": to_base64(dumps(value))}
    except EncodeError:
        raise
    except Exception as error:
        hint = _HINTS.get(kind.__name__, _HINT)
        raise failure or EncodeError(
            f"a value of type {type_name(kind)} cannot be stored ({one_line(error)}); {hint}"
        ) from error


def _load_pickle(payload: str) -> Any:
    """Unpickle, if that is allowed."""
    from .pickles import global_names, loads

    data = from_base64(payload)
    if not pickle_allowed():
        raise DecodeError(f"a stored {global_names(data)} is pickled, which AQUE_PICKLE=0 forbids to read here")
    return loads(data)


_LOADERS = {**LOADERS, "pickle": lambda payload, read: _load_pickle(payload)}


def tags() -> frozenset[str]:
    """The names of all forms, without their `$`."""
    return frozenset((*BY_TAG, *_LOADERS, *_REFERENCE_KINDS))
