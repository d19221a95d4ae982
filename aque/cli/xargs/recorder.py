"""What is kept of commands that have ended: their output in files, then their lines in the log."""

from __future__ import annotations

from collections.abc import Sequence

from .joblog import JobLog
from .results import Results
from .settings import Options
from .steady import Steady
from .window import Flight


class Recorder:
    """Writes down all that ends by a run of its own, as soon as it is known; what was stopped by us has not ended."""

    def __init__(self, broker: Steady, options: Options) -> None:
        self._broker = broker
        goes_on = bool(options.resume)
        self._log = JobLog(options.joblog, goes_on=goes_on) if options.joblog else None
        self._results = Results(options.results, broker) if options.results else None

    def record(self, flights: Sequence[Flight]) -> None:
        """Write down these. Raises OSError where a file cannot be written."""
        if not flights or not (self._log or self._results):
            return
        jobs = {flight.id: flight.job for flight in flights if flight.job}
        runs = [run for run in self._broker.runs(sorted(jobs)) if run.state != "killed"]
        for run in runs if self._results else ():
            self._results.write(run.id, jobs[run.id])  # type: ignore[union-attr]
        if self._log:
            self._log.write((jobs[run.id], run) for run in runs)
