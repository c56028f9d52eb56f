"""Payloads that are plain JSON data for certain, in a form that is cheaper than JSON to write, to read and to keep."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

_MODULES: Final = "modules"


class InstalledModules:
    """What the SDK's integration ``modules`` found installed, which it tells again in every event.

    With 110 packages these are 2.8 of the 4.5 kB of a small event, and a run keeps thousands of events.
    """

    latest: InstalledModules | None = None

    def __init__(self, versions: dict[str, str]) -> None:
        self.versions = versions

    @classmethod
    def of(cls, versions: dict[str, Any]) -> InstalledModules | None:
        """The same object for the same modules in the same order, or None for anything else."""
        latest = cls.latest  # another thread may replace it meanwhile
        if latest is not None and latest.versions == versions and [*latest.versions] == [*versions]:
            return latest
        if not all(type(name) is str and type(version) is str for name, version in versions.items()):
            return None
        cls.latest = found = InstalledModules({**versions})
        return found

    @cached_property
    def marshalled(self) -> bytes:
        """What tells them from others."""
        return marshal.dumps(self.versions)


class PlainJson:
    """A payload, marshalled: that costs a third of encoding it. The installed modules are kept once.

    Args:
        payload: the payload, or what it is made of.
        wire_form: makes the payload of that, when it is read.

    Raises:
        ValueError: something in the payload is not plain JSON data.
    """

    __slots__ = ("_marshalled", "_modules", "_wire_form")

    def __init__(self, payload: Any, wire_form: Callable[[Any], Any] | None = None) -> None:
        self._wire_form = wire_form
        modules = payload.get(_MODULES) if type(payload) is dict else None
        self._modules = InstalledModules.of(modules) if type(modules) is dict else None
        if self._modules is not None:
            payload = {**payload, _MODULES: None}
        self._marshalled = marshal.dumps(payload)

    def parsed(self) -> Any:
        """A copy of the payload."""
        payload = marshal.loads(self._marshalled)  # noqa: S302  (this process's own)
        if self._modules is not None:
            payload[_MODULES] = {**self._modules.versions}
        return payload if self._wire_form is None else self._wire_form(payload)

    def __bytes__(self) -> bytes:
        """What tells the payload from others, in no form that is meant to be read."""
        return self._marshalled + (self._modules.marshalled if self._modules is not None else b"")


class FlatJson(PlainJson):
    """A payload of texts and numbers of which nobody else has this copy: it is marshalled when that is of use.

    Args:
        payload: what the payload is made of.
        wire_form: makes the payload of a copy of that, when it is read.
    """

    __slots__ = ("_flat",)

    def __init__(self, payload: dict[str, Any], wire_form: Callable[[Any], Any]) -> None:
        self._wire_form = wire_form
        self._flat = payload

    def parsed(self) -> Any:
        """A copy of the payload."""
        copy = marshal.loads(marshal.dumps(self._flat))  # noqa: S302  (this process's own)
        return self._wire_form(copy) if self._wire_form is not None else copy

    def __bytes__(self) -> bytes:
        return marshal.dumps(self._flat)
