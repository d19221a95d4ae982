"""Which tasks run, or are about to, whoever started their processes."""

from .carrier import Carrier
from .forks import Forks
from .job import Job
from .roster import Roster


class Running:
    """All of them; `by_pid` has those with a process of their own."""

    def __init__(self, forks: Forks, roster: Roster) -> None:
        """Begin with none."""
        self._forks = forks
        self._roster = roster
        self.by_pid: dict[int, Job] = {}

    def active(self) -> list[Job]:
        """The tasks that take room: of a process that has many, the one that it is at."""
        starting = [job for job in self._forks.starting.values() if not isinstance(job, Carrier)]
        return [*self._alive(), *starting, *self._roster.active()]

    def _alive(self) -> list[Job]:
        """Those whose process has not ended: one that has, and is not reaped yet, takes no room."""
        return [job for job in self.by_pid.values() if job.ended is None]

    def find(self, lease: object) -> Job | None:
        """A task by its lease, also one that stands behind others of its process."""
        alone = [*self._alive(), *self._forks.starting.values()]
        job = next((job for job in alone if job.lease == lease), None)
        if job is None and (found := self._roster.find(lease)):
            return found[1]
        return job

    def main(self, pid: int) -> Job | None:
        """Whose main process this is: a task's, or that of many."""
        return self.by_pid.get(pid) or self._roster.by_pid.get(pid)

    def is_starting(self, job: Job) -> bool:
        """Whether it is not known yet which process it has."""
        return job.lease in self._forks.starting

    def mains(self) -> set[int]:
        """Our processes: those of tasks, and those that fork them."""
        return {*self.by_pid, *self._roster.by_pid, *self._forks.pids}
