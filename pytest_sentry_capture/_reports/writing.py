"""Writing a file as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path


def replace_file(path: Path, content: str) -> None:
    """Put ``content`` into a file, in UTF-8, in one step: no reader, and no error, ever finds half of it.

    Where the path is a symbolic link, the file that it leads to is replaced. Permissions of a file that was there are
    kept. A new one gets those that the process gives to new files.

    Raises:
        OSError: the file can't be written. What was there is untouched then.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_of_writable(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())  # else a crash of the machine may leave an empty file under the name
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:  # for Ctrl+C too
        temporary.unlink(missing_ok=True)
        raise


def _mode_of_writable(target: Path) -> int | None:
    """The permissions of the file that is there, or None without one. A file that must not be written is not replaced.

    Opening it for writing asks the system for all reasons there may be, and changes nothing.
    """
    try:
        descriptor = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    try:
        mode = os.fstat(descriptor).st_mode
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(target))
    return stat.S_IMODE(mode)
