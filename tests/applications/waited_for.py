"""What a test does as soon as the plugin waits, so that nothing has to sleep."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def when_waited_for(do: Callable[[], object]) -> None:
    """Do something as soon as the plugin blocks this thread to wait."""

    def look(frame: Any, event: str, called: Any) -> None:
        is_of_plugin = "pytest_sentry_capture" in frame.f_code.co_filename
        if event == "c_call" and is_of_plugin and called.__name__ == "acquire" and frame.f_code.co_name == "wait_until":
            looks.append(None)
            if len(looks) > 1:  # the first one is that of the plugin's own lock, which is free
                sys.setprofile(None)
                do()

    looks: list[None] = []
    sys.setprofile(look)
