"""aque itself: a worker as a process of its own, and results that are waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..house import House
from ..rounds import Go
from .timing import rate


def functions(count: int, isolation: str) -> Callable[[House], Any]:
    """No-op functions, submitted at once."""
    return _tasks(count, {"func": "operator:add", "args": [1, 2], "isolation": isolation}, 3)


def commands(count: int) -> Callable[[House], Any]:
    """`true`, submitted at once."""
    return _tasks(count, {"pattern": "shell", "args": ["true"]}, 0)


def _tasks(count: int, prototype: dict[str, Any], result: Any) -> Callable[[House], Any]:
    @contextmanager
    def opened(house: House) -> Iterator[Go]:
        with house.worker():
            assert house.queue.submit_many([prototype])[0].result(60) == result

            def go() -> float:
                futures = house.queue.submit_many(dict(prototype) for _ in range(count))
                assert all(future.result(600) == result for future in futures)
                return float(count)

            yield rate(go)

    return opened
