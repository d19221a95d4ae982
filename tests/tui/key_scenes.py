"""For each key of the screen a step that presses it, and what is so afterwards and was not before."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets import Input

from aque.core.broker import Broker
from aque.tui.app import AqueTop
from aque.tui.dialogs.ask import AskText, Choose, Confirm, Select
from aque.tui.dialogs.help import HelpScreen
from aque.tui.dialogs.kill import KillDialog
from aque.tui.overlays.event import EventScreen
from aque.tui.overlays.log import LogScreen
from aque.tui.overlays.task import TaskScreen
from aque.tui.screens.events import EventsScreen
from aque.tui.screens.groups import GroupsScreen
from aque.tui.screens.tasks import TasksScreen
from aque.tui.screens.tree import TreeScreen
from aque.tui.screens.workers import WorkersScreen
from aque.tui.widgets.filterbar import FilterBar
from aque.tui.widgets.lines import MOVES
from aque.tui.widgets.logview import SCROLLS
from tests.tui.scene import put_output, put_state, put_worker, shown, submit
from tests.tui.steps import (
    Scene,
    Step,
    at_end,
    closed,
    copied,
    each,
    focus,
    highlighted,
    line,
    opens,
    place,
    says,
    scrolled,
    section,
    writes,
)


def some_tasks(broker: Broker) -> None:
    """From the newest on: two that ended, two that are odd, one that waits, which needs the oldest of many others."""
    many = submit(broker, *["true"] * 40)
    submit(broker, "echo waits", name="waits", dependencies=many[:1])
    submit(broker, "true", "true", name="odd")
    broker.kill(submit(broker, "true", "true", user="nobody"))


MOVED = [
    *each("down j", line(1), first=["home"]),
    *each("up k", line(1), first=["home", "down", "down"], ready=line(2)),
    *each("pagedown ctrl+f", line(15), first=["home"]),
    *each("pageup ctrl+b", line(29), first=["end"], ready=line(44)),
    *each("end G", line(44), first=["home"]),
    *each("home g", line(0), first=["end"], ready=line(44)),
]
WAITS = ["home", "down", "down", "down", "down"]
LOOKING = [
    *each("f5 t", place("tree"), then=["1"]),
    *each("enter", opens(TaskScreen), then=["escape"]),
    *each("o", opens(LogScreen), then=["escape"]),
    *each("w", section("why"), then=["escape"]),
    *each("D", section("links"), then=["escape"]),
    *each("H", says("no worker runs task"), first=["home"]),
    *each("f9 x", opens(KillDialog), first=WAITS, ready=line(4), then=["escape"]),
    *each("space", says("marked: 1")),
    *each("U", lambda pilot: "marked:" not in shown(pilot)),
    *each("c", says("marked: 2"), first=["end"], ready=line(44), then=["U"]),
    *each("a", says("marked: all tasks"), then=["U"]),
]
ACTING = [
    *each("p", says("1 task paused"), first=WAITS, ready=line(4), then=["p"]),
    *each("right_square_bracket", says(" 1001 "), first=WAITS, ready=line(4)),
    *each("left_square_bracket", lambda pilot: " 1001 " not in shown(pilot).partition("priority")[0]),
    *each("z", opens(Confirm), then=["escape"]),
    *each("equals_sign", opens(AskText), then=["escape"]),
    *each("X", opens(Confirm), first=["home"], ready=line(0), then=["escape"]),
    *each("r", says("45  pending"), first=["home"], ready=line(0)),
]
FINDING = [
    *each("slash", writes, then=["escape"]),
    *each("u", says("/ user:me"), then=["u"]),
    *each("exclamation_mark", says("/ state:failed"), then=["exclamation_mark"]),
    *each("escape", lambda pilot: "/ user:me" not in shown(pilot), first=["u"], ready=says("/ user:me")),
    *each("f3", writes, then=["escape"]),
    *each("n", line(3), first=["home", "f3", *"odd", "enter"], ready=line(2)),
    *each("N", line(2)),
]
SHAPING = [
    *each("f6 s", opens(Choose), then=["escape"]),
    *each("greater_than_sign", says("STATE▴")),
    *each("less_than_sign", says("ID▾")),
    *each("I", says("ID▴"), then=["I"]),
    *each("f2", opens(Select), then=["escape"]),
    *each("v", says("no view is kept yet")),
    *each("V", opens(AskText), then=["escape"]),
    *each("y", copied("41"), first=WAITS, ready=line(4)),
    *each("Y", copied("echo waits")),
    *each("ctrl+s", opens(AskText), then=["escape"]),
    *each("Z", says("frozen"), then=["Z"]),
    *each("tab", place("tree"), then=["1"]),
]
ON_APP = [
    *each("2", place("tree")),
    *each("3", place("workers")),
    *each("4", place("groups")),
    *each("5", place("pulse")),
    *each("6", place("events")),
    *each("1", place("tasks")),
    *each("question_mark f1", opens(HelpScreen), then=["escape"]),
    *each("colon ctrl+p", opens(CommandPalette), then=["escape"]),
    *each("ctrl+t", opens(Choose), then=["escape"]),
]


def two_tasks(broker: Broker) -> None:
    (first,) = submit(broker, "true", name="below")
    submit(broker, "true", name="above", dependencies=[first])


OPEN, SHUT = says("└─  below"), lambda pilot: "below" not in shown(pilot).replace("dependencies below", "")
ON_TREE = [
    *[
        step
        for key, way in zip(["plus", "right", "l"], ["minus", "left", "h"], strict=True)
        for step in (Step(key, OPEN), Step(way, SHUT))
    ],
    *each("asterisk", OPEN),
    *each("T", says("dependents below"), then=["T"]),
    *each("f5 t", place("tasks"), then=["2"]),
]


def a_worker(broker: Broker) -> None:
    put_worker(broker)
    (task,) = submit(broker, "true", name="runs")
    put_state(broker, task, "running", 100.0, 50.0)


ON_WORKERS = [
    *each("enter", place("tasks"), then=["escape"]),
    *each("d", opens(Confirm), then=["escape"]),
    *each("f9 x", opens(KillDialog), then=["escape"]),
]


def a_group(broker: Broker) -> None:
    (group,) = submit(broker, "true", name="group")
    submit(broker, "true", "true", parent=group)


ON_GROUPS = [
    *each("enter", place("tasks"), then=["escape"]),
    *each("f9 x", opens(KillDialog), then=["escape"]),
    *each("p", opens(Confirm), then=["escape"]),
    *each("right_square_bracket left_square_bracket", opens(Confirm), then=["escape"]),
    *each("equals_sign", opens(AskText), then=["escape"]),
]


def an_event(broker: Broker) -> None:
    broker.kill(submit(broker, "true"))


ON_EVENTS = [
    *each("enter o", opens(EventScreen), then=["escape"]),
    *each("z", opens(Confirm), then=["escape"]),
]
ON_EVENT = each("escape enter q backspace", closed(EventScreen), first=["o"], ready=opens(EventScreen))
ON_HELP = each("escape question_mark q enter", closed(HelpScreen), first=["question_mark"], ready=opens(HelpScreen))
ON_CONFIRM = [
    *[
        Step(key, focus(name))
        for key, name in zip("right down l j left up h k".split(), ["go", "cancel"] * 4, strict=True)
    ],
    *each("escape", closed(Confirm)),
]
ON_KILL = [
    *each("s", says("SIGINT")),
    *each("g", says("SIGKILL after 30 s")),
    *each("r", says("hits what needs them")),
    *[
        Step(key, focus(name))
        for key, name in zip(
            "right down l j left up h k".split(),
            ["go", "at-once", "cancel", "go", "cancel", "at-once", "go", "cancel"],
            strict=True,
        )
    ],
    *each("escape", closed(KillDialog)),
]
ON_TEXT = each("escape", closed(AskText))
ON_CHOICE = [Step("j", highlighted(1)), Step("k", highlighted(0)), Step("escape", closed(Choose))]
ON_COLUMNS = [
    Step("space", lambda pilot: "✓ id" not in shown(pilot)),
    Step("j", highlighted(1)),
    Step("k", highlighted(0)),
    Step("escape", closed(Select)),
]
ON_FILTER = [
    Step("tab", lambda pilot: pilot.app.screen.query_one(Input).value == "queue:", first=[*"que"]),
    Step("escape", lambda pilot: not writes(pilot)),
]


def written(broker: Broker) -> None:
    """A task with an output that is longer and wider than the screen."""
    put_worker(broker)
    (task,) = submit(broker, "true", environ={"TOKEN": "s3cret"})
    put_state(broker, task, "error", 100.0, 3.0)
    put_output(broker, task, b"".join(b"%d %s\n" % (number, b"x" * 200) for number in range(60)))


def waiting(broker: Broker) -> None:
    submit(broker, "true", environ={"TOKEN": "s3cret"})


ON_TASK = [
    *[
        Step(key, section(name))
        for key, name in zip(
            "w u a e D i".split(), ["why", "tail", "attempts", "environ", "links", "info"], strict=True
        )
    ],
    Step("tab", section("why")),
    Step("shift+tab", section("info")),
    *each("o", opens(LogScreen), then=["escape"]),
    *each("v", says("s3cret")),
    *each("p", says("1 task paused"), then=["p"]),
    *each("right_square_bracket", says("1001"), first=["i"]),
    *each("left_square_bracket", lambda pilot: "1001" not in shown(pilot).partition("priority 1")[0]),
    *each("equals_sign", opens(AskText), then=["escape"]),
    *each("z", opens(Confirm), then=["escape"]),
    *each("y", copied("1")),
    *each("Y", copied("true")),
    *each("X", says("nothing to do")),
    *each("r", says("is left alone")),
    *each("f9 x", opens(KillDialog), then=["escape"]),
    *each("escape backspace", closed(TaskScreen), then=["enter"]),
]
TOP = ["home"]
ON_LOG = [
    Step("f", lambda pilot: "follow" not in shown(pilot).splitlines()[0]),
    Step("t", lambda pilot: pilot.app.screen.view.face.times, then=["t"]),
    Step("w", lambda pilot: pilot.app.screen.view.face.wraps, then=["w"]),
    Step("o", lambda pilot: "stdout and stderr" not in shown(pilot), then=["o", "o"]),
    *each("slash", opens(AskText), then=["escape"]),
    *each("n N", opens(AskText), then=["escape"]),
    *each("ctrl+s", opens(AskText), then=["escape"]),
    *each("home g", scrolled(0, 0), first=["end"], ready=at_end),
    *each("end G", at_end, first=TOP, ready=scrolled(0, 0)),
    *each("down j", scrolled(0, 1), first=TOP, ready=scrolled(0, 0)),
    *each("up k", scrolled(0, 0), first=[*TOP, "down"], ready=scrolled(0, 1)),
    *each(
        "pagedown ctrl+f space",
        lambda pilot: pilot.app.screen.view.scroll_offset.y > 5,
        first=TOP,
        ready=scrolled(0, 0),
    ),
    *each(
        "pageup ctrl+b",
        scrolled(0, 0),
        first=[*TOP, "pagedown"],
        ready=lambda pilot: pilot.app.screen.view.scroll_offset.y > 5,
    ),
    *each("right l", lambda pilot: pilot.app.screen.view.scroll_offset.x > 0, then=["left"]),
    *each(
        "left h",
        lambda pilot: pilot.app.screen.view.scroll_offset.x == 0,
        first=["right"],
        ready=lambda pilot: pilot.app.screen.view.scroll_offset.x > 0,
    ),
    *each("escape backspace", closed(LogScreen), then=["o"]),
]
SCENES = {
    "moves": Scene(MOVES, some_tasks, MOVED),
    "looking": Scene(TasksScreen.commands, some_tasks, LOOKING),
    "acting": Scene(TasksScreen.commands, some_tasks, ACTING),
    "finding": Scene(TasksScreen.commands, some_tasks, FINDING),
    "shaping": Scene(TasksScreen.commands, some_tasks, SHAPING),
    "app": Scene(AqueTop.commands, waiting, ON_APP),
    "tree": Scene(TreeScreen.commands, two_tasks, ON_TREE, ["2"], says("▸ above")),
    "workers": Scene(WorkersScreen.commands, a_worker, ON_WORKERS, ["3"], says("node-7")),
    "groups": Scene(GroupsScreen.commands, a_group, ON_GROUPS, ["4"], says("group")),
    "events": Scene(EventsScreen.commands, an_event, ON_EVENTS, ["6"], says("kill")),
    "event": Scene(EventScreen.commands, an_event, ON_EVENT, ["6"], says("kill")),
    "help": Scene(HelpScreen.commands, waiting, ON_HELP),
    "confirm": Scene(Confirm.commands, an_event, ON_CONFIRM, ["X"], opens(Confirm)),
    "kill": Scene(KillDialog.commands, a_worker, ON_KILL, ["x"], opens(KillDialog)),
    "text": Scene(AskText.commands, waiting, ON_TEXT, ["V"], opens(AskText)),
    "choice": Scene(Choose.commands, waiting, ON_CHOICE, ["s"], opens(Choose)),
    "columns": Scene(Select.commands, waiting, ON_COLUMNS, ["f2"], opens(Select)),
    "filter": Scene(FilterBar.commands, waiting, ON_FILTER, ["slash"], writes),
    "task": Scene(TaskScreen.commands, waiting, ON_TASK, ["enter"], opens(TaskScreen)),
    "log": Scene([*LogScreen.commands, *SCROLLS], written, ON_LOG, ["o"], says("58 x")),
}
