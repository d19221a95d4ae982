"""CPython's own cases of executors and futures: those that aque passes, and why the others do not apply to it.

The names are those of CPython 3.11 to 3.14. `test_cpython_executor.py` runs what the interpreter at hand has of them; a
case that stands in neither table fails there. docs/executor.md shows both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_POOL = "about the workers inside a pool; aque's workers are programs of their own"
_SETTINGS = "about settings of `ProcessPoolExecutor` that a queue does not have"
_BROKEN = "a task that dies takes no other with it, and breaks no pool"
_MANAGER = "needs a manager of `multiprocessing`, whose key only its own children have"
_EXIT = "an interpreter waits at its end for pools of its own; queued tasks outlive who submitted them"
_SCRIPT = "its script makes a pool by name"
_SHARED = "its tasks share memory with who submits them"
_REFUSED = "what cannot be stored is refused when it is submitted, before there is a future"
_REPR = "the representation of a future names its task"
_STATES = "looks at a state that a future has inside until a pool comes across it; a queue's tells who waits at once"
_NAMES = "about the names of the classes of `concurrent.futures`"
_DOUBLE = "puts other objects in the place of a pool's own parts"

APPLIES: Final[Mapping[str, str]] = {
    "ExecutorTest": """test_submit test_submit_keyword test_map test_map_exception test_map_timeout
        test_map_buffersize test_map_buffersize_on_empty_iterable test_map_buffersize_on_infinite_iterable
        test_map_buffersize_on_multiple_infinite_iterables test_map_buffersize_on_multiple_iterables
        test_map_buffersize_type_validation test_map_buffersize_value_validation
        test_map_buffersize_when_buffer_is_full test_map_buffersize_without_iterable
        test_shutdown_race_issue12456 test_no_stale_references test_free_reference test_swallows_falsey_exceptions""",
    "ProcessPoolExecutorTest": "test_map_chunksize test_traceback",
    "ExecutorShutdownTest": "test_run_after_shutdown test_hang_issue12364 test_cancel_futures test_hang_gh94440",
    "WaitTests": """test_20369 test_first_completed test_first_completed_some_already_completed test_first_exception
        test_first_exception_some_already_complete test_first_exception_one_already_failed test_all_completed
        test_timeout""",
    "AsCompletedTests": """test_no_timeout test_zero_timeout test_future_times_out test_duplicate_futures
        test_free_reference_yielded_future test_correct_timeout_exception_msg""",
    "ExecutorDeadlockTest": """test_exit_at_task_unpickle test_error_at_task_unpickle test_crash_at_task_unpickle
        test_crash_during_func_exec_on_worker test_exit_during_func_exec_on_worker
        test_error_during_func_exec_on_worker test_crash_during_result_pickle_on_worker
        test_exit_during_result_pickle_on_worker test_error_during_result_pickle_on_worker
        test_error_during_result_unpickle_in_result_handler test_exit_during_result_unpickle_in_result_handler
        test_shutdown_deadlock test_crash_big_data""",
    "FutureTests": """test_done_callback_with_result test_done_callback_with_exception test_done_callback_with_cancel
        test_done_callback_raises test_done_callback_already_successful test_done_callback_already_failed
        test_done_callback_already_cancelled test_done_callback_raises_already_succeeded test_cancelled
        test_done test_running test_result_with_timeout test_result_with_success test_result_with_cancel
        test_exception_with_timeout test_exception_with_success""",
}
"""By class, as CPython names it."""

ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "ExecutorTest": {"test_max_workers_negative": _POOL},
    "ThreadPoolExecutorTest": {
        "test_map_submits_without_iteration test_executor_map_current_future_cancel": _SHARED,
        "test_default_workers test_saturation test_idle_thread_reuse test_hang_global_shutdown_lock": _POOL,
    },
    "ProcessPoolExecutorTest": {
        "test_killed_child": _BROKEN,
        "test_max_workers_too_large test_saturation": _POOL,
        "test_idle_process_reuse_one test_idle_process_reuse_multiple": _POOL,
        "test_max_tasks_per_child test_max_tasks_per_child_defaults_to_spawn_context": _SETTINGS,
        "test_max_tasks_early_shutdown": _SETTINGS,
        "test_ressources_gced_in_workers": _MANAGER,
        "test_python_finalization_error": _DOUBLE,
        "test_terminate_workers test_kill_workers test_force_shutdown_workers_invalid_op": _DOUBLE,
        "test_force_shutdown_workers test_force_shutdown_workers_dead_workers": _POOL,
        "test_force_shutdown_workers_not_started_yet test_force_shutdown_workers_stops_pool": _POOL,
    },
    "ExecutorShutdownTest": {
        "test_interpreter_shutdown test_submit_after_interpreter_shutdown": _EXIT,
        "test_hang_gh83386": _SCRIPT,
    },
    "ThreadPoolShutdownTest": {
        "test_threads_terminate test_thread_names_assigned test_thread_names_default": _POOL,
        "test_context_manager_shutdown test_del_shutdown test_shutdown_no_wait": _POOL,
        "test_cancel_futures_wait_false": _SCRIPT,
    },
    "ProcessPoolShutdownTest": {
        "test_processes_terminate test_context_manager_shutdown test_del_shutdown test_shutdown_no_wait": _POOL
    },
    "ThreadPoolWaitTests": {"test_pending_calls_race": _SHARED},
    "ExecutorDeadlockTest": {
        "test_error_at_task_pickle test_shutdown_deadlock_pickle": _REFUSED,
        "test_gh105829_should_not_deadlock_if_wakeup_pipe_full": _DOUBLE,
    },
    "InitializerMixin": {"test_initializer": _SETTINGS},
    "FailingInitializerMixin": {"test_initializer": _SETTINGS},
    "FailingInitializerResourcesTest": {"test_spawn test_forkserver": _SETTINGS},
    "FutureTests": {
        "test_repr test_multiple_set_result test_multiple_set_exception": _REPR,
        "test_cancel": _STATES,
        "test_class_str": _NAMES,
    },
}
"""By class: cases, and why they do not apply."""


def applies(name: str) -> frozenset[str]:
    """The cases of a class that aque has to pass."""
    return frozenset(APPLIES.get(name, "").split())


def elsewhere(name: str) -> Mapping[str, str]:
    """The cases of a class that do not apply, each with the reason."""
    return {case: why for cases, why in ELSEWHERE.get(name, {}).items() for case in cases.split()}


def rows() -> Iterable[tuple[str, str, str]]:
    """All of it for people: class, cases, and what is said of them."""
    for name in dict.fromkeys((*APPLIES, *ELSEWHERE)):
        if name in APPLIES:
            yield f"`{name}`", _codes(APPLIES[name]), "pass"
        for why, cases in _by_reason(name).items():
            yield f"`{name}`", _codes(cases), why


def _by_reason(name: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for cases, why in ELSEWHERE.get(name, {}).items():
        found[why] = f"{found.get(why, '')} {cases}"
    return found


def _codes(cases: str) -> str:
    return " ".join(f"`{case}`" for case in cases.split())
