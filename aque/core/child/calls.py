"""Calls of what goes by no name of its own, and of many at once."""

from __future__ import annotations

from typing import Any, Callable, Iterable


def call(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call an object that came as an argument: a bound method, or a `functools.partial`."""
    return func(*args, **kwargs)


def each(func: Callable[..., Any], /, *columns: Iterable[Any]) -> list[Any]:
    """The results of func for the first of all columns, the second, and so on; the first error ends it."""
    return [awaited(func(*values)) for values in zip(*columns)]  # noqa: B905 - Python 3.8


def awaited(value: Any) -> Any:
    """The value, or what it comes to if it is to be awaited."""
    if not hasattr(type(value), "__await__"):
        return value
    import asyncio

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())
