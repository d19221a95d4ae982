"""Every statement fits the schema: a column that is renamed breaks a test, not a user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from psycopg.pq import ExecStatus

from aque.core import queries
from aque.core.broker import Broker
from aque.core.db.statements import scripts, statements

_PARAMETER = re.compile(r"%\((\w+)\)s")
_FUNCTION = re.compile(r"^create or replace function aque\.(\w+)", re.MULTILINE)


def _all() -> Iterator[tuple[str, str]]:
    for module in iter_modules(queries.__path__, f"{queries.__name__}."):
        own = getattr(import_module(module.name), "_SQL", {})
        if all(isinstance(text, str) for text in own.values()):  # pieces of statements are run by their own tests
            stem = module.name.rpartition(".")[2]
            yield from ((f"{stem}.{name}", statements(module.name)[name]) for name in own)


def _numbered(text: str) -> str:
    """psycopg's placeholders as the server's own."""
    numbers: dict[str, int] = {}
    return _PARAMETER.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", text).replace("%%", "%")


@pytest.fixture(scope="module")
def made(url: str) -> Iterator[Broker]:
    with Broker(url) as broker:
        broker.database.initialise(from_scratch=True)
        yield broker


@pytest.mark.parametrize(("name", "text"), [pytest.param(*each, id=each[0]) for each in _all()])
def test_a_statement_fits_the_schema(made: Broker, name: str, text: str) -> None:
    with made.database.connection() as conn:
        if text.lower().startswith("copy"):
            with conn.cursor().copy(text.encode()):
                pass  # no rows, but its columns are looked up
        else:
            parsed = conn.pgconn.prepare(name.encode(), _numbered(text).encode())
            assert parsed.status == ExecStatus.COMMAND_OK, parsed.error_message


def test_every_function_of_the_scripts_is_there_once(made: Broker) -> None:
    """A second one of the same name is an old signature that nobody dropped: calls would be ambiguous."""
    defined = sorted(name for _, script in scripts("functions") for name in _FUNCTION.findall(script))
    with made.database.connection() as conn:
        found = conn.execute(
            "select proname from pg_proc where pronamespace = 'aque'::regnamespace and prokind = 'f' order by proname"
        )
        assert [row[0] for row in found] == defined


def test_a_second_run_of_the_functions_changes_nothing(made: Broker) -> None:
    """Functions are replaced at each migration, on a schema that has them."""
    with made.database.transaction() as conn:
        for _, script in scripts("functions"):
            conn.execute(script)
