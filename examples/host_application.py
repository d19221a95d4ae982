"""Functions inside another program's Python: a studio's application has one of its own, with modules that only it has.

The application here is an empty virtual environment with a module `studio`, which is installed nowhere else. Its
interpreter is all that the tasks name: nothing that aque needs has to be there, and any Python from 3.8 on will do.

    python examples/host_application.py
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import textwrap
import venv
from pathlib import Path

import aque

STUDIO = """
    import importlib.util
    import sys


    def render(scene, frame):
        has_driver = importlib.util.find_spec("psycopg") is not None
        return {"image": f"{scene}.{frame:04}.png", "python": sys.executable, "has psycopg": has_driver}
"""


def application(folder: Path) -> Path:
    """Make the application; its interpreter."""
    venv.create(folder / "app", symlinks=True)
    (site,) = (folder / "app" / "lib").glob("python3*/site-packages")
    (site / "studio.py").write_text(textwrap.dedent(STUDIO))
    return folder / "app" / "bin" / "python"


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        python = application(Path(name))
        queue = aque.Queue("studio", interpreter=str(python), cwd="/")
        frames = [queue.submit_ex("studio:render", ("castle", frame)) for frame in range(3)]
        aque.Worker(queue.broker, queues=[queue.name]).run(until_empty=True)
        made = [frame.result(60) for frame in frames]
    for each in made:
        print(f"{each['image']} by {Path(each['python']).relative_to(name)}, has psycopg: {each['has psycopg']}")
    print(f"here is a module studio: {importlib.util.find_spec('studio') is not None}")
    return 0 if all(each["python"] == str(python) and not each["has psycopg"] for each in made) else 1


if __name__ == "__main__":
    sys.exit(main())
