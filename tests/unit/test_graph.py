"""Flattening: dependencies first, each prototype once, cycles found and named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aque.core.errors import DependencyResolutionError
from aque.core.graph import flatten
from aque.core.task import result_of, stdout_of


@given(st.lists(st.lists(st.integers(0, 30), max_size=5), min_size=1, max_size=31))
def test_every_dependency_stands_before_its_dependent_and_everyone_once(wishes: list[list[int]]) -> None:
    protos: list[dict[str, Any]] = [{"name": str(n)} for n in range(len(wishes))]
    for n, needs in enumerate(wishes):
        protos[n]["dependencies"] = [protos[m] for m in needs if m < n]
    nodes, asked = flatten(protos)
    assert sorted(int(node.given["name"]) for node in nodes) == list(range(len(wishes)))
    assert [nodes[place].given for place in asked] == protos
    for place, node in enumerate(nodes):
        assert all(edge.target < place for edge in node.edges if edge.local)
        assert {nodes[edge.target].given["name"] for edge in node.edges} == {
            str(m) for m in wishes[int(node.given["name"])] if m < int(node.given["name"])
        }


def test_a_cycle_is_named() -> None:
    a: dict[str, Any] = {"name": "a"}
    b = {"name": "b", "dependencies": [a]}
    a["dependencies"] = [b]
    with pytest.raises(DependencyResolutionError, match="a → b → a"):
        flatten([a])


def test_a_cycle_through_an_argument_is_found_as_well() -> None:
    a: dict[str, Any] = {"name": "a"}
    a["args"] = [result_of(a)]
    with pytest.raises(DependencyResolutionError, match="a → a"):
        flatten([a])


def test_a_chain_of_ten_thousand_needs_no_deep_stack() -> None:
    proto: dict[str, Any] = {"name": "0"}
    for n in range(1, 10_000):
        proto = {"name": str(n), "dependencies": [proto]}
    nodes, _ = flatten([proto])
    assert [node.given["name"] for node in nodes] == [str(n) for n in range(10_000)]


def test_a_value_of_another_task_in_an_argument_makes_a_dependency() -> None:
    first: dict[str, Any] = {"name": "first"}
    nodes, _ = flatten([{"args": [{"deep": [stdout_of(first)]}], "kwargs": {"x": result_of(7)}}])
    assert [(edge.target, edge.local) for edge in nodes[1].edges] == [(0, True), (7, False)]


def test_conditions_are_kept_and_unknown_ones_refused() -> None:
    nodes, _ = flatten([{"dependencies": [(3, "complete"), "4"]}])
    assert [(edge.target, edge.condition) for edge in nodes[0].edges] == [(3, "complete"), (4, "success")]
    with pytest.raises(DependencyResolutionError, match="condition"):
        flatten([{"dependencies": [(3, "maybe")]}])


def test_an_edge_can_be_written_out_and_a_prototype_is_none() -> None:
    proto = {"name": "a", "otherwise": "mine"}
    nodes, _ = flatten([{"dependencies": [{"task": proto, "otherwise": "wait"}, {"task": 4, "condition": "failure"}]}])
    edges = [(edge.target, edge.local, edge.condition, edge.otherwise) for edge in nodes[1].edges]
    assert edges == [(0, True, "success", "wait"), (4, False, "failure", "fail")]
    with pytest.raises(DependencyResolutionError, match="no such otherwise: 'hope'"):
        flatten([{"dependencies": {"task": 3, "otherwise": "hope"}}])


@pytest.mark.parametrize("bad", [1.5, "x", object(), True])
def test_what_is_no_task_is_refused(bad: object) -> None:
    with pytest.raises(DependencyResolutionError, match="not a task"):
        flatten([{"dependencies": [bad]}])
