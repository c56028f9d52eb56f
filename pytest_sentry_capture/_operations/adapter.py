"""What observes the operations of one framework."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Recorder


class Middleware(Protocol):
    """The SDK's middleware for Django, as it is around the handlers that servers call."""

    def wsgi(self, application: Callable[..., Any], *, use_x_forwarded_for: bool) -> Callable[..., Any]:
        """The WSGI middleware around an application."""

    def asgi(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """The ASGI middleware around an application."""

    def request_scope(self) -> Callable[[], AbstractContextManager[Any]]:
        """What enters again the scope of the request that the calling context serves."""

    def capture(self, error: BaseException, mechanism: str) -> None:
        """Capture what the body of an answer has raised."""


class OperationAdapter(ABC):
    """Records what an application does for one trigger, for one framework.

    Args:
        recorder: knows the recording that an operation which begins now belongs to.

    Attributes:
        package: the distribution of the framework, as in ``pip install``.
        about_loop: says why exceptions of tasks of the running event loop are not captured, or None if they are.
        is_asked_for: whether anything asks what is captured now: the test's fixture, a rule, a report or the contract.
        django_middleware: the SDK's middleware for requests of Django's test clients, or None if they go through none.
        gaps: what can't be seen of this framework, which lacks something, in words for users.
    """

    package: ClassVar[str] = ""

    def __init__(self, recorder: Recorder) -> None:
        self.about_loop: Callable[[], str | None] = _nothing
        self.is_asked_for: Callable[[], bool] = bool
        self.django_middleware: Callable[[], Middleware | None] = _nothing
        self.gaps: dict[str, str] = {}
        self._recorder = recorder
        self._is_active = True
        self._wrapped: list[_Wrapped] = []

    @abstractmethod
    def install(self) -> None:
        """Observe the framework from now on, from outside of everything that others have wrapped around it.

        Called when the framework and the SDK have both been imported, and again whenever one of them was imported again
        or a client was made: the SDK wraps frameworks then. Where this adapter is the outermost already, nothing must
        be done. It should not raise, for the application's own import or ``init`` would fail.
        """

    def uninstall(self) -> None:
        """Observe nothing any more, and leave the framework as it was, unless somebody has wrapped it since."""
        self._is_active = False
        for each in reversed(self._wrapped):
            if vars(each.owner).get(each.name) is not each.ours:
                continue
            if each.is_inherited:
                delattr(each.owner, each.name)
            else:
                setattr(each.owner, each.name, each.inner)

    def _wrap(self, place: str, make: Callable[[Any], Any], consequence: str) -> None:
        """Put ``make(inner)`` in place of a method, unless a wrapper of this adapter is the outermost there.

        Args:
            place: where it is: ``"flask.app:Flask.wsgi_app"``.
            make: makes the wrapper of what is there now.
            consequence: what follows where this framework has no such place, in words for users.
        """
        if not self._is_active:
            return
        owner, name = place_of(place)
        inner = getattr(owner, name, None)
        if inner is None:
            self.gaps[place] = f"{_release(self.package)} has no {place.replace(':', '.')}. {consequence}"
        elif not any(inner is each.ours for each in self._wrapped):
            self._put(owner, name, inner, make(inner))

    def _put(self, owner: Any, name: str, inner: Any, ours: Any) -> None:
        """Put ours in place of what is there, until ``uninstall``."""
        self._wrapped.append(_Wrapped(owner, name, inner, ours, name not in vars(owner)))
        setattr(owner, name, ours)

    def _check_code(self, place: str, name: str, consequence: str) -> None:
        """Note that the code of a method has no such name. ``consequence`` as in ``_wrap``."""
        owner, method = place_of(place)
        code = getattr(getattr(owner, method, None), "__code__", None)
        if self._is_active and name not in getattr(code, "co_names", ()):
            where = place.replace(":", ".").rpartition(".")[0]
            self.gaps[f"{place}.{name}"] = f"{_release(self.package)} has no {where}.{name}. {consequence}"


def _nothing() -> None:
    """Every loop is watched, and requests go through no middleware."""


class _Wrapped(NamedTuple):
    owner: Any
    name: str
    inner: Any
    ours: Any
    is_inherited: bool


def place_of(place: str) -> tuple[Any, str]:
    """What holds an attribute, as far as it is there, and the attribute's name."""
    module_name, _, path = place.partition(":")
    owner: Any = sys.modules.get(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent, None)
    return owner, name


def _release(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package
