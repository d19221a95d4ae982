"""A folder for children to work in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.children import WORK


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a module `work`, and with names that the child's own files have."""
    (tmp_path / "work.py").write_text(WORK)
    return tmp_path
