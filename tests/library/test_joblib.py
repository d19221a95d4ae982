"""joblib's loops as tasks of a queue."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import joblib
import pytest
from joblib import Parallel, delayed, parallel_config

import aque
import aque.joblib
from aque.core.broker import Broker
from aque.core.futures import RemoteTraceback
from tests.waiting import wait_for

from . import loops

pytestmark = pytest.mark.usefixtures("worker")


def test_a_loop_of_a_modules_function_runs_in_tasks_and_keeps_its_order(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        assert Parallel()(delayed(loops.square)(x) for x in range(300)) == [x * x for x in range(300)]
    assert {row.name for row in broker.tasks()} == {"square"}


def test_short_calls_go_together_into_few_tasks(broker: Broker) -> None:
    """Each task has a price that is much more than that of a call."""
    with parallel_config("aque", broker=broker):
        Parallel(batch_size=50, pre_dispatch="all")(delayed(loops.square)(x) for x in range(300))
    assert len(broker.tasks()) == 6


def test_lambdas_and_closures_go_by_value(broker: Broker) -> None:
    factor = 7
    with parallel_config("aque", broker=broker):
        assert Parallel()(delayed(lambda x: x * factor)(x) for x in range(5)) == [0, 7, 14, 21, 28]


def test_results_of_any_kind_come_back(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        found = Parallel()(delayed(lambda x: lambda: x)(x) for x in range(3))
    assert [each() for each in found] == [0, 1, 2]


def test_an_error_is_raised_with_the_tasks_own_traceback(broker: Broker) -> None:
    with parallel_config("aque", broker=broker), pytest.raises(ArithmeticError, match="bad: 3") as caught:
        Parallel()(delayed(loops.fail_at)(x, 3) for x in range(10))
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    assert "loops.py" in caught.value.__cause__.tb


def test_after_an_error_nothing_of_the_loop_runs_on(broker: Broker, tmp_path: Path) -> None:
    with parallel_config("aque", broker=broker), pytest.raises(ArithmeticError, match="second"):
        Parallel(batch_size=1, n_jobs=2)(delayed(loops.mark_and_wait)(str(tmp_path), place) for place in range(2))
    wait_for(lambda: sorted(row.state for row in broker.tasks()) == ["error", "killed"])


def test_one_job_is_a_plain_loop_here(broker: Broker) -> None:
    """As everywhere in joblib: to debug with."""
    with parallel_config("aque", broker=broker):
        assert set(Parallel(n_jobs=1)(delayed(loops.where)(x) for x in range(3))) == {os.getpid()}
    assert broker.tasks() == []


def test_numbers_of_jobs_are_counted_from_the_cpus_of_the_workers(broker: Broker) -> None:
    """The worker of this test has two."""
    with parallel_config("aque", broker=broker):
        assert joblib.effective_n_jobs() == 2
        assert joblib.effective_n_jobs(5) == 5
    with parallel_config("aque", broker=broker, cpus=0.5):
        assert (joblib.effective_n_jobs(-1), joblib.effective_n_jobs(-2)) == (4, 3)
        with pytest.raises(ValueError, match="n_jobs"):
            joblib.effective_n_jobs(0)


def test_a_loop_inside_a_task_of_one_cpu_is_a_plain_loop(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        assert Parallel()([delayed(loops.nested)(3)]) == [("SequentialBackend", [0, 1, 4])]


def test_a_loop_inside_a_task_of_several_cpus_has_threads(broker: Broker) -> None:
    with parallel_config("aque", broker=broker, cpus=2):
        assert Parallel()([delayed(loops.nested)(3)]) == [("ThreadingBackend", [0, 1, 4])]


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"cpus": 2}, "2"), ({"inner_max_num_threads": 3}, "3")])
def test_numerical_libraries_are_told_how_many_threads_they_may_have(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, given: dict[str, int], threads: str
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with parallel_config("aque", broker=broker, **given):
        assert Parallel()([delayed(loops.threads)()]) == [threads]


def test_fields_are_those_of_each_task(broker: Broker) -> None:
    with parallel_config("aque", broker=broker, queue="night", priority=7, tags=[]):
        Parallel()([delayed(loops.square)(1)])
    assert [(row.queue, row.priority) for row in broker.tasks()] == [("night", 7)]


def test_results_can_be_taken_as_they_come(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        found = Parallel(return_as="generator")(delayed(loops.square)(x) for x in range(10))
        assert next(found) == 0
        assert list(found) == [x * x for x in range(1, 10)]


def test_results_can_be_taken_in_the_order_in_which_they_end(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        found = Parallel(n_jobs=-1, return_as="generator_unordered")(delayed(loops.square)(x) for x in range(10))
        assert sorted(found) == [x * x for x in range(10)]


def test_an_error_comes_out_of_a_generator_too(broker: Broker) -> None:
    with parallel_config("aque", broker=broker):
        found = Parallel(n_jobs=-1, return_as="generator", batch_size=1)(delayed(loops.fail_at)(x, 3) for x in range(6))
        with pytest.raises(ArithmeticError, match="bad: 3"):
            list(found)


def test_a_loop_that_is_not_over_in_time_is_given_up(broker: Broker, tmp_path: Path) -> None:
    with parallel_config("aque", broker=broker), pytest.raises(multiprocessing.TimeoutError):
        Parallel(n_jobs=2, timeout=0.2)([delayed(loops.mark_and_wait)(str(tmp_path), 0)])
    wait_for(lambda: {row.state for row in broker.tasks()} <= {"cancelled", "killed"})


def test_without_pickles_it_says_so(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AQUE_PICKLE", "0")
    with parallel_config("aque", broker=broker), pytest.raises(aque.EncodeError, match="AQUE_PICKLE=0 forbids"):
        Parallel()(delayed(loops.square)(x) for x in range(10))


def test_what_cannot_be_pickled_ends_the_loop_wherever_it_comes(broker: Broker) -> None:
    """Most batches are queued by the thread that hears of the ends of others, where nobody catches an error."""
    values = [threading.Lock() if x == 40 else x for x in range(50)]
    with parallel_config("aque", broker=broker), pytest.raises(aque.EncodeError, match="cannot be stored"):
        Parallel(batch_size=1)(delayed(loops.square)(x) for x in values)


def test_what_a_script_defines_goes_there_and_back(broker: Broker, tmp_path: Path) -> None:
    """Its classes have no module that another process could import, and it has no guard around its main part."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    environ = {**os.environ, "AQUE_BROKER": broker.to_url()}
    done = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True 30\nTaskError Odd\n", "")


_SCRIPT = """
from dataclasses import dataclass
import aque, aque.joblib, joblib

@dataclass
class Point:
    x: int

class Odd(Exception): pass

def refuse(): raise Odd("no")

def double(point): return Point(2 * point.x)

with joblib.parallel_config("aque"):
    found = joblib.Parallel()(joblib.delayed(double)(Point(x)) for x in range(6))
    try:
        joblib.Parallel()([joblib.delayed(refuse)()])
    except aque.TaskError as error:
        told = type(error).__name__, "Odd" * ("Odd: no" in error.__cause__.tb)
print(all(type(each) is Point for each in found), sum(each.x for each in found))
print(*told)
"""
