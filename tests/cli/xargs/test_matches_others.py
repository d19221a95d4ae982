"""Input and options on which busybox and toybox agree with GNU xargs: what is portable is read alike."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .gnu import needs_gnu, ours, real

_MODES: tuple[list[str], ...] = (["-n1"], ["-n2"], ["-r", "-n3"], ["-0", "-n1"], ["-0", "-n2"], ["-r"], ["-I{}"])
_text = st.lists(
    st.sampled_from([b"a", b"b", b"cd", b" ", b"\n", b"\t", b"-", b"_", b"\xff", b"{}"]), min_size=1, max_size=20
)
_initial = st.lists(st.sampled_from(["{}", "x{}y", "b", "-n"]), max_size=2)


_LACKS: dict[str, tuple[list[str], ...]] = {"busybox": (), "toybox": (["-I{}"],)}


@needs_gnu
@pytest.mark.parametrize("other", ["busybox", "toybox"])
@settings(max_examples=100)
@given(mode=st.sampled_from(_MODES), content=_text.map(b"".join), initial=_initial)
def test_what_others_run_too(other: str, mode: list[str], content: bytes, initial: list[str]) -> None:
    if shutil.which(other) is None:
        pytest.skip(f"compares with {other}")
    if mode in _LACKS[other]:
        return
    if "-0" in mode:
        content = content.replace(b"\n", b"\0")
    assert ours(mode, content, initial).commands == real(mode, content, initial, (other, "xargs")).commands
