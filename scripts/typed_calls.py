"""Writes ``typed_calls.pyi``: what type checkers know of the calls that take a kind, or options of the SDK.

``python -m scripts.typed_calls`` writes it. With ``--check`` it fails where the file is not what it would write.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sentry_sdk.consts import DEFAULT_OPTIONS

from pytest_sentry_capture._recording.kinds import CLASS_OF_KIND, FACTS
from pytest_sentry_capture._sdk.versions import REMOVED_OPTIONS

FILE = Path(__file__).parents[1] / "pytest_sentry_capture" / "_assertions" / "typed_calls.pyi"
HEAD = """# Written by `python -m scripts.typed_calls` from the kinds and the SDK's options; see typed_calls.py.

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal, TypedDict, overload

from sentry_sdk.client import BaseClient
from typing_extensions import Unpack

from pytest_sentry_capture._assertions.assertions import Expected
from pytest_sentry_capture._recording import Discard
from pytest_sentry_capture._recording.kinds import (
"""
WAITS = "*, count: int = ..., timeout: float = ..., "
BY = "*, reason: str | None = ..., by: str | Callable[..., object] | None = ..., "
FINDS = {"find": ("", "list[{item}]")}
CALLS = {
    "assert_captured": ("", "{item}"),
    "assert_count": ("", "list[{item}]"),
    "assert_not_captured": ("", "None"),
    "assert_discarded": (
        "*, reason: str | None = ..., by: str | Callable[..., object] | None = ..., ",
        "list[Discard]",
    ),
    "expect": ("", "AbstractContextManager[Expected[{item}]]"),
    "expect_nothing": ("", "AbstractContextManager[object]"),
    "wait_for": (WAITS, "list[{item}]"),
    "await_for": (WAITS, "list[{item}]"),
}
"""The calls by name: the arguments beside the kind, and what they give."""


def written() -> str:
    """The whole file, formatted."""
    lines = [HEAD, *sorted(f"    {item.__name__},\n" for item in CLASS_OF_KIND.values()), ")\n\n"]
    for kind, facts in FACTS.items():
        lines += typed_dict(criteria_of(kind), facts.fields)
    lines += typed_dict("SdkOptions", sorted({*DEFAULT_OPTIONS, *REMOVED_OPTIONS, "dsn"}))
    lines += ["class TypedFind:\n", *overloads(FINDS), "class TypedCalls(TypedFind):\n", *overloads(CALLS)]
    lines += ["class TypedClient:\n", "    @property\n    def client(self) -> BaseClient | None: ...\n"]
    lines += ["    def override(self, **options: Unpack[SdkOptions]) -> AbstractContextManager[None]: ...\n"]
    lines += ["class TypedInit:\n", "    def __call__(self, **options: Unpack[SdkOptions]) -> BaseClient: ...\n"]
    formatter = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(FILE), "-"]
    result = subprocess.run(  # noqa: S603  (ruff)
        formatter, input="".join(lines), capture_output=True, text=True, check=True
    )
    return result.stdout


def criteria_of(kind: str) -> str:
    """The name of the dictionary type with a kind's criteria."""
    return f"{CLASS_OF_KIND[kind].__name__.removeprefix('Captured')}Criteria"


def typed_dict(name: str, keys: Iterable[str]) -> Iterator[str]:
    """A dictionary type whose values may be anything that can be compared."""
    yield f"class {name}(TypedDict, total=False):\n"
    yield from (f"    {key}: Any\n" for key in keys)
    yield "\n"


def overloads(calls: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Each call, once for each kind."""
    for name, (arguments, gives) in calls.items():
        for kind in FACTS:
            item = CLASS_OF_KIND[kind].__name__
            default = ' = "event"' if kind == "event" else ""
            first = "n: int, " if name == "assert_count" else ""
            call = f"{'async ' if name == 'await_for' else ''}def {name}"
            yield f"    @overload\n    {call}(self, {first}kind: Literal[{kind!r}]{default}, {arguments}"
            yield f"**criteria: Unpack[{criteria_of(kind)}]) -> {gives.format(item=item)}: ...\n"
    yield "\n"


def main() -> int:
    """The command."""
    text = written()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{FILE.name} is not what the kinds and options say: run python -m scripts.typed_calls\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
