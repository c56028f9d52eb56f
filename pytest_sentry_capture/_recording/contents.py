"""Payloads as they were handed over: bytes, plain JSON data, files, and what the SDK has still to make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_sentry_capture._recording.plain_json import PlainJson


@dataclass
class FileContent:
    """The content of a file that a user's transport may never read: it is read when it is first asked for.

    Attributes:
        path: of the file.
    """

    path: str | bytes
    _content: bytes | None = None

    def read(self) -> bytes:
        """The content, empty if there is no such file any more, as in the SDK."""
        if self._content is None:
            try:
                with open(self.path, "rb") as file:  # noqa: PTH123  (the path may be bytes)
                    self._content = file.read()
            except OSError:
                self._content = b""
        return self._content

    def __bytes__(self) -> bytes:
        return self.read()


class LateContent:
    """The content of an item that the SDK makes when it hands it over: before, its objects are not asked for texts."""

    def __init__(self, outline: Callable[[], bytes | None]) -> None:
        self._outline = outline
        self._content: bytes | None = None

    def arrive(self, content: bytes) -> None:
        """The SDK has made it."""
        self._content = content

    def read(self) -> bytes:
        """The content. Where the SDK has not made it, it is what is known without asking the objects."""
        return self._content if self._content is not None else self._outline() or b""

    def __bytes__(self) -> bytes:
        return self.read()


Content = bytes | PlainJson | FileContent | LateContent
"""A payload as it was handed over."""
