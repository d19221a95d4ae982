"""A render farm with licences: twelve frames, of which no more than two are rendered at once, and a film of them.

The renderer here is cksum. The licence is a named limit, which holds on the whole farm, whatever workers have room for.

    python examples/farm.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path

import aque

FRAMES = 12
LICENCES = 2
RENDER = """
echo +1 >> running
seq {number} 20000 | cksum > frame.{number}
echo -1 >> running
"""


def film(folder: Path) -> dict[str, object]:
    """The last task, with all the frames that it needs."""
    frames = [
        {"args": RENDER.format(number=number), "name": f"frame {number}", "limits": {"renderer": 1}, "cwd": folder}
        for number in range(1, FRAMES + 1)
    ]
    return {"args": "cat frame.* > film; wc -l < film", "name": "film", "dependencies": frames, "cwd": folder}


def main() -> int:
    queue = aque.Queue("farm", priority=1100)
    subprocess.run([sys.executable, "-m", "aque", "limits", "set", "renderer", str(LICENCES)], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (done,) = queue.submit_many([film(folder)])
        aque.Worker(queue.broker, cpus=4, queues=[queue.name]).run(until_empty=True)
        most = max(accumulate(map(int, (folder / "running").read_text().split())))
        print(f"a film of {done.output().decode().strip()} frames, by a worker of 4 cpus")
    print(f"{most} renderers at once at most, with {LICENCES} licences")
    return 0 if most <= LICENCES else 1


if __name__ == "__main__":
    sys.exit(main())
