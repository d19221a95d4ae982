"""What tasks leave in one file, and what it proves: who ran when, in which order, and none beside itself.

Each run holds a lock of its task as long as any process of it lives, and appends whole lines: `B` at its begin, `E` at
its end, `O` where the lock was held by another run.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SHELL = """
exec 9>>{folder}/lock.$AQUE_TASK_ID
flock -n 9 || echo "O $AQUE_TASK_ID $$" >> {folder}/records
echo "B $AQUE_TASK_ID $$" >> {folder}/records
(sleep {seconds}; true) & wait $!
echo "E $AQUE_TASK_ID $$" >> {folder}/records
"""


def run(folder: str, seconds: float) -> None:
    """The same as SHELL, as a function."""
    task, place = os.environ["AQUE_TASK_ID"], Path(folder)
    lock = os.open(place / f"lock.{task}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    records = os.open(place / "records", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.write(records, f"O {task} {os.getpid()}\n".encode())
    os.write(records, f"B {task} {os.getpid()}\n".encode())
    time.sleep(seconds)
    os.write(records, f"E {task} {os.getpid()}\n".encode())
    os.close(records)
    os.close(lock)


@dataclass(frozen=True, slots=True)
class Record:
    """One line."""

    kind: str
    task: int
    pid: int


def read(folder: Path) -> list[Record]:
    """All lines, in the order in which they were written."""
    lines = (line.split() for line in (folder / "records").read_text().splitlines())
    return [Record(kind, int(task), int(pid)) for kind, task, pid in lines]


def out_of_order(records: Sequence[Record], needs: Mapping[int, Sequence[int]]) -> Iterator[Record]:
    """Runs that began before what they need had come to its end."""
    ended: set[int] = set()
    for record in records:
        if record.kind == "B" and not ended.issuperset(needs[record.task]):
            yield record
        if record.kind == "E":
            ended.add(record.task)
