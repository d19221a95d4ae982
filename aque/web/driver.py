"""What stands in the place of a terminal for the screen of a page."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any

from textual import messages
from textual.drivers.web_driver import WebDriver


class PageDriver(WebDriver):
    """Ends the screen when nobody is left to tell it anything: the server died, and with it the page's socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._write = partial(self._put)

    def run_input_thread(self) -> None:
        """Listen to the server until it ends."""
        super().run_input_thread()
        self._app.post_message(messages.ExitApp())

    def _put(self, data: bytes) -> int:
        with suppress(BrokenPipeError):  # it ends already
            return os.write(self.fileno, data)
        return len(data)
