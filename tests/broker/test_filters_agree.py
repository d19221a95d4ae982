"""A filter gives the same tasks from SQL as from the predicate, whatever the tasks and the filter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.fields import FIELDS
from aque.core.filter import Node
from aque.core.filter.predicate import Context, links, predicate
from aque.core.filter.regex import read_regex
from aque.core.queries import listing
from aque.core.selection import Selection
from aque.core.sorting import Key, place
from tests.filters import NOW, nodes, regexes, tasks, texts

_STATEMENTS = (
    """insert into aque.shape (queue, username, cpus, cpu_share, memory, memory_least, host, platform, tags,
                               limits)
       values (%(queue)s, %(username)s, %(cpus)s, %(cpu_share)s, %(memory)s, %(memory)s, %(host)s, %(platform)s,
               %(tags)s, %(limits)s::jsonb)
       on conflict do nothing""",
    """insert into aque.spec (task_id, name, pattern, func, args, timeout)
       values (%(id)s, %(name)s, %(pattern)s, %(func)s, %(args)s, %(timeout)s)""",
    """insert into aque.task (id, parent_id, worker_id, created_at, run_at, started_at, finished_at, priority, duration,
                              blockers, state, attempt, retries, lease, memory, shape_id)
       select %(id)s, %(parent_id)s, %(worker_id)s, %(created_at)s, %(run_at)s, %(started_at)s, %(finished_at)s,
              %(priority)s, %(duration)s, %(blockers)s, %(state)s::aque.state, %(attempt)s, %(retries)s, %(lease)s,
              %(memory)s, s.id
       from aque.shape s where (s.queue, s.username, s.cpus, s.cpu_share, s.memory, s.host, s.platform, s.tags,
                                  s.limits)
         = (%(queue)s, %(username)s, %(cpus)s::real, %(cpu_share)s, %(memory)s, %(host)s::text[], %(platform)s,
            %(tags)s::text[], %(limits)s::jsonb)""",
    """insert into aque.attempt (task_id, number, worker_id, finished_at, exit_code, signal, state, error, max_rss,
                                 read_bytes, user_time)
       select %(id)s, %(attempt)s, 2, %(created_at)s, %(exit_code)s, %(signal)s, 'error', %(error)s, %(max_rss)s,
              %(read_bytes)s, %(user_time)s
       where %(has_run)s""",
    """insert into aque.usage (task_id, lease, worker_id, cpu, rss, peak)
       select %(id)s, %(usage_lease)s, 1, %(cpu)s, %(rss)s, %(rss)s where %(usage_lease)s::bigint is not null""",
    """insert into aque.dependency (task_id, needs_id) select %(id)s, n from unnest(%(needs)s::bigint[]) n""",
)
_WORKERS = """insert into aque.worker (memory, cpus, pid, name, hostname, platform, username, any_user, version,
                                       last_active)
              select 1, 1, 1, w.name, w.host, '', '', true, '', clock_timestamp() + interval '1 day'
              from (values ('w1', 'a'), ('7', 'host')) w (name, host)"""


@pytest.fixture(scope="module")
def conn(url: str) -> Iterator[Connection]:
    with Broker(url) as broker:
        broker.database.initialise(from_scratch=True)
        with broker.database.connection(limit=1800) as made:
            made.execute(_WORKERS)
            yield made


def _fill(conn: Connection, given_tasks: Sequence[dict[str, Any]]) -> None:
    for number, task in enumerate(given_tasks, 1):
        error = None if task["message"] is None else json.dumps({"message": task["message"]})
        for statement in _STATEMENTS:
            as_json = {name: json.dumps(task[name]) for name in ("args", "limits")}
            conn.execute(statement, {**task, "id": number, "error": error, **as_json})


def _context(conn: Connection, node: Node) -> Context:
    needs: dict[int, frozenset[int]] = {}
    needed_by: dict[int, frozenset[int]] = {}
    for task, other, is_need in listing.links(conn, links(node)):
        edges = needs if is_need else needed_by
        edges[task] = edges.get(task, frozenset()) | {other}
    return Context(NOW, needs, needed_by)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(tasks(), min_size=1, max_size=8), st.lists(nodes, min_size=1, max_size=6))
def test_sql_and_the_predicate_agree(conn: Connection, given_tasks: list[dict[str, Any]], filters: list[Node]) -> None:
    with conn.transaction(force_rollback=True):
        _fill(conn, given_tasks)
        rows = listing.page(conn, Selection(), NOW)
        assert len(rows) == len(given_tasks)
        for node in filters:
            test = predicate(node, _context(conn, node))
            found = [row.id for row in listing.page(conn, Selection(filter=node), NOW)]
            assert found == [row.id for row in rows if test(row)]


@settings(max_examples=500)
@given(regexes, st.lists(texts, max_size=8))
def test_postgresql_and_python_find_a_regex_in_the_same_texts(
    conn: Connection, pattern: str, given_texts: list[str]
) -> None:
    regex = read_regex(pattern)
    found = conn.execute(
        "select coalesce(array_agg(t ~ %s order by n), '{}') from unnest(%s::text[]) with ordinality x (t, n)",
        [regex.postgres, given_texts],
    ).fetchone()
    assert found
    assert found[0] == [regex.matches(text) for text in given_texts]


@settings(max_examples=100)
@given(st.lists(tasks(), min_size=1, max_size=8), st.data())
def test_pages_of_any_size_make_the_whole_list(
    conn: Connection, given_tasks: list[dict[str, Any]], data: st.DataObject
) -> None:
    """A keyset that forgets a null, or the direction of a key, would lose tasks or show them twice."""
    sortable = st.sampled_from([field for field in FIELDS if field.sorts])
    keys = data.draw(
        st.lists(st.builds(Key, sortable, st.booleans()), max_size=3, unique_by=lambda key: key.field.name)
    )
    sort = (*keys, Key(FIELDS[0], data.draw(st.booleans())))
    size = data.draw(st.integers(1, 4))
    with conn.transaction(force_rollback=True):
        _fill(conn, given_tasks)
        whole = listing.page(conn, Selection(), NOW, sort)
        assert len(whole) == len(given_tasks)
        paged, after = [], None
        while part := listing.page(conn, Selection(), NOW, sort, size, after):
            paged += part
            after = place(sort, part[-1], NOW)
            assert len(paged) <= len(whole)
        assert paged == whole
