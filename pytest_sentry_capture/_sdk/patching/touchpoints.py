"""The SDK's modules as they are loaded now, and the touchpoints in them: what is replaced, if it is still there.

After a reload, or a purge of ``sys.modules``, the modules are others, and all is looked up and replaced again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, Final

from pytest_sentry_capture._sdk.versions import Features

_INHERITED: Final = object()
"""In place of what an owner has not itself."""


class UnsupportedSdkError(Exception):
    """The installed sentry-sdk lacks something that this plugin must reach. The message says what."""


class Modules:
    """The SDK's modules by their last name: ``modules.client`` is ``sentry_sdk.client``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return sys.modules[f"sentry_sdk.{name}"]
        except KeyError:
            raise AttributeError(name) from None

    def is_loaded(self, name: str) -> bool:
        """Whether a module has been imported."""
        return f"sentry_sdk.{name}" in sys.modules

    @cached_property
    def features(self) -> Features:
        """What this SDK has, and how it calls it."""
        return Features()

    def check_supported(self) -> None:
        """Raises ``UnsupportedSdkError`` for an SDK older than the oldest supported one."""
        if self.features.is_too_old:
            raise UnsupportedSdkError("it is too old")


class Touchpoints:
    """Replaces attributes of the SDK, after checking that they are there, and puts the originals back.

    A touchpoint is written ``"client:_Client.capture_event"``: a module of ``sentry_sdk``, and a path in it.

    Attributes:
        modules: where they are looked up.
        gaps: what can't be seen or done because this SDK lacks something: the reason, and what follows from it.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.features = modules.features
        self.gaps: dict[str, str] = {}
        self._replaced: list[_Replaced] = []

    @contextmanager
    def missing_means(self, consequence: str) -> Iterator[None]:
        """Do without what the block reaches for where this SDK lacks it, and note what follows from that."""
        try:
            yield
        except UnsupportedSdkError as error:
            self.gaps[str(error)] = consequence

    def find(self, touchpoint: str) -> Any:
        """The SDK's object at a touchpoint. Raises ``UnsupportedSdkError`` where it is missing."""
        owner, name = self._owner(touchpoint)
        return getattr(owner, name)

    def replace(self, touchpoint: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(original)`` in place of a touchpoint."""
        self.replace_in(*self._owner(touchpoint), make)

    def replace_for_good(self, touchpoint: str, make: Callable[[Any], Any]) -> None:
        """Like ``replace``, for what code that is under way will come back to: it stays when the run is over.

        ``make`` may be given what an earlier run has left there.
        """
        owner, name = self._owner(touchpoint)
        self._put(owner, name, make(getattr(owner, name)), stays=True)

    def replace_in(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(original)`` in place of an attribute of the SDK's that has been found already."""
        replacement = make(getattr(owner, name))
        if isinstance(vars(owner).get(name), staticmethod):
            replacement = staticmethod(replacement)
        self._put(owner, name, replacement)

    def add(self, touchpoint: str, attribute: Any) -> None:
        """Give a class an attribute that it has not. Raises ``UnsupportedSdkError`` where the class is missing."""
        parent, _, name = touchpoint.rpartition(".")
        self._put(self.find(parent), name, attribute)

    def replace_class(self, module: ModuleType, make: Callable[[type], type]) -> None:
        """Put ``make(its class)`` in place of a module's class."""
        replaced = _ReplacedClass(module, "__class__", type(module), make(type(module)), stays=False)
        self._replaced.append(replaced)
        replaced.put(replaced.replacement)

    def _put(self, owner: Any, name: str, replacement: Any, *, stays: bool = False) -> None:
        replaced = _Replaced(owner, name, vars(owner).get(name, _INHERITED), replacement, stays)
        self._replaced.append(replaced)
        replaced.put(replacement)

    def suspend(self) -> None:
        """Put every original back, except where somebody else has put theirs on top."""
        self._put_back(self._replaced)

    def remove(self) -> None:
        """Put the originals back permanently, except for what was replaced permanently."""
        self._put_back([replaced for replaced in self._replaced if not replaced.stays])

    def _put_back(self, replaced_attributes: Sequence[_Replaced]) -> None:
        for replaced in reversed(replaced_attributes):
            if replaced.now is replaced.replacement:
                replaced.put(replaced.original)

    def resume(self) -> None:
        """Put every replacement where it was before ``suspend``."""
        for replaced in self._replaced:
            left_by_other_run = replaced.stays and type(replaced.now) is type(replaced.replacement)
            if replaced.now is replaced.original or left_by_other_run:
                replaced.put(replaced.replacement)

    def _owner(self, touchpoint: str) -> tuple[Any, str]:
        module_name, _, path = touchpoint.partition(":")
        found, owner, reached = getattr(self.modules, module_name, None), None, [module_name]
        for name in path.split("."):
            owner = found
            reached.append(name)
            if not hasattr(owner, name):
                raise UnsupportedSdkError(f"it has no sentry_sdk.{'.'.join(reached)}, which this plugin must reach")
            found = getattr(owner, name)
        return owner, reached[-1]


@dataclass(frozen=True)
class _Replaced:
    owner: Any
    name: str
    original: Any
    replacement: Any
    stays: bool

    @property
    def now(self) -> Any:
        """What the owner itself has."""
        return vars(self.owner).get(self.name, _INHERITED)

    def put(self, value: Any) -> None:
        """Let the owner have this."""
        if value is _INHERITED:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, value)


class _ReplacedClass(_Replaced):
    @property
    def now(self) -> Any:
        return type(self.owner)

    def put(self, value: Any) -> None:
        self.owner.__class__ = value
