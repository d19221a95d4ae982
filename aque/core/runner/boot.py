"""Start the runner: `PYTHON -I -S boot.py FD`. Loads this folder as a package without importing aque."""

import importlib
import importlib.util
import sys
from pathlib import Path

NAME = "_aque_runner"


def load() -> None:
    """Make the package of this file importable as `_aque_runner`."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load()
    importlib.import_module(f"{NAME}.guardian").guard(int(sys.argv[1]))
    sys.exit(importlib.import_module(f"{NAME}.loop").main(int(sys.argv[1])))
