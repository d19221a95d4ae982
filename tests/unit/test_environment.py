"""The environment of the own process is read once, and anew as soon as it has changed."""

from __future__ import annotations

import os

import pytest

from aque.core.environment import environ
from aque.core.task import Reader


def test_what_did_not_change_is_the_very_same() -> None:
    assert environ() is environ()
    assert Reader({"environ": environ()}).common.environ is environ()


def test_a_change_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environ()
    monkeypatch.setenv("AQUE_TEST_SEEN", "1")
    assert (before.get("AQUE_TEST_SEEN"), environ()["AQUE_TEST_SEEN"]) == (None, "1")
    monkeypatch.delenv("AQUE_TEST_SEEN")
    assert environ() == before


def test_what_a_run_has_of_its_own_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AQUE_TASK_ID", "3")
    monkeypatch.setenv("AQUE_PROGRESS_FD", "5")
    assert {"AQUE_TASK_ID", "AQUE_PROGRESS_FD"}.isdisjoint(environ())


def test_another_mapping_in_its_place_is_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"A": "1", "": "nameless"})
    assert environ() == {"A": "1"}
