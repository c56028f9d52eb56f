"""What the test process shares with its forked children: a page of numbers, and a file without a name.

The page has no descriptor that a child could close, and vanishes from a process that runs another program. The file
stands on no path, so that nobody else reads captured items, and is gone with its last process.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from pytest_sentry_capture._forks.records import record, whole_records

_LENGTH_OF_MARK: Final = 12
_SPARE: Final = 16 << 20
"""Bytes that the file may hold of what has been read, before it is emptied."""


class SharedMemory:
    """A page and a file, made before the first fork. A child inherits both.

    Raises:
        OSError: the system gives none.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._stamp = memoryview(self._page)[:8].cast("Q")
        self._losses = memoryview(self._page)[8:]
        self._mark = os.urandom(_LENGTH_OF_MARK)
        self._descriptor = _file_without_a_name()
        self._identity = _identity(self._descriptor)
        self._position = 0

    @property
    def descriptor(self) -> int:
        """The file's number, in every process that has not closed it."""
        return self._descriptor

    @property
    def stamp(self) -> int:
        """A number that the test process tells all its children, at once."""
        return self._stamp[0]

    @stamp.setter
    def stamp(self, number: int) -> None:
        self._stamp[0] = number

    def note_loss(self, number: int) -> None:
        """Say, in any process, that something of a recording could not be written."""
        self._losses[number % len(self._losses)] = 1

    def has_loss(self, number: int) -> bool:
        """Whether something of a recording could not be written."""
        return bool(self._losses[number % len(self._losses)])

    def forget_loss(self, number: int) -> None:
        """A recording begins."""
        self._losses[number % len(self._losses)] = 0

    def write(self, content: bytes) -> bool:
        """Append a record. False where it was not written, because the descriptor is not this file's any more."""
        if not self._is_ours():
            return False
        whole = record(self._mark, content)
        return os.write(self._descriptor, whole) == len(whole)

    def read(self) -> list[bytes]:
        """The contents of the records that have been written since the last time.

        Raises:
            OSError: the test process has closed the descriptor.
        """
        found: list[bytes] = []
        while stream := self._unread():
            contents, consumed = whole_records(self._mark, stream)
            self._position += consumed
            found += contents
            if not contents:
                break
        return found

    def discard_read(self) -> None:
        """Give back the memory of what has been read. Nobody may be about to write."""
        if self._position >= _SPARE and self._is_ours() and os.fstat(self._descriptor).st_size == self._position:
            os.ftruncate(self._descriptor, 0)
            self._position = 0

    def close(self) -> None:
        """Close the descriptor, if it is still this file's."""
        if self._is_ours():
            os.close(self._descriptor)

    def is_shared_by(self, process: int) -> bool | None:
        """Whether another process has the file open, or None if the system does not tell."""
        try:
            status = Path(f"/proc/{process}/fd/{self._descriptor}").stat()
        except FileNotFoundError:
            return False
        except OSError:
            return None
        return (status.st_dev, status.st_ino) == self._identity

    def _unread(self) -> bytes:
        if not self._is_ours():
            raise OSError("the descriptor was closed")
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, max(0, size - self._position), self._position)

    def _is_ours(self) -> bool:
        try:
            return _identity(self._descriptor) == self._identity
        except OSError:
            return False


def _file_without_a_name() -> int:
    """A file that is on no path. What is written to it goes to its end, in one piece."""
    descriptor = _memory_file()
    if descriptor is None:
        with tempfile.TemporaryFile(buffering=0) as file:
            descriptor = os.dup(file.fileno())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
    return descriptor


def _memory_file() -> int | None:
    with suppress(AttributeError, OSError):  # another system than Linux, or one that forbids it
        return os.memfd_create("pytest-sentry-capture")
    return None


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
