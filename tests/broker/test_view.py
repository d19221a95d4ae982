"""What a view shows of real tasks: pages, selections, counts and trees."""

from __future__ import annotations

from typing import Any

import pytest

import aque
from aque.core.broker import Broker
from aque.core.errors import TaskNotFound
from aque.core.filter import parse
from aque.core.filter.predicate import predicate
from aque.core.selection import Selection
from aque.core.sorting import parse_sort
from aque.core.states import State
from aque.core.tree import Line
from aque.core.view import View


@pytest.fixture
def queue(broker: Broker) -> aque.Queue:
    return aque.Queue(broker=broker)


def shell(name: str, **fields: Any) -> dict[str, Any]:
    return {"pattern": "shell", "args": ["echo", name], "name": name, **fields}


def submit(queue: aque.Queue, *prototypes: dict[str, Any]) -> list[int]:
    return [future.id for future in queue.submit_many(prototypes)]


def shown(lines: list[Line]) -> list[str]:
    """A tree as text: two spaces a level, * where it was unfolded above, +N for what is left out."""
    return [
        "  " * len(line.trail) + (line.row.name + "*" * line.is_repeat if line.row else f"+{line.hidden}")
        for line in lines
    ]


def diamond() -> list[dict[str, Any]]:
    base = shell("base")
    left, right = shell("left", dependencies=[base]), shell("right", dependencies=[base])
    return [base, left, right, shell("top", dependencies=[left, right]), shell("alone")]


def test_a_tree_has_what_nobody_needs_above_and_unfolds_each_task_once(queue: aque.Queue, broker: Broker) -> None:
    base, left, right, top, _ = submit(queue, *diamond())
    tree = View(broker).tree(Selection())
    assert shown(list(tree.lines())) == ["alone", "top", "  left", "    base", "  right", "    base"]
    assert not tree.is_cut
    below = submit(queue, shell("far", dependencies=[top, left]))
    lines = list(View(broker).tree(Selection.of(below)).lines())
    assert shown(lines) == ["far", "  left", "    base", "  top", "    left*", "    right", "      base"]
    assert [line.row.id for line in lines if line.row] == [*below, left, base, top, left, right, base]


def test_roots_are_what_no_visible_task_needs(queue: aque.Queue, broker: Broker) -> None:
    """A filter that hides the dependents must not hide the task."""
    submit(queue, *diamond())
    assert [row.name for row in View(broker).roots(Selection.of(text="name:base,left")).rows] == ["left"]
    assert [row.name for row in View(broker).roots(Selection.of(text="name:base,top")).rows] == ["top", "base"]


def test_depth_width_and_limit_cut_a_tree(queue: aque.Queue, broker: Broker) -> None:
    many = [shell(f"m{n}") for n in range(30)]
    group = submit(queue, *many, shell("wide", dependencies=many))[-1]
    submit(queue, *diamond())
    view = View(broker)
    assert shown(list(view.tree(Selection(), depth=0).lines())) == ["alone", "top", "wide"]
    wide = view.tree(Selection((group,)), width=2)
    assert shown(list(wide.lines())) == ["wide", "  m0", "  m1", "  +28"]
    assert view.tree(Selection(), limit=3).is_cut
    assert view.tree(Selection(), limit=2).is_cut
    assert len(view.roots(Selection(), limit=2).rows) == 2


def test_a_long_chain_is_no_deep_recursion(queue: aque.Queue, broker: Broker) -> None:
    chain: list[dict[str, Any]] = [shell("0")]
    for number in range(1, 1200):
        chain.append(shell(str(number), dependencies=[chain[-1]]))
    submit(queue, *chain)
    assert len(list(View(broker).tree(Selection()).lines())) == 1200


def test_roots_continue_where_a_page_ended(queue: aque.Queue, broker: Broker) -> None:
    submit(queue, *diamond(), *diamond(), *diamond())
    view, sort, names, after = View(broker), parse_sort("name,-id"), [], None
    while (page := view.roots(Selection(), sort, 1, after)).rows:
        names += [row.name for row in page.rows]
        if (after := page.after) is None:
            break
    assert names == ["alone"] * 3 + ["top"] * 3


def test_ids_and_filter_select_what_both_do(queue: aque.Queue, broker: Broker) -> None:
    ids = submit(queue, *diamond())
    view = View(broker)
    assert view.ids(Selection()) == ids
    assert view.ids(Selection.of(ids[:2], "name:left,right")) == [ids[1]]
    assert view.ids(Selection.of([])) == [], "no ids are not all ids"
    with pytest.raises(TaskNotFound, match="999"):
        view.ids(Selection.of([*ids, 999], "name:nothing"))


def test_filters_on_edges_agree_with_their_predicate(queue: aque.Queue, broker: Broker) -> None:
    base, left, right, top, _ = submit(queue, *diamond())
    view = View(broker)
    for text, expected in [
        (f"dep:{top}", [left, right]),
        (f"needs:{base}", [left, right]),
        (f"needs:{base},{left}", [left, right, top]),
        ("reason:dependencies", [left, right, top]),
    ]:
        test = predicate(parse(text), view.context(parse(text)))
        assert view.ids(Selection.of(text=text)) == expected
        assert [row.id for row in view.rows(Selection(), parse_sort("id")) if test(row)] == expected


def test_values_compare_as_they_were_written(queue: aque.Queue, broker: Broker) -> None:
    """A real of 0.1 is not 0.1 in double precision."""
    (task,) = submit(queue, shell("a b", cpus=0.1, duration=0.1, memory="1.5GiB", tags=["gpu"], hold=True, host="!bob"))
    for text in ("cpus:0.1", "cpus<=0.1", "duration:0.1", "memory:1.5G", "tag:gpu", "reason:paused", "-host:bob", "'a"):
        assert View(broker).ids(Selection.of(text=text)) == [task], text
    assert not View(broker).ids(Selection.of(text="cpus>0.1"))


@pytest.mark.usefixtures("worker")
def test_the_run_is_told_by_worker_host_and_exit_code(queue: aque.Queue, broker: Broker) -> None:
    future = queue.submit_many([{"pattern": "shell", "args": "exit 3"}])[0]
    assert future.exception(20)
    row = broker.tasks([future.id])[0]
    assert row.worker
    assert row.hostname
    text = f"exit_code:3 state:failed worker:{row.worker_id} host:{row.hostname} runtime<1h age<1h time>=0"
    assert View(broker).ids(Selection.of(text=text)) == [future.id]


def test_a_dependent_that_fell_tells_why_and_has_no_exit_code(queue: aque.Queue, broker: Broker) -> None:
    base, *_ = submit(queue, *diamond())
    broker.kill([base])
    assert View(broker).counts(Selection()) == {State.CANCELLED: 4, State.PENDING: 1}
    assert len(View(broker).ids(Selection.of(text='error~"needs task" exit_code:none'))) == 3


def test_rows_come_page_by_page_up_to_a_limit(
    queue: aque.Queue, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(queue, *diamond())
    monkeypatch.setattr("aque.core.view._CHUNK", 2)
    monkeypatch.setattr("aque.core.view._IDS", 2)
    view = View(broker)
    assert [row.id for row in view.rows(Selection(), parse_sort("id"))] == ids
    assert [row.id for row in view.rows(Selection(), parse_sort("id"), 3)] == ids[:3]
    assert view.ids(Selection()) == ids
