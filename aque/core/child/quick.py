"""JSON without the layers that Python's module has around it: in a fork, all code that is run costs pages."""

from __future__ import annotations

import json
from json import encoder
from typing import Any, Callable, Iterable

_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_CHUNKS: Callable[[Any, int], Iterable[str]] | None = None
if make := getattr(encoder, "c_make_encoder", None):
    _CHUNKS = make(
        None, json.JSONEncoder().default, encoder.encode_basestring_ascii, None, ": ", ", ", False, False, True
    )


def read(text: str) -> Any:
    """The value of a text that is known to be JSON, with nothing before it."""
    return _scan(text, 0)[0]


def write(tree: Any) -> str:
    """The text of a tree, which must not contain itself."""
    return json.JSONEncoder(check_circular=False).encode(tree) if _CHUNKS is None else "".join(_CHUNKS(tree, 0))
