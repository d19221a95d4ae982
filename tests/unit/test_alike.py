"""What prototypes have in common is told once, and each is stored as it would be by itself."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from aque.core.graph import Graph
from aque.core.queries.storing import Batch
from aque.core.submit import Encoder
from aque.core.task import local_defaults

_ENVIRON: Final = {"A": "1"}
_TAGS: Final = ["gpu"]


def _encoded(prototypes: Sequence[Mapping[str, Any]]) -> Batch:
    graph, ids = Graph(), array("q")
    nodes, _ = graph.add(prototypes)
    ids.extend(range(1, len(nodes) + 1))
    return Encoder(graph, ids, local_defaults(), lambda parent: {"priority": parent}, {}).batch(nodes, 0)


def _rows(prototypes: Sequence[Mapping[str, Any]]) -> list[str]:
    """All that is stored of each, with what it refers to, in no order."""
    batch = _encoded(prototypes)
    rows = [{**batch.common, **batch.kinds.things[place - 1]} for place in batch.places]
    whole = [
        {**row, "args": args, "demand": batch.demands.things[row["demand"] - 1]}
        | {"environ": batch.environs.things[row["environ"] - 1]}
        for row, args in zip(rows, batch.args, strict=True)
    ]
    return sorted(json.dumps(row, sort_keys=True) for row in whole)


_COMMON: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "cpus": st.sampled_from([1, 1.0, True, "/2"]),
    "parent": st.sampled_from([5, "5", 6]),
    "environ": st.sampled_from([_ENVIRON, dict(_ENVIRON), None]),
    "tags": st.sampled_from([_TAGS, ["gpu", "big"]]),
    "name": st.sampled_from(["a", "b", ""]),
    "io_paths": st.sampled_from([None, ()]),
    "on_done": st.just("true"),
}
_WORDS: Final = st.lists(st.sampled_from(["true", "/bin/true", "-n", "/etc/passwd", "..", "é"]), min_size=1)
_ARGS: Final = st.one_of(_WORDS, _WORDS.map(tuple))
_COMMANDS: Final = st.fixed_dictionaries(
    {"args": st.one_of(_ARGS, st.just("true | cat"))}, optional={**_COMMON, "pattern": st.just("shell")}
)
_CALLS: Final = st.fixed_dictionaries(
    {"args": _ARGS, "func": st.sampled_from([len, "operator:add", "".join, math.sqrt])}, optional=_COMMON
)
_REDUCTIONS: Final = st.fixed_dictionaries(
    {"pattern": st.just("reduce"), "args": _ARGS, "func": st.just(len)}, optional=_COMMON
)


@given(st.lists(st.one_of(_COMMANDS, _CALLS, _REDUCTIONS), max_size=8))
def test_each_is_stored_as_it_would_be_alone(prototypes: list[dict[str, Any]]) -> None:
    assert _rows(prototypes) == sorted(row for each in prototypes for row in _rows([each]))


def test_commands_that_are_given_alike_are_told_once(tmp_path: Path) -> None:
    """A kind for each, as it once was, takes half of the time of their submission."""
    (tmp_path / "file").write_text("x")
    commands = [["true", "1"], ["true", "2"], ["cat", str(tmp_path / "file")], ["true", "3"], ["false", "4"]]
    batch = _encoded([{"pattern": "shell", "parent": 5, "args": words} for words in commands])
    assert [kind["name"] for kind in batch.kinds.things] == ["true", "cat", "false"]
    assert batch.places == [1, 1, 2, 1, 3]
