"""What huey's consumer imports."""

from __future__ import annotations

import operator
import os
import time

from huey import RedisHuey

huey = RedisHuey("bench", url=os.environ["AQUE_BENCH_REDIS"])
add = huey.task()(operator.add)
now = huey.task()(time.monotonic)
