"""New files: there whole or not at all, and nobody else's is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from aque.core.errors import AqueError
from aque.tui.files import new_file


def test_a_file_is_there_when_all_of_it_is_written(tmp_path: Path) -> None:
    with new_file(tmp_path / "new", "xb") as file:
        file.write(b"all")
        assert not (tmp_path / "new").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new").read_bytes() == b"all"


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_nothing_is_left_of_half_a_file(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), new_file(tmp_path / "new", "xb") as file:
        file.write(b"half")
        raise error
    assert not list(tmp_path.iterdir())


def test_what_another_writes_is_left_alone(tmp_path: Path) -> None:
    """Two screens that save under one name: the second is told, and does not take the first one's file away."""
    with new_file(tmp_path / "new", "xb") as first:
        first.write(b"first")
        with pytest.raises(AqueError, match=r"\.new\.part: File exists"), new_file(tmp_path / "new", "xb"):
            pytest.fail("it was opened twice")
        first.write(b" and whole")
    assert (tmp_path / "new").read_bytes() == b"first and whole"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AqueError, match="cannot write"), new_file(tmp_path / "none" / "new", "xb"):
        pytest.fail("it was opened")
