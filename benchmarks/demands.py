"""What tasks ask for, for statements that fill tables: whatever columns demands have by now."""

from __future__ import annotations

import json
from typing import Any

from aque.core.columns import demand_row
from aque.core.task import Prototype


def demand(**fields: Any) -> str:
    """An `aque.demand` as a JSON text, of a prototype's fields; `user` is me unless it is given."""
    return json.dumps(demand_row(Prototype.read({"user": "me", **fields})))
