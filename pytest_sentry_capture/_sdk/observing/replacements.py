"""Notices when something takes the place of the SDK's own functions: what is passed to that is seen nowhere.

Modules and clients are watched as they are written. Classes can't be, so they are looked at when the SDK reads a scope,
which comes before nearly all that it captures, and when a test asks for captured items.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any, Final

from pytest_sentry_capture._recording import Recorder
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.observing.scope_values import scopes_of
from pytest_sentry_capture._sdk.observing.watched_functions import (
    Attribute,
    Kinds,
    Own,
    Watched,
    attributes_of,
    method_of,
)
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints, UnsupportedSdkError
from pytest_sentry_capture._sdk.patching.written_attributes import watch_instances, watch_module

_ALL: Final[Kinds] = None
_LOGS: Final[Kinds] = frozenset(("log",))
_METRICS: Final[Kinds] = frozenset(("metric",))
_CHECK_INS: Final[Kinds] = frozenset(("check_in",))
_SESSIONS: Final[Kinds] = frozenset(("session",))
_TRACES: Final[Kinds] = frozenset(("transaction", "segment", "span", "profile"))
_NONE: Final[Kinds] = frozenset()

_CAPTURES: Final = ("capture_event", "capture_message", "capture_exception")
_ACCESS: Final = ("get_client", "get_current_scope", "get_isolation_scope", "get_global_scope")
"""What gives the SDK itself its client and scopes."""
_HOLDERS: Final = (
    *_ACCESS,
    *("new_scope", "isolation_scope", "push_scope", "Scope", "Hub"),
)
"""What gives applications the scope, hub or client with which they capture."""
_API: Final[Mapping[str, Kinds]] = {
    **dict.fromkeys((*_CAPTURES, *_HOLDERS), _ALL),
    **dict.fromkeys(("capture_checkin", "monitor"), _CHECK_INS),
    **dict.fromkeys(("start_span", "start_transaction", "trace"), _TRACES),
    **dict.fromkeys(("init", "Client"), _NONE),
    "logger": _LOGS,
    "metrics": _METRICS,
}
_MODULES: Final[Mapping[str, Mapping[str, Kinds]]] = {
    "sentry_sdk": _API,
    "sentry_sdk.api": _API,
    "sentry_sdk.hub": {"Hub": _ALL},
    "sentry_sdk.crons": _API,
    "sentry_sdk.crons.api": _API,
    "sentry_sdk.crons.decorator": _API,
    "sentry_sdk.traces": _API,
    "sentry_sdk.logger": dict.fromkeys(("trace", "debug", "info", "warning", "error", "fatal"), _LOGS),
    "sentry_sdk.metrics": dict.fromkeys(("count", "gauge", "distribution"), _METRICS),
}
_PACKAGE: Final = "sentry_sdk"
_CLIENT: Final = "client:_Client"
_CLIENT_OF_SCOPE: Final = "scope:Scope.set_client"
_CLIENT_OF_HUB: Final = "hub:Hub.bind_client"
_SCOPE: Final = "scope:Scope"
_HUB: Final = "hub:Hub"
_CLASSES: Final[Mapping[str, str]] = {
    _SCOPE: "sentry_sdk.Scope",
    _HUB: "sentry_sdk.Hub",
    _CLIENT: "sentry_sdk.Client",
}
_METHODS: Final[Mapping[str, Kinds]] = {
    **dict.fromkeys((*_CAPTURES, *_ACCESS), _ALL),
    "transport": _ALL,  # our own, by which hand-overs are seen
    "capture_session": _SESSIONS,
    "_capture_log": _LOGS,
    "_capture_metric": _METRICS,
    "_capture_span": _TRACES,
}
_OF_INSTANCES: Final = frozenset(_METHODS.keys() - {"transport", *_ACCESS})


class Replacements:
    """Notes in the current recording what is in place of the SDK's functions that captures go through.

    What passes each call on to the SDK's own, as spies do, hides nothing and is not noted.

    Args:
        alive: tells which clients there are.

    Attributes:
        look_at_classes: notes what is in place of methods of classes. To be called when the SDK reads a scope.
    """

    look_at_classes: Callable[[], None]

    def __init__(self, touchpoints: Touchpoints, recorder: Recorder, alive: Callable[[], Iterable[Any]]) -> None:
        self._touchpoints = touchpoints
        self._recorder = recorder
        self._alive = alive
        self._of_modules: list[tuple[Attribute, Watched]] = []
        self._of_classes: list[tuple[Attribute, Watched]] = []
        self._of_objects: KnownOf[dict[str, Watched]] = KnownOf()
        self._replaced: dict[Watched, None] = {}
        self._active_client = Watched("the active client", _ALL, self._stand_in, self._is_client)
        self._package = Watched("the module sentry_sdk", _ALL, _stand_in_for_package, _is_of_sdk)

    def install(self) -> None:
        """Watch what is there now: nothing else of it must be replaced by this plugin."""
        touchpoints = self._touchpoints
        self._client_class = touchpoints.find(_CLIENT)
        classes = {path: each for path in _CLASSES if (each := _found(touchpoints, path)) is not None}
        for path, owner in classes.items():
            there = {name: kinds for name, kinds in _METHODS.items() if name in vars(owner)}
            self._of_classes += attributes_of(owner, _CLASSES[path], there).values()
        client, scope, hub = (classes.get(path) for path in (_CLIENT, _SCOPE, _HUB))
        self.look_at_classes = self._looking_at(client, scope)
        watch_instances(touchpoints, _CLIENT, _OF_INSTANCES, self._writing_object)
        if touchpoints.features.has_hubs:
            self.look_at_classes = _both(self.look_at_classes, self._looking_at(client, hub))
            watch_instances(touchpoints, _HUB, _OF_INSTANCES, self._writing_object)
        for module_name in _MODULES:
            self.watch_module(module_name)
        for touchpoint in (_CLIENT_OF_SCOPE, _CLIENT_OF_HUB):
            if _found(touchpoints, touchpoint) is not None:
                touchpoints.replace(touchpoint, self._watched_choice)

    def _watched_choice(self, original: Callable[..., None]) -> Callable[..., None]:
        """A scope is given a client: one that is not the SDK's may be gone before anybody looks."""

        @wrapping(original)
        def set_client(owner: Any, client: Any) -> None:
            __tracebackhide__ = True
            original(owner, client)
            if client is not None and not self._is_client(client):
                self._note(self._active_client)

        return set_client

    def watch_module(self, module_name: str) -> None:
        """Watch what a module has, once it is imported. Others than those that captures go through have nothing."""
        module = sys.modules.get(module_name)
        if module is None:
            return
        attributes = attributes_of(module, module_name, _MODULES[module_name])
        self._of_modules += attributes.values()
        watch_module(self._touchpoints, module, attributes, lambda _, name: self._writing(attributes[name][1]))

    def look(self) -> None:
        """Note what is in place of the SDK's functions now, except for what ``look_everywhere`` alone finds."""
        self._look_at(self._of_classes)
        for watched in (*self._replaced, self._active_client, self._package):
            self._note(watched)

    def look_everywhere(self) -> None:
        """The same, for what was put there in ways that tell nobody, such as ``vars(module)``."""
        for owner in self._objects():
            for name in _OF_INSTANCES.intersection(owner.__dict__):
                self._note(self._of_object(owner, name))
        self._look_at(self._of_modules)
        self.look()

    def _look_at(self, attributes: Iterable[tuple[Attribute, Watched]]) -> None:
        for attribute, watched in attributes:
            if attribute.owned_by.get(attribute.name) is not attribute.own:  # hardly ever
                self._note(watched)

    def _note(self, watched: Watched, *, is_written: bool = False) -> None:
        watched.note(self._recorder.current, is_written=is_written)
        if watched.value is Own:
            self._replaced.pop(watched, None)
        else:
            self._replaced[watched] = None

    @contextmanager
    def _writing(self, watched: Watched) -> Iterator[None]:
        self._note(watched)  # a spy may have been set meanwhile to pass nothing on any more
        yield
        self._note(watched, is_written=True)

    def _writing_object(self, owner: Any, name: str) -> AbstractContextManager[None]:
        return self._writing(self._of_object(owner, name))

    def _objects(self) -> Iterator[Any]:
        yield from self._alive()
        if self._touchpoints.features.has_hubs:
            yield self._touchpoints.modules.hub.Hub.current

    def _of_object(self, owner: Any, name: str) -> Watched:
        """A method of one client or hub, which has it of its class unless something was put on the object itself."""
        known = self._of_objects.get(owner)
        if known is None:
            known = self._of_objects[owner] = {}
        if name not in known:
            known[name] = method_of(owner, name, _METHODS[name])
        return known[name]

    def _looking_at(self, client: type | None, entry: type | None) -> Callable[[], None]:
        """Looks at the methods of classes that captures go through, in a tenth of a microsecond where all are whole."""
        of_client, of_entry = vars(client or object), vars(entry or object)
        own = {name: of_entry.get(name) for name in (*_CAPTURES, "get_client")}
        capture_event = of_client.get("capture_event")
        event, message, exception, get_client = own.values()

        def look() -> None:
            try:
                if (
                    of_client["capture_event"] is capture_event
                    and of_entry["capture_event"] is event
                    and of_entry["capture_message"] is message
                    and of_entry["capture_exception"] is exception
                    and of_entry.get("get_client") is get_client  # hubs have none
                ):
                    return
            except KeyError:
                pass  # somebody has deleted one
            self._look_at(self._of_classes)

        return look

    def _stand_in(self) -> object:
        """What an application or a test has put in place of the client that captures now."""
        features, modules = self._touchpoints.features, self._touchpoints.modules
        if features.has_hubs:
            client = modules.hub.Hub.current.client
            return Own if client is None or self._is_client(client) else client
        for _, scope in scopes_of(modules):
            client = features.client_on(scope)
            if client is not None and not self._is_client(client):
                return client
            if client is not None and client.is_active():
                return Own
        return Own

    def _is_client(self, client: object) -> bool:
        """Whether it is a client of the SDK's, or derives from one."""
        kind = type(client)
        return issubclass(kind, self._client_class) or kind.__module__.startswith("sentry_sdk.")


def _stand_in_for_package() -> object:
    package = sys.modules.get(_PACKAGE)
    return Own if package is None or _is_of_sdk(package) else package


def _is_of_sdk(module: object) -> bool:
    """Whether it is the SDK's package, which may have been imported again."""
    return issubclass(type(module), ModuleType) and vars(module).get("__name__") == _PACKAGE


def _both(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        one()
        other()

    return call


def _found(touchpoints: Touchpoints, path: str) -> type | None:
    try:
        found: type = touchpoints.find(path)
    except UnsupportedSdkError:
        return None
    return found
