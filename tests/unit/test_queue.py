"""Queues before anything is submitted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import aque
from aque.core.queue import TaskFunction
from tests import work


def test_a_queue_in_a_tasks_module_costs_the_task_no_database(tmp_path: Path) -> None:
    """Every task whose function is decorated imports that module, and so would load the driver."""
    (tmp_path / "jobs.py").write_text("import aque\nqueue = aque.Queue()\n@queue.task\ndef job(): return 1\n")
    code = "import sys, jobs; assert jobs.job() == 1; print('psycopg' in sys.modules, jobs.queue)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False <aque.Queue 'default'>\n"


def test_a_function_that_was_made_a_task_without_decorating_it_goes_by_its_own_name() -> None:
    made = aque.Queue().task(work.add)
    assert isinstance(made, TaskFunction)
    assert made.options(cpus=2)._target() is work.add
