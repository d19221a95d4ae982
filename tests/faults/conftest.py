"""Homes that are taken down again, seeds that are told, figures that are shown."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aque.core import embedded
from aque.core.broker import Broker
from aque.core.embedded.home import locate

from .farm import family, kill, servers, supervisors
from .workers import Start, starting

Report = Callable[..., None]
New = Callable[[str], Path]


@pytest.fixture
def new_home() -> Iterator[New]:
    """Names of homes below a folder that everybody may pass through; nothing of them is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="aque-faults-") as folder:
        Path(folder).chmod(0o711)
        made: list[Path] = []

        def new(name: str) -> Path:
            made.append(Path(folder) / name)
            return made[-1]

        yield new
        for home in made:
            if home.is_dir():
                embedded.stop(home)
            kill(family([*supervisors(home), *servers(home)]))
            shutil.rmtree(locate(home).run, ignore_errors=True)  # which may be in /tmp


@pytest.fixture
def home(new_home: New) -> Path:
    return new_home("broker")


class Chance(random.Random):
    """Random numbers that know their seed."""

    def __init__(self, origin: int) -> None:
        super().__init__(origin)
        self.origin = origin


@pytest.fixture
def chance() -> Chance:
    """Chance, from `$AQUE_SEED` or a seed of its own, which is told in either case."""
    made = Chance(int(os.environ.get("AQUE_SEED") or random.SystemRandom().randrange(2**32)))
    print(f"AQUE_SEED={made.origin}")
    return made


@pytest.fixture
def report(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Report:
    """Show figures: at once in a soak, else with the failure of the test."""

    def show(**figures: object) -> None:
        line = f"{request.node.name}: " + " ".join(f"{name}={value}" for name, value in figures.items())
        if request.node.get_closest_marker("soak"):
            with capfd.disabled():
                print(f"\n{line}", flush=True)
        else:
            print(line)

    return show


@pytest.fixture
def start(broker: Broker) -> Iterator[Start]:
    """Starts workers as processes of their own; none outlives the test."""
    with starting(broker) as made:
        yield made
