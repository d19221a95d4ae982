"""retry, rm, pause, resume, priority, edit: what they do, what they say, and their exit status."""

from __future__ import annotations

import json

import pytest

from aque.core.broker import Broker
from tests.work import running_worker

from .conftest import Aque


def submit(aque: Aque, *args: str) -> str:
    return aque("submit", *args).stdout.strip()


def states(broker: Broker) -> dict[str, str]:
    return {str(row.id): str(row.state) for row in broker.tasks()}


def test_without_a_word_about_which_no_task_is_touched(aque: Aque, broker: Broker) -> None:
    one = submit(aque, "true")
    for verb in ("pause", "resume", "retry", "rm"):
        assert aque(verb).returncode == 2
    assert states(broker) == {one: "pending"}


def test_pause_and_resume_by_filter_and_whole_queues(aque: Aque, broker: Broker) -> None:
    one, two = submit(aque, "-n", "a", "true"), submit(aque, "-n", "b", "true")
    assert aque("pause", "-n", one, two).stderr == "dry run: 2 paused\n"
    assert aque("pause", "-f", "name:a").stderr == "1 paused\n"
    assert states(broker) == {one: "paused", two: "pending"}
    assert aque("resume", one, two).stderr == "1 resumed, 1 was pending\n"
    assert aque("pause", one, "999").returncode == 4
    assert aque("pause", "-f", "name:zzz").returncode == 1
    assert [aque("pause", "-q", "default").returncode for _ in range(2)] == [0, 1]


def test_a_bad_field_is_told_and_changes_nothing(aque: Aque, broker: Broker) -> None:
    one = submit(aque, "true")
    for field in ("bogus=1", "args=1", "cpus=abc", "name="):
        assert aque("edit", one, "priority=7", field).returncode == 2
    assert broker.tasks([int(one)])[0].priority == 1000
    assert aque("edit", one, "priority=7", "cpus=/2").stderr == "1 edited\n"
    row = broker.tasks([int(one)])[0]
    assert (row.priority, row.cpu_share) == (7, 2)


def test_edit_tells_whoever_gives_an_option_of_submit_how_its_field_is_written(aque: Aque) -> None:
    for option, field in (("-c", "cpus"), ("--cpus", "cpus"), ("--tag", "tags"), ("--at", "run_at")):
        done = aque("edit", "1", option, "1")
        assert done.returncode == 2
        assert done.stderr == f"aque: no option {option} here: write {field}=VALUE (see aque edit --help)\n"
    assert aque("edit", "1", "--env", "A=1").stderr.startswith("aque: No such option '--env'.")


@pytest.mark.parametrize(
    ("change", "now"), [("+5", 1005), ("-5", 995), ("5", 5), ("=-5", -5), ("+" + "9" * 19, 2**31 - 1)]
)
def test_priorities_are_set_and_moved_within_32_bits(aque: Aque, broker: Broker, change: str, now: int) -> None:
    one = submit(aque, "true")
    assert aque("priority", change, one).returncode == 0
    assert broker.tasks([int(one)])[0].priority == now


def test_a_retry_revives_what_fell_and_rm_leaves_what_is_needed(aque: Aque, broker: Broker) -> None:
    bad = submit(aque, "-s", "exit 3")
    fell = submit(aque, "--after", bad, "true")
    with running_worker(broker):
        assert aque("wait", bad, fell).returncode == 1
    assert aque("retry", fell).stderr == "0 retried, 1 needs what has failed\n"
    assert aque("retry", bad).stderr == "1 retried, 1 more that had ended because of them\n"
    assert states(broker) == {bad: "pending", fell: "pending"}
    with running_worker(broker):
        assert aque("wait", bad, fell).returncode == 1
    rows = [json.loads(each) for each in aque("rm", "--json", bad, fell).stdout.splitlines()]
    assert [row["state"] for row in rows] == [None, None]
    assert states(broker) == {}


def test_rm_takes_what_ended_long_ago(aque: Aque, broker: Broker) -> None:
    old, new, waiting = (submit(aque, "true") for _ in range(3))
    with broker.database.connection() as conn:
        end = "update aque.task set state = 'success', finished_at = clock_timestamp() - %s::interval where id = %s"
        for age, task in (("3 d", old), ("1 h", new)):
            conn.execute(end, [age, int(task)])
    assert aque("rm", "--older", "10d").stderr == "aque: nothing matches\n"
    done = aque("rm", "--older", "2d")
    assert (done.returncode, done.stderr) == (0, "1 removed\n")
    assert set(states(broker)) == {new, waiting}
    assert aque("rm", "--older", "0s", waiting).returncode == 1
    assert aque("rm").returncode == 2


def test_every_act_stands_in_the_audit_trail(aque: Aque, broker: Broker) -> None:
    one = submit(aque, "true")
    aque("pause", "-f", "name:true")
    aque("kill", one)
    with broker.database.connection() as conn:
        rows = conn.execute(
            "select action, selection::jsonb, before::jsonb, after::jsonb from aque.event order by id"
        ).fetchall()
    assert [row[0] for row in rows] == ["pause", "kill"]
    assert rows[0][2:] == ({"state": {'"pending"': one}}, {"state": {'"paused"': one}})
