"""Does what is to be done once a task has ended: runs a command line, or tells a URL of it."""

from __future__ import annotations

import json
import os
from typing import Any, Mapping

from .current import CurrentTask
from .errors import AqueError

_PATIENCE = 30.0  # seconds for an answer
_LONGEST = 10000  # characters of an error: an environment does not take any text
_VARIABLES = {
    "AQUE_TASK": "task",
    "AQUE_NAME": "name",
    "AQUE_STATE": "state",
    "AQUE_EXIT_CODE": "exit_code",
    "AQUE_SIGNAL": "signal",
    "AQUE_ERROR": "error",
}


def run(task: CurrentTask) -> int:
    """Do it; 0, or the status that the URL answered with. Raises AqueError where it failed."""
    what = str(task.fields["args"][0])
    told = _told(task)
    is_url = what.lower().startswith(("http://", "https://"))
    return _post(what, told) if is_url else _call(what, told)


def _told(task: CurrentTask) -> Mapping[str, Any]:
    """What is known of the task that ended."""
    done = task.dependencies[0]
    error = done.get("error")
    facts = {name: done.get(name) for name in ("name", "state", "exit_code", "signal")}
    short = None if error is None else str(error)[:_LONGEST]
    return {"task": done["id"], **facts, "error": short, "hook": task.id, "attempt": task.attempt}


def _call(line: str, told: Mapping[str, Any]) -> int:
    texts = {name: "" if told[key] is None else str(told[key]) for name, key in _VARIABLES.items()}
    own = {name.encode(): text.encode("utf-8", "replace") for name, text in texts.items()}
    shell = [b"/bin/sh", b"-c", line.encode("utf-8", "surrogateescape")]
    status = os.spawnve(os.P_WAIT, "/bin/sh", shell, {**os.environb, **own})
    if status:
        raise AqueError(f"exit status {status}" if status > 0 else f"ended by signal {-status}")
    return 0


def _post(url: str, told: Mapping[str, Any]) -> int:
    import urllib.error
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        """Elsewhere the answer would be to another question: what follows a redirection has no body."""

        def redirect_request(self, *_: Any) -> None:
            return None

    headers = {"Content-Type": "application/json", "User-Agent": "aque"}
    body = json.dumps({**told, "text": _in_words(told)}).encode()
    try:
        request = urllib.request.Request(url, body, headers)
        with urllib.request.build_opener(Stay).open(request, timeout=_PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        raise AqueError(f"it answered {error.code}") from None
    except (OSError, ValueError) as error:  # the URL itself may hold a secret
        raise AqueError(f"it cannot be told: {getattr(error, 'reason', None) or type(error).__name__}") from None


def _in_words(told: Mapping[str, Any]) -> str:
    """One line for people: what chat services show."""
    reason = f": {told['error']}" if told["error"] else ""
    return f"task {told['task']} ({told['name']}): {told['state']}{reason}"
