"""A nightly pipeline: fetch, load, report, and a word to somebody if one of them fails for good.

The source is not there at the first try, so fetching is tried again, each time after twice the wait. The key lets cron
start the pipeline as often as it likes: while one night's is not complete, another of the same key is refused.

    python examples/nightly.py
"""

from __future__ import annotations

import csv
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aque

SALES = [("north", 12), ("south", 30), ("north", 8), ("west", 21)]


def fetch(folder: Path) -> Path:
    """The day's sales, once the source has them."""
    task = aque.current_task()
    if task and task.attempt < 3:
        raise ConnectionError(f"the source has nothing yet (attempt {task.attempt})")
    with (folder / "sales.csv").open("w", newline="") as file:
        csv.writer(file).writerows(SALES)
    return folder / "sales.csv"


def load(file: Path) -> Path:
    """The same in a database, all or nothing: a second run of it starts over."""
    database = file.with_suffix(".db")
    with file.open(newline="") as lines, closing(sqlite3.connect(database)) as conn, conn:
        conn.execute("drop table if exists sale")
        conn.execute("create table sale (region text, amount integer)")
        conn.executemany("insert into sale values (?, ?)", csv.reader(lines))
    return database


def report(database: Path) -> Mapping[str, int]:
    """What each region sold."""
    with closing(sqlite3.connect(database)) as conn:
        return dict(conn.execute("select region, sum(amount) from sale group by 1 order by 1"))


def pipeline(folder: Path) -> list[dict[str, Any]]:
    """The report with all that it needs, and what is done where it does not come about."""
    fetched = {"func": fetch, "args": [folder], "retries": 5, "retry_delay": 0.1, "key": f"fetch {folder}"}
    loaded = {"func": load, "args": [aque.result_of(fetched)]}
    reported = {"func": report, "args": [aque.result_of(loaded)], "name": "report"}
    alarm = {"args": "echo no report this night", "dependencies": [{"task": reported, "condition": "failure"}]}
    return [reported, alarm, fetched]


def main() -> int:
    queue = aque.Queue("nightly")
    with tempfile.TemporaryDirectory() as folder:
        reported, alarm, fetched = queue.submit_many(pipeline(Path(folder)))
        try:
            queue.submit_many(pipeline(Path(folder)))
        except aque.UsageError as error:
            print(f"a second time: {error}")
        aque.Worker(queue.broker, queues=[queue.name]).run(until_empty=True)
        sold = reported.result(60)
    tries = queue.broker.tasks([fetched.id])[0].attempt
    print(f"fetched at attempt {tries}; sold: {sold}")
    print("the alarm was not needed" if alarm.cancelled() else "the alarm was raised")
    return 0 if alarm.cancelled() and sold == {"north": 20, "south": 30, "west": 21} else 1


if __name__ == "__main__":
    sys.exit(main())
