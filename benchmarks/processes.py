"""Processes that are measured, in turns where they are compared: what slows the machine for a while slows them all."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, NamedTuple

PYTEST: Final = [
    *(sys.executable, "-m", "pytest", "-q"),
    *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio"),
]
LIST_TRANSPORT: Final = """
from sentry_sdk.transport import Transport

class ListTransport(Transport):
    def __init__(self):
        super().__init__()
        self.envelopes = []

    def capture_envelope(self, envelope):
        self.envelopes.append(envelope)

transport = ListTransport()
"""
"""The source of what runs without the plugin send to."""
TURN: Final = 0.1
"""Seconds."""

Ask = Callable[[str], str]
"""Tells a process a line, and gives its next answer."""


def environment(**variables: str) -> dict[str, str]:
    """That of a user, with ``variables``: byte code is kept."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | variables


class Measured(NamedTuple):
    """A command that has ended: the user and system seconds that it and its processes took, and what it printed."""

    seconds: float
    output: str


def run(command: Sequence[str], folder: Path, **variables: str) -> Measured:
    """Run a command to its end. ``variables`` join its environment."""
    [measured] = in_turns((command, folder), **variables)
    return measured


def in_turns(*commands: tuple[Sequence[str], Path], **variables: str) -> list[Measured]:
    """Run commands, each in its folder, that take turns: only one of them runs at any time."""
    with ExitStack() as stack:
        runs = [stack.enter_context(closing(_Run(*each, environment(**variables)))) for each in commands]
        waiting = [*runs]
        while waiting:
            turn = TURN if len(waiting) > 1 else None
            waiting = [each for each in waiting if not each.has_ended_after(turn)]
        return [each.measured() for each in runs]


class _Run:
    """A command with its processes, which stand still between their turns."""

    def __init__(self, command: Sequence[str], folder: Path, variables: dict[str, str]) -> None:
        self._command = command
        self._output = TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TIMER, *command],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._send(signal.SIGSTOP)

    def close(self) -> None:
        self._send(signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def has_ended_after(self, turn: float | None) -> bool:
        """Whether the command ends when it goes on for these seconds. Without a number it goes on to its end."""
        self._send(signal.SIGCONT)
        try:
            self._process.wait(turn)
        except subprocess.TimeoutExpired:
            self._send(signal.SIGSTOP)
            return False
        return True

    def measured(self) -> Measured:
        self._output.seek(0)
        output, _, seconds = self._output.read().rstrip().rpartition("\n")
        if self._process.returncode:
            raise RuntimeError(f"{shlex.join(self._command)} has failed:\n{output}")
        return Measured(float(seconds), output)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


_TIMER: Final = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"\\n{used.ru_utime + used.ru_stime}")
sys.exit(status)
"""


@contextmanager
def talking(command: Sequence[str], folder: Path, answer: str) -> Iterator[Ask]:
    """A process that answers lines with lines. What it answers stands behind the word ``answer``."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def ask(line: str) -> str:
        print(line, file=stdin, flush=True)
        for said in stdout:
            if answer in said:
                return said.partition(answer)[2]
        raise RuntimeError(f"{shlex.join(command)} has ended early")

    try:
        yield ask
    finally:
        stdin.close()
        process.wait()
