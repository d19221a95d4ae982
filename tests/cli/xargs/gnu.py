"""The xargs of this system, to compare with, and what ours would run without running it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from aque.cli.xargs.commands import commands
from aque.cli.xargs.limits import measure
from aque.cli.xargs.options import parse
from aque.cli.xargs.refusal import Refused
from aque.cli.xargs.terminal import NAME
from aque.cli.xargs.tokens import arguments

_TOLD = ("sh", "-c", 'printf "%s\\0" "$#" "$@"', "sh")
_ENVIRON = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def _is_gnu() -> bool:
    path = shutil.which("xargs")
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout if path else ""
    return "GNU findutils) 4.9" in told


needs_gnu = pytest.mark.skipif(not _is_gnu(), reason="compares with GNU xargs 4.9")


@dataclass(frozen=True)
class Told:
    """The commands that were run, the exit status, and stderr."""

    commands: list[list[bytes]]
    status: int
    stderr: str


def real(
    options: Sequence[str | bytes],
    content: bytes,
    initial: Sequence[str | bytes] = (),
    name: Sequence[str] = ("xargs",),
) -> Told:
    """What the real one does, or another of this name."""
    done = subprocess.run(
        [*name, *options, *_TOLD, *initial], input=content, capture_output=True, env=_ENVIRON, check=False
    )
    words = iter(done.stdout.split(b"\0")[:-1])
    found = [[next(words) for _ in range(int(count))] for count in words]
    return Told(found, done.returncode, done.stderr.decode(errors="surrogateescape"))


def traced(words: Sequence[bytes]) -> list[bytes]:
    """How the real one shows `true` with each of these words."""
    end = "that is all"
    done = subprocess.run(
        ["xargs", "-0", "-t", "-I@@", "true", "@@", end],
        input=b"".join(word + b"\0" for word in words),
        capture_output=True,
        env=_ENVIRON,
        check=True,
    )
    return done.stderr.split(f" '{end}'\n".encode())[:-1]


def ours(
    options: Sequence[str | bytes], content: bytes, initial: Sequence[str | bytes] = (), chunk: int = 2**16
) -> Told:
    """What ours would run; the input comes in chunks of so many bytes."""
    said: list[str] = []
    found: list[list[bytes]] = []
    status = 0
    words = [os.fsdecode(word) for word in (*options, *_TOLD, *initial)]
    limits = measure({name.encode(): value.encode() for name, value in _ENVIRON.items()})
    try:
        read = parse(words, limits, said.append)
        chunks = (content[start : start + chunk] for start in range(0, len(content), chunk))
        for job in commands(arguments(chunks, read, said.append), read):
            found.append(list(job.words[len(_TOLD) :]))
    except Refused as error:
        said.append(str(error))
        status = 1
    text = "".join(f"xargs: {line}\n" for line in said).replace(NAME, "xargs")
    return Told(found, status, text)
