"""The primary is lost and its standby promoted: workers and clients go on there by themselves, nothing runs twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import aque
from aque.core.broker import Broker
from aque.core.errors import BrokerUnavailable, UsageError
from aque.core.selection import Selection
from aque.core.steering import Steering
from tests.standby import Pair, replicated
from tests.waiting import wait_for

from . import records
from .conftest import Report
from .test_stopped import begun
from .test_storm import COUNT_ENDS
from .test_worker import is_dead, marking, pids, row
from .workers import starting

pytestmark = [
    pytest.mark.skipif(not shutil.which("flock"), reason="needs flock(1)"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def pair() -> Iterator[Pair]:
    with replicated() as made:
        yield made


@pytest.fixture
def broker(pair: Pair) -> Iterator[Broker]:
    with Broker(pair.url) as made:
        made.database.initialise()
        yield made


def shell(folder: Path, seconds: float, **fields: object) -> dict[str, object]:
    return {"pattern": "shell", "args": records.SHELL.format(folder=folder, seconds=seconds), **fields}


def _is_connected(broker: Broker, process: subprocess.Popen[bytes]) -> bool:
    """Whether it has asked the server something: who starts while there is none is refused, as it should be."""
    ports = [each.laddr.port for each in psutil.Process(process.pid).net_connections("tcp")]
    asked = "select exists (select from pg_stat_activity where client_port = any(%s) and query <> '')"
    with broker.database.connection() as conn:
        return conn.execute(asked, [ports]).fetchone() == (True,)


def test_workers_and_clients_go_on_at_the_other_server(
    pair: Pair, broker: Broker, tmp_path: Path, report: Report
) -> None:
    """One worker is late: it was frozen while the other came back, and its task ran on all the time."""
    with broker.database.connection() as conn:
        conn.execute(COUNT_ENDS)
    queue = aque.Queue(broker=broker)
    with starting(broker) as start:
        late = start("--tag", "late")
        long = queue.submit_many([shell(tmp_path, 12, tags="late"), shell(tmp_path, 12, tags="soon")])
        start("--tag", "soon")
        command = [sys.executable, "-m", "aque", "wait", "--broker", pair.url, *(str(each.id) for each in long)]
        waiting = subprocess.Popen(command, env={**os.environ, "AQUE_LOG": "CRITICAL"}, stdout=subprocess.DEVNULL)
        wait_for(lambda: all(begun(tmp_path, each.id) for each in long) and _is_connected(broker, waiting), 30)
        short = queue.submit_many([shell(tmp_path, 0.2, tags="soon") for _ in range(20)])
        wait_for(lambda: any(each.done() for each in short), 30)
        late.send_signal(signal.SIGSTOP)
        pair.primary.kill()
        pair.standby.promote()
        lost_at = time.monotonic()
        wait_for(lambda: all(each.done() for each in short), 60, "what one worker could run did not end")
        back_after = time.monotonic() - lost_at
        # long enough for the other to take it for dead, were it judged by its lock
        wait_for(lambda: time.monotonic() - lost_at > 8, 30)
        late.send_signal(signal.SIGCONT)
        assert [each.result(60) for each in (*short, *long)] == [0] * 22
        assert waiting.wait(60) == 0
    with broker.database.connection() as conn:
        ends = Counter(task for (task,) in conn.execute("select task from public.ended"))
    seen = Counter(each.kind for each in records.read(tmp_path))
    report(back_after=round(back_after, 1), begun=seen["B"], beside_itself=seen["O"])
    assert ends == Counter(each.id for each in (*short, *long)), "each task ends once"
    assert seen["O"] == 0
    assert {row(broker, each.id) for each in long} == {("success", 1, 0)}


def test_a_run_that_the_standby_never_heard_of_is_stopped(pair: Pair, broker: Broker, tmp_path: Path) -> None:
    """Without synchronous replication a capture can be lost: its task waits again, and runs elsewhere at any moment."""
    mark = tmp_path / "mark"
    future = aque.Queue(broker=broker).submit_many([{**marking(mark), "hold": True}])[0]
    with starting(broker) as start:
        start()
        wait_for(broker.workers, 30)
        wait_for(lambda: pair.standby.sql("select count(*) = 1 from aque.worker"), 30)
        pair.primary.sql("alter system set synchronous_standby_names = ''")
        pair.primary.sql("select pg_reload_conf()")
        pair.standby.kill()
        Steering(broker).resume(Selection.of([future.id]))
        wait_for(lambda: pids(mark), 30)
        pair.primary.kill()
        pair.standby.start()
        pair.standby.promote()
        wait_for(lambda: is_dead(pids(mark)[0]), 30, "two workers may run it at once")
        assert row(broker, future.id) == ("paused", 0, 0)
        Steering(broker).resume(Selection.of([future.id]))
        wait_for(lambda: len(pids(mark)) == 2, 30, "it is not run again")
        assert row(broker, future.id) == ("running", 1, 0)


def test_a_submit_whose_end_is_unknown_is_made_sure_of_by_its_key(pair: Pair, broker: Broker) -> None:
    """The primary is lost after it has committed and before it could say so, and the standby has the task."""
    broker.submit([{"pattern": "shell", "args": "true"}], {})  # all is connected
    wait_for(lambda: pair.standby.sql("select to_regclass('aque.task') is not null"), 30)
    receiver = pair.freeze_receiver()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(broker.submit, [{"pattern": "shell", "args": "true", "key": "once"}], {})
        wait_for(lambda: pair.primary.sql("select exists (select from pg_stat_activity where wait_event = 'SyncRep')"))
        assert not asked.done()
        pair.primary.kill()
        receiver.resume()
        with pytest.raises(BrokerUnavailable, match="may be stored all the same"):
            asked.result(60)
    # The standby takes in what was on its way, and then finds that nobody sends any more.
    wait_for(lambda: pair.standby.sql("select count(*) = 2 from aque.task"), 30)
    pair.standby.promote()
    with pytest.raises(UsageError, match="the key 'once' is taken"):
        broker.submit([{"pattern": "shell", "args": "true", "key": "once"}], {})
    assert pair.standby.sql("select count(*) from aque.task where key = 'once'") == 1


def test_a_submit_that_reached_no_server_is_stored_once_by_trying_again(pair: Pair, broker: Broker) -> None:
    broker.submit([{"pattern": "shell", "args": "true"}], {})
    pair.primary.kill()
    task = {"pattern": "shell", "args": "true", "key": "once"}
    with pytest.raises(BrokerUnavailable, match=r"refused; .* read-only"), Broker(pair.url) as other:
        other.submit([task], {})
    later = threading.Timer(1.0, pair.standby.promote)
    later.start()
    wait_for(lambda: _is_stored(broker, task), 60)
    later.join()
    assert pair.standby.sql("select count(*) from aque.task where key = 'once'") == 1


def _is_stored(broker: Broker, task: dict[str, object]) -> bool:
    try:
        broker.submit([task], {})
    except BrokerUnavailable:
        return False
    return True
