"""Between broker and runner: what was captured is launched, what the runner says is entered into the ledger."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from .. import patterns
from ..child.codec import clean_text
from ..errors import AqueError
from ..queries import work
from ..queries.work import Captured, Stop
from .crew import Crew
from .inputs import Given, gather
from .kinds import Kinds, one_of
from .launch import Launch, launch
from .ledger import Ledger
from .runs import Interruption, Run, Unrun
from .session import Session

_DECODER: Final = json.JSONDecoder()
_RESULT: Final = '{"type": "result", "value": '
_log: Final = logging.getLogger("aque.worker")
_CUT_OFF: Final = Interruption(is_loss=False, reason="stopped, because its worker could not reach the broker in time")


class Desk:
    """Launches runs, and files their reports."""

    def __init__(self, ledger: Ledger, crew: Crew, session: Session, broker_url: str, isolation: str) -> None:
        self._ledger = ledger
        self._crew = crew
        self._session = session
        self._broker_url = broker_url
        self._kinds = Kinds(broker_url, isolation)
        self._waiting: list[Run] = []

    def take(self, claimed: Iterable[Captured]) -> None:
        """Enter what was captured; `launch` starts it."""
        self._waiting += [self._ledger.open(task) for task in claimed]

    def forget(self) -> None:
        """Launch nothing of what waits."""
        self._waiting.clear()

    def launch(self) -> None:
        """Start what waits, with what it needs of the broker. Raises BrokerError; what was not started still waits."""
        tasks = [run.task for run in self._waiting]
        if unknown := {key for each in tasks if (key := each.environ_id) and not self._crew.knows(key)}:
            for key, variables in self._session.read(work.environs, unknown).items():
                self._crew.teach(key, variables)
        given = gather(self._session, tasks)
        while self._waiting:
            run = self._waiting.pop(0)
            self._launch(run, given.get(run.task.id))
        self._crew.forget()
        self._crew.flush()

    def _launch(self, run: Run, given: Given | None) -> None:
        try:
            if patterns.find(run.task.pattern).is_instant():
                self._end_at_once(run)
                return
            order = self._order(run.task, given, self._ledger.launch(run))
        except (AqueError, ValueError, RecursionError) as error:
            self._end_at_once(run, {"kind": "launch", "message": str(error)})
            return
        run.wants_result = order.wants_result
        self._crew.launch(order)

    def _order(self, task: Captured, given: Given | None, variables: Mapping[str, str]) -> Launch:
        if kind := self._kinds.find(task):
            return one_of(kind, task, given, variables)
        return launch(task, given or Given(), self._broker_url, variables)

    def _end_at_once(self, run: Run, error: Mapping[str, str] | None = None) -> None:
        now = time.monotonic()
        self._ledger.end(run, run.outcome({"started": now, "ended": now, "error": error}, self._session.epoch))

    def stop(self, stops: Iterable[Stop]) -> None:
        """Pass on the signals that runs are to get."""
        for stop in stops:
            run = self._ledger.runs.get(stop.lease)
            # The runner would know nothing of one that waits here; it is told once that was launched.
            if run and run not in self._waiting and run.is_news(stop):
                self._crew.kill(stop.lease, stop.kill_signal, stop.kill_grace)

    def disown(self, stops: Iterable[Stop]) -> None:
        """End runs that the broker does not know of; those that wait are not launched."""
        lost = {stop.lease: stop for stop in stops}
        for run in [each for each in self._waiting if each.task.lease in lost]:
            self._waiting.remove(run)
            self._ledger.end(run, Unrun())
        self.stop(lost.values())

    def file(self, header: Mapping[str, Any], body: bytes) -> None:
        """Enter what the runner says of a run."""
        if run := self._ledger.runs.get(header.get("lease") or 0):
            _FORMS[header["type"]](self, run, header, body)

    def _started(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del body
        self._ledger.start(run)
        _tell(run, "started as process %s", header.get("pid"))

    def _output(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        self._ledger.write(run, header["stream"], body, header.get("skipped", 0))

    def _message(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        text = body.decode("utf-8", "replace")
        if (value := _value(text)) is not None:
            run.told["value"] = value
        elif (told := _read(text)).get("type") == "progress":
            run.report(*_progress(told))
            self._ledger.touch(run)
        elif "error" in told:
            run.told["error"] = _error(told["error"])
        elif "value" in told:
            run.told["value"] = json.dumps(told["value"])

    def _usage(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del body
        run.measure(header["cpu"], header["rss"], header["peak"])

    def _finished(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        if not run.is_started and header.get("started") is not None:
            self._ledger.start(run)
        if body:
            self._message(run, header, body)
        ending = _CUT_OFF if header.get("cut_off") else run.outcome(header, self._session.epoch)
        self._ledger.end(run, ending)
        _tell(run, "ended: %s", getattr(ending, "state", "cut off"))

    def _returned(self, run: Run, header: Mapping[str, Any], body: bytes) -> None:
        del header, body
        self._ledger.end(run, Unrun())


def _tell(run: Run, message: str, value: object) -> None:
    if _log.isEnabledFor(logging.INFO):
        _log.info(f"task %d {message}", run.task.id, value, extra={"task": run.task.id, "lease": run.task.lease})


def _value(text: str) -> str | None:
    """The value of a message that holds a result as tasks are made to write it, as the JSON text that stands there."""
    if not text.startswith(_RESULT):
        return None
    try:
        _, end = _DECODER.raw_decode(text, len(_RESULT))
    except (ValueError, RecursionError):
        return None
    return text[len(_RESULT) : end] if text[end:] == "}" else None


def _read(text: str) -> dict[str, Any]:
    """A message of a task's, which may hold anything: what is no message is empty."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _progress(told: Mapping[str, Any]) -> tuple[float, float | None, str | None]:
    done, total, message = told.get("done"), told.get("total"), told.get("message")
    return _number(done) or 0.0, _number(total), None if message is None else clean_text(str(message))


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:
        return None


def _error(told: Any) -> dict[str, Any]:
    """An error in the form in which all who read it expect it."""
    given = told if isinstance(told, dict) else {"message": told}
    texts = {name: clean_text(str(given.get(name) or "")) for name in ("type", "message", "traceback")}
    return {**texts, "value": given.get("value")}


_FORMS: Final[Mapping[str, Callable[[Desk, Run, Mapping[str, Any], bytes], None]]] = {
    "started": Desk._started,
    "output": Desk._output,
    "message": Desk._message,
    "usage": Desk._usage,
    "finished": Desk._finished,
    "returned": Desk._returned,
}
