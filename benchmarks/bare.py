"""A worker with LISTEN and NOTIFY and nothing else, as a process: `python -m benchmarks.bare CONNINFO`.

It claims one job, calls `time.monotonic`, stores what that returned, and tells: two transactions a job, as a queue that
does not lose what it claimed.
"""

from __future__ import annotations

import sys
import time

import psycopg

TABLE = """
create table call (
    id bigint generated always as identity primary key, state text not null default 'ready', result float8
);
create index on call (id) where state = 'ready'
"""
_CLAIM = """
update call set state = 'running'
where id = (select id from call where state = 'ready' order by id limit 1 for update skip locked) returning id
"""
_DONE = "update call set state = 'done', result = %s where id = %s"


def work(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("listen job")
        while True:
            while claimed := conn.execute(_CLAIM).fetchone():
                conn.execute(_DONE, (time.monotonic(), claimed[0]))
                conn.execute("select pg_notify('done', %s)", (str(claimed[0]),))
            next(conn.notifies(timeout=1, stop_after=1), None)


if __name__ == "__main__":
    work(sys.argv[1])
