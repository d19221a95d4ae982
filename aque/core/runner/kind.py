"""What tasks that share processes have in common: most of their order, and of what their process is told."""

import json
from typing import Any

from .frames import Header

ALIKE = ("user", "group", "cwd", "environ", "argv", "cpus", "memory", "set")


class Kind:
    """Tasks that differ in their arguments alone. Those of kinds with one `key` may share a process.

    `body`, an object in JSON, is what all are told. That of each has the variables of its own under `set`; what else
    is there is put over the common one, and its `task` over the `task` there.
    """

    __slots__ = ("body", "key", "order")

    def __init__(self, order: Header, body: bytes) -> None:
        """Take the `kind` message."""
        self.order: Header = {**order, "input_size": 0}
        self.body = body
        self.key = json.dumps([order.get(name) for name in ALIKE])

    def order_of(self, lease: int) -> Header:
        """The order of one of them."""
        return {**self.order, "lease": lease}

    def told(self, body: bytes) -> tuple[dict[str, str], bytes]:
        """The variables of one of them, and all that it is told, for a process of its own."""
        common, told = json.loads(self.body), json.loads(body)
        variables = {**self.order["set"], **told.pop("set")}
        whole: dict[str, Any] = {**common, **told, "task": {**common.get("task", {}), **told["task"]}}
        return variables, json.dumps(whole).encode()
