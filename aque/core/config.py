"""Settings: flag, then environment, then `$XDG_CONFIG_HOME/aque/config.toml`, then default."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from .errors import UsageError

EMBEDDED = "embedded:"
SETTINGS: Final = {
    "broker": "the broker, as in `AQUE_BROKER`",
    "output_limit": "of what a task writes so much is kept, as `aque worker --output-limit`: a text such as 64M",
    "io_order": "true or false, as `AQUE_IO_ORDER` of workers",
    "theme": "the screen's theme: dark, light or contrast",
    "keys": "a table: keys of the screen, by the names of commands",
}
"""What config.toml may say."""
_SWITCH: Final = {"1": True, "true": True, "0": False, "false": False}


@cache
def config_file() -> dict[str, Any]:
    """What the user's config.toml says; empty where there is none.

    Raises UsageError where it is no TOML, or has a setting that is none.
    """
    path = _path()
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    import tomllib  # which most do without

    try:
        return _known(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None


def _path() -> Path:
    import platformdirs

    return platformdirs.user_config_path("aque") / "config.toml"


def _known(settings: dict[str, Any], path: Path) -> dict[str, Any]:
    """A setting that nobody reads is a mistake in writing, which would go unseen."""
    if unknown := [name for name in settings if name not in SETTINGS]:
        raise UsageError(f"{path}: no such setting: {', '.join(unknown)} (there are: {', '.join(SETTINGS)})")
    return settings


def broker_url(given: str | None = None) -> str:
    """The broker to use: as given, else `$AQUE_BROKER`, else the config file's `broker`, else the embedded one."""
    return given or os.environ.get("AQUE_BROKER") or setting("broker") or EMBEDDED


def io_order() -> bool:
    """Whether workers heed where files lie: `$AQUE_IO_ORDER` (1 or 0), else the config file's `io_order`, else yes."""
    given = os.environ.get("AQUE_IO_ORDER")
    name, value = ("$AQUE_IO_ORDER", given) if given else ("config.toml: io_order", config_file().get("io_order", True))
    if (found := _SWITCH.get(str(value).lower())) is None:
        raise UsageError(f"{name}: {value!r} is neither true nor false")
    return found


def table(name: str) -> dict[str, Any]:
    """A table of the config file; empty where there is none. Raises UsageError where it is something else."""
    value = config_file().get(name, {})
    if isinstance(value, dict):
        return value
    raise UsageError(f"config.toml: {name}: {value!r} is not a table")


def setting(name: str) -> str | None:
    """A text of the config file, such as a size; None where it says nothing. Raises UsageError where it is no text."""
    value = config_file().get(name)
    if value is None or isinstance(value, str):
        return value
    raise UsageError(f"{_path()}: {name}: {value!r} is not a text")


def is_embedded(url: str) -> bool:
    """Whether a broker is a private server that aque starts itself."""
    return url.startswith(EMBEDDED)


def embedded_home(url: str) -> Path | None:
    """Where the embedded server of `embedded:/path` lives; None for the user's own place."""
    path = url.removeprefix(EMBEDDED)
    return Path(path).expanduser() if path else None


def required_home(given: str | None = None) -> Path | None:
    """`embedded_home` of the broker that is used; raises UsageError where that is a shared server."""
    url = broker_url(given)
    if is_embedded(url):
        return embedded_home(url)
    raise UsageError(
        "`aque db` is about the embedded server, but the broker is a shared one (by --broker, $AQUE_BROKER or"
        " config.toml): say `--broker embedded:` to mean the embedded one"
    )
