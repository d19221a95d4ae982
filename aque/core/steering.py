"""The verbs that steer tasks: retry, pause, resume, prioritise, edit, remove.

Each takes a selection, goes through it in transactions of bounded size, so that workers are never held up for long,
tells others of what changed, and enters it into the audit trail. `dry`: it does nothing, and returns what it would do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .broker import Broker
from .deeds import BATCH, Act, Deed, alone, parts, record
from .queries import farm, submission
from .queries import steering as verbs
from .queries.steering import Steered
from .selection import Selection
from .states import State

if TYPE_CHECKING:
    from .undo import Undone

_REMOVED = 500  # tasks to a transaction where all that belongs to them is removed


class Steering:
    """A broker's verbs. `advance` is told of how many more tasks one is done with.

    Each returns its targets, as they were and are, and raises TaskNotFound for ids that no task has, with nothing done.
    Every method raises BrokerUnavailable where the server cannot be reached in time.
    """

    def __init__(self, broker: Broker, advance: Callable[[int], object] = int) -> None:
        self._broker = broker
        self._advance = advance

    def retry(self, selection: Selection, *, dry: bool = False) -> list[Steered]:
        """Run complete tasks again, with those that ended without a run because of them, which are returned as well.

        Those that need what has failed, and is not retried with them, are refused.
        """
        left = self.ids(selection)
        deed = Deed(verbs.retry, record("retry", selection), dry=dry, advance=self._advance)
        done: dict[int, Steered] = {}
        while left:
            found = deed.do(self._broker.database, left)
            for each in found:
                if each.id not in done or done[each.id].refusal:
                    done[each.id] = each
            refused = [each.id for each in found if each.refusal == "needs"]
            # what they need may have been in a later batch
            is_over = dry or len(left) <= BATCH or len(refused) == len(found)
            left = [] if is_over else refused
        return list(done.values())

    def pause(self, selection: Selection, *, dry: bool = False) -> list[Steered]:
        """Hold back tasks that are pending."""
        return self._steer("pause", selection, partial(verbs.move, origin=State.PENDING, goal=State.PAUSED), dry)

    def resume(self, selection: Selection, *, dry: bool = False) -> list[Steered]:
        """Let tasks that are paused run."""
        return self._steer("resume", selection, partial(verbs.move, origin=State.PAUSED, goal=State.PENDING), dry)

    def prioritise(self, selection: Selection, amount: int, *, is_relative: bool, dry: bool = False) -> list[Steered]:
        """Set the priority of tasks that are not complete, or move it by an amount; it stays within 32 bits."""
        act = partial(verbs.prioritise, amount=amount, is_relative=is_relative)
        return self._steer("priority", selection, act, dry, {"priority": f"{amount:+}" if is_relative else amount})

    def edit(self, selection: Selection, fields: Mapping[str, Any], *, dry: bool = False) -> list[Steered]:
        """Change what tasks that have not begun ask for. Fields are read as on submission; None or "": the default.

        Raises UsageError for a field that cannot be edited, or a value that cannot be read; nothing is done then.
        """
        from .editing import read_changes

        changes = read_changes(fields)
        return self._steer("edit", selection, partial(verbs.edit, changes=changes), dry, changes)

    def remove(self, selection: Selection, *, dry: bool = False) -> list[Steered]:
        """Remove complete tasks with all that belongs to them, unless one that is to run needs them."""
        return Deed(verbs.remove, record("rm", selection), dry=dry, size=_REMOVED, advance=self._advance).do(
            self._broker.database, self.ids(selection)
        )

    def set_queue(self, name: str, *, paused: bool) -> bool:
        """Pause a queue as a whole, or resume it; whether that changed anything. Raises UsageError for no name."""
        from .rules import check_queue

        check_queue(name)
        with alone(self._broker.database) as conn:
            is_new = bool(farm.hold(conn, [name], paused=paused))
            if is_new:
                before, after = ({"queues": {name: {"paused": value}}} for value in (not paused, paused))
                record("pause" if paused else "resume", queue=name).enter_change(conn, before, after)
        if not paused:
            self._broker.read(submission.wake)
        return is_new

    def undo(self, event: int | None = None, *, own: bool = True, dry: bool = False) -> Undone:
        """Take an act back; see aque.core.undo."""
        from .undo import undo

        return undo(self._broker, event, own=own, dry=dry)

    def others(self, ids: Sequence[int]) -> int:
        """How many of the tasks run as another account than this process's."""
        from .account import account

        return sum(self._broker.read(verbs.others, part, account()) for part in parts(ids, BATCH))

    def ids(self, selection: Selection) -> list[int]:
        """The ids of a selection, ascending; raises TaskNotFound if it names ids that no task has."""
        if selection.ids is not None and selection.filter is None and selection.ends is None:
            self._broker.require(selection.ids)
            return sorted(selection.ids)
        from .view import View  # and with it the fields and filters, which ids do without

        return View(self._broker).ids(selection)

    def _steer(
        self, action: str, selection: Selection, act: Act, dry: bool, change: Mapping[str, Any] | None = None
    ) -> list[Steered]:
        entry = record(action, selection, **({"change": change} if change else {}))
        return Deed(act, entry, dry=dry, advance=self._advance).do(self._broker.database, self.ids(selection))
