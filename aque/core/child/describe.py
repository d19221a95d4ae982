"""Stored values in a few words, for people: nothing is imported, unpickled or rebuilt, and nothing is raised."""

from __future__ import annotations

from typing import Any, Callable, Iterator

_DEPTH = 12
_MORE = "…"
Pieces = Iterator[str]


def describe(tree: Any, limit: int = 80) -> str:
    """One line, much like `repr` of the value, of at most `limit` characters."""
    limit = max(limit, 1)
    text = ""
    try:
        for piece in _pieces(tree, _DEPTH, limit):
            text += piece
            if len(text) > limit:
                break
    except Exception:  # a damaged tree is described as far as it goes
        text += _MORE
    return text if len(text) <= limit else text[: limit - 1] + _MORE


def _pieces(tree: Any, depth: int, limit: int) -> Pieces:
    """The text of a tree, bit by bit, so that a huge one costs no more than what is shown."""
    if depth <= 0:
        yield _MORE
    elif isinstance(tree, list):
        yield from _bracketed("[", tree, "]", depth, limit)
    elif isinstance(tree, dict):
        yield from _object(tree, depth, limit)
    elif isinstance(tree, str):
        yield _quoted(tree, limit)
    else:
        yield repr(tree)


def _quoted(text: str, limit: int) -> str:
    """A text as Python would write it; no more of it than can be shown."""
    return repr(text[: limit + 1])


def _object(tree: dict[Any, Any], depth: int, limit: int) -> Pieces:
    """A dictionary, or the form that `{"$tag": payload}` stands for."""
    if len(tree) == 1:
        ((key, payload),) = tree.items()
        if isinstance(key, str) and key.startswith("$"):
            yield from _form(key[1:], payload, depth, limit)
            return
    yield from _pairs(tree.items(), depth, limit)


def _form(tag: str, payload: Any, depth: int, limit: int) -> Pieces:
    """A tagged form; a payload that is not as it should be is shown as it is."""
    shape = _SHAPES.get(tag)
    try:
        pieces = shape(payload, depth, limit) if shape is not None else None
    except Exception:
        pieces = None
    if pieces is None:
        pieces = _call(tag, payload, depth, limit)
    yield from pieces


def _call(word: str, payload: Any, depth: int, limit: int) -> Pieces:
    """`word(payload)`."""
    yield f"{_short(word, limit)}("
    yield from _pieces(payload, depth - 1, limit)
    yield ")"


def _short(text: str, limit: int) -> str:
    """A bare word that keeps to one line."""
    return repr(str(text)[: limit + 1])[1:-1]


def _bracketed(left: str, items: Any, right: str, depth: int, limit: int) -> Pieces:
    """Items between brackets."""
    yield left
    for index, item in enumerate(items):
        if index:
            yield ", "
        yield from _pieces(item, depth - 1, limit)
    yield right


def _pairs(pairs: Any, depth: int, limit: int) -> Pieces:
    """A dictionary's items between braces."""
    yield "{"
    for index, (key, item) in enumerate(pairs):
        if index:
            yield ", "
        yield from _pieces(key, depth - 1, limit)
        yield ": "
        yield from _pieces(item, depth - 1, limit)
    yield "}"


def _brackets(left: str, right: str, empty: str, alone: str = "") -> Callable[[Any, int, int], Pieces]:
    """The shape of a collection: its brackets, what stands for an empty one, and what ends a single one."""

    def shape(payload: Any, depth: int, limit: int) -> Pieces:
        if not isinstance(payload, list):
            raise TypeError
        if not payload:
            return iter((empty,))
        return _bracketed(left, payload, (alone if len(payload) == 1 else "") + right, depth, limit)

    return shape


def _word(template: str) -> Callable[[Any, int, int], Pieces]:
    """The shape of a payload that is a bare word or number."""

    def shape(payload: Any, depth: int, limit: int) -> Pieces:
        if not isinstance(payload, (str, int)):
            raise TypeError
        return iter((template.format(_short(str(payload), limit)),))

    return shape


def _bytes(payload: Any, depth: int, limit: int) -> Pieces:
    """Bytes as Python writes them, for the part that is shown."""
    import binascii

    shown = payload[: 4 * limit]
    return iter((repr(binascii.a2b_base64(shown.encode("ascii"))),))


def _surrogates(payload: Any, depth: int, limit: int) -> Pieces:
    """A text that JSON does not hold."""
    import binascii

    return iter((_quoted(binascii.a2b_base64(payload.encode("ascii")).decode("utf-8", "surrogatepass"), limit),))


def _pickled(payload: Any, depth: int, limit: int) -> Pieces:
    return iter((f"<pickled, {len(payload) * 3 // 4} bytes>",))


def _moment(payload: Any, depth: int, limit: int) -> Pieces:
    """A date or time by its ISO text, with its zone if it has one."""
    if isinstance(payload, str):
        return iter((_short(payload, limit),))
    text, _, zone = payload
    return _chain(f"{_short(text, limit)}", zone, depth, limit)


def _chain(text: str, zone: Any, depth: int, limit: int) -> Pieces:
    yield text
    if zone is not None:
        yield " "
        yield from _pieces(zone, depth - 1, limit)


def _last(name: Any, limit: int) -> str:
    """The class's own name out of `pkg.mod:Class`."""
    if not isinstance(name, str):
        raise TypeError
    return _short(name.rpartition(":")[2], limit)


def _member(payload: Any, depth: int, limit: int) -> Pieces:
    kind, member = payload
    return iter((f"{_last(kind, limit)}.{_short(member, limit)}",))


def _namedtuple(payload: Any, depth: int, limit: int) -> Pieces:
    kind, items = payload
    return _bracketed(f"{_last(kind, limit)}(", list(items), ")", depth, limit)


def _error(payload: Any, depth: int, limit: int) -> Pieces:
    return _bracketed(f"{_last(payload['type'], limit)}(", list(payload["args"]), ")", depth, limit)


def _dict(payload: Any, depth: int, limit: int) -> Pieces:
    return _pairs([(key, item) for key, item in payload], depth, limit)


_SHAPES: dict[str, Callable[[Any, int, int], Pieces]] = {
    "tuple": _brackets("(", ")", "()", alone=","),
    "set": _brackets("{", "}", "set()"),
    "frozenset": _brackets("frozenset({", "})", "frozenset()"),
    "dict": _dict,
    "bytes": _bytes,
    "str": _surrogates,
    "pickle": _pickled,
    "name": _word("{}"),
    "float": _word("{}"),
    "int": _word("{}"),
    "decimal": _word("Decimal('{}')"),
    "uuid": _word("{}"),
    "date": _moment,
    "datetime": _moment,
    "time": _moment,
    "zoneinfo": _word("{}"),
    "enum": _member,
    "namedtuple": _namedtuple,
    "error": _error,
    "result": _word("<result of task {}>"),
    "stdout": _word("<stdout of task {}>"),
}
