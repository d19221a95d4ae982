"""As whom the server runs: root in a user namespace or as a system user, others as themselves."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aque.core import embedded
from aque.core.embedded.home import locate

from .conftest import New
from .farm import CLIENT, servers

CONFINED = Path(__file__).with_name("confined.py")
ACCOUNT = "daemon"  # of every system
root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
pytestmark = [pytest.mark.root, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"), root]


def use(home: Path, *before: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A client in a process of its own, begun by the words `before`."""
    return subprocess.run(
        [*before, sys.executable, str(CLIENT), "once", str(home), "never"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
    )


def owner(home: Path) -> str:
    """Who owns the data, and runs the server."""
    names = {pwd.getpwuid(uid).pw_name for uid in ((home / "data").stat().st_uid, servers(home)[0].uids().real)}
    assert len(names) == 1
    return names.pop()


def test_root_needs_no_account_below_a_folder_that_is_closed_to_all_others(new_home: New) -> None:
    home = new_home("closed") / "broker"
    home.parent.mkdir(0o700)
    assert use(home).returncode == 0
    assert owner(home) == "root"
    embedded.stop(home)


@pytest.fixture
def harsh_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("harsh_umask")
def test_root_can_name_an_account_and_take_the_name_back(home: Path) -> None:
    for account in (ACCOUNT, ""):
        done = use(home, **{"AQUE_SERVER_USER": account} if account else {})
        assert done.returncode == 0, done.stderr
        assert owner(home) == (account or "root")
        assert embedded.stop(home)


@pytest.mark.parametrize(
    ("closed", "account", "told"),
    [(True, ACCOUNT, "may not pass"), (False, "no-such-account", "there is no user 'no-such-account'")],
)
def test_an_account_that_will_not_do_is_told_in_one_line(closed: bool, account: str, told: str, new_home: New) -> None:
    home = new_home("above") / "broker"
    home.parent.mkdir(0o700 if closed else 0o711)
    done = use(home, AQUE_SERVER_USER=account)
    assert told in done.stderr.splitlines()[-1]
    assert not (home / "data").exists()


def test_where_namespaces_are_forbidden_root_takes_the_system_user(home: Path) -> None:
    try:
        pwd.getpwnam("aque")
    except KeyError:
        pytest.skip("would add the system user `aque`")
    done = use(home, sys.executable, str(CONFINED))
    if "Operation not permitted" in done.stderr:
        pytest.skip("this root may make no user namespaces")
    assert done.returncode == 0, done.stderr
    assert owner(home) == "aque"


@pytest.mark.parametrize(
    "uid", [pytest.param(pwd.getpwnam(ACCOUNT).pw_uid, marks=pytest.mark.soak), 54321], ids=["account", "number"]
)
def test_an_ordinary_user_with_a_long_name_of_a_home(uid: int, new_home: New) -> None:
    """Its folder of data is below $HOME, and too long for a socket; a uid without a name needs a namespace."""
    above = new_home("h" * 150)
    above.mkdir()
    os.chown(above, uid, uid)
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    environ = {"HOME": str(above), "PATH": os.environ["PATH"]}
    code = "from aque.core import embedded; e = embedded.ensure(); print(e.home.root, e.home.run, sep='\\n')"
    # A Python that the user can read: that of a virtual environment may be in root's home.
    if subprocess.run([*become, sys.executable, "-c", "import aque"], env=environ, capture_output=True).returncode:
        pytest.skip("ordinary users cannot reach this Python")
    done = subprocess.run([*become, sys.executable, "-c", code], env=environ, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    home, run = map(Path, done.stdout.split())
    assert home.is_relative_to(above)
    assert run.stat().st_uid == uid
    assert run.stat().st_mode & 0o777 == 0o700
    assert servers(home)[0].uids().real == uid
    assert embedded.status(home).running is False, "another user's server is none of ours"
    stop = "from aque.core import embedded; assert embedded.stop(); assert not embedded.status().running"
    subprocess.run([*become, sys.executable, "-c", stop], env=environ, check=True, cwd="/")
    assert locate(home).root == home
