"""To stop tasks, or signal them: whom it hits is shown before, what it did after."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.queries import kill as killing
from ...core.queries.kill import Killed
from ...core.view import View
from ..blows import REACHES, Blow, Reach, Victims, told
from ..dialogs.kill import KillDialog
from ..errands import errand, tell
from ..session import Session
from ..stage import Stage, Steerable
from ..told import tasks
from ..whom import Whom


def stop(screen: Steerable) -> None:
    """Stop those that verbs are for on this screen, after a question."""
    if whom := screen.whom():
        stop_all(screen, whom)


def stop_all(screen: Stage, whom: Whom) -> None:
    """Ask whether tasks are to be stopped, do it, and tell what was done."""
    session = screen.session

    def confirm(victims: Victims) -> None:
        if not screen.is_current:
            return
        if not victims.preview.hit(ends=True):
            state = f"task {victims.one.id} is complete ({victims.one.state})" if victims.one else "all are complete"
            tell(screen, f"{state}: nothing to stop", "warning")
        else:
            dialog = KillDialog(victims, lambda reach: _survey(session, whom, reach))
            screen.app.push_screen(dialog, lambda choice: _strike(screen, *choice) if choice else None)

    errand(screen, lambda: _survey(session, whom, REACHES[0]), confirm)


def _survey(session: Session, whom: Whom, reach: Reach) -> Victims:
    with session.work.doing(f"looking at {whom}"):
        asked = whom.resolve(View(session.broker))
        ids = asked
        if reach != REACHES[0]:
            sides = {"dependencies": reach.dependencies, "dependents": reach.dependents}
            ids = session.broker.read(killing.reach, asked, **sides)
        one = session.broker.tasks(ids)[0] if whom.task is not None and ids == asked else None
        return Victims(tuple(ids), session.broker.read(killing.preview, ids), one, session.monitor.falls(ids))


def _strike(screen: Stage, victims: Victims, blow: Blow) -> None:
    session = screen.session

    def hit() -> Sequence[Killed]:
        with session.work.doing(f"stopping {tasks(len(victims.ids))}"):
            done = session.broker.kill(victims.ids, blow.signal, blow.grace if blow.ends else None)
        session.feeder.nudge()
        return done

    errand(screen, hit, lambda done: tell(screen, told(victims, done, blow)))
