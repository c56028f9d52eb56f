"""Who was the last to write a value on a scope: the operation that was under way, inherited when a scope is forked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_sentry_capture._recording import (
    ForeignWrite,
    Job,
    Operation,
    Recorder,
    current_operation,
    current_recording,
)
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.scope_values import scopes_of
from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints

Key = tuple[str, str]
"""A section of an event and a key of it. The key of the user, whom the SDK takes whole, is empty."""

_USER: Final[Key] = ("user", "")
_ATTRIBUTES: Final = {"tags": "_tags", "contexts": "_contexts", "extra": "_extras"}
_SETTERS: Final = {"set_tag": "tags", "set_context": "contexts", "set_extra": "extra"}
_REMOVERS: Final = {"remove_tag": "tags", "remove_context": "contexts", "remove_extra": "extra"}


class ScopeWrites:
    """Notes which operation writes what on which scope.

    Scopes have no room for a note and can't be referred to weakly, so that notes are kept by identity, and are dropped
    or inherited when a scope is made.
    """

    def __init__(self, modules: Modules, recorder: Recorder) -> None:
        self._modules = modules
        self._recorder = recorder
        self._writers: dict[int, dict[Key, Operation | None]] = {}

    def install(self, touchpoints: Touchpoints) -> None:
        features = touchpoints.features
        with touchpoints.missing_means("The rule no-scope-bleed does not see every value set on a scope."):
            for name, section in {**_SETTERS, **_REMOVERS}.items():
                touchpoints.replace(f"scope:Scope.{name}", functools.partial(self._writing_key, section=section))
            if features.sets_several_tags:
                touchpoints.replace("scope:Scope.set_tags", self._writing_tags)
            touchpoints.replace("scope:Scope.set_user", self._writing_user)
            if features.has_user_property:
                touchpoints.replace("scope:Scope.user", self._assigning_user)
            touchpoints.replace("scope:Scope.clear", self._clearing)
            touchpoints.replace("scope:Scope.__copy__", self._copying)

    def forget(self) -> None:
        """A test begins: what earlier ones have written is gone."""
        self._writers.clear()

    def foreign_to(self, operation: Operation, event: Mapping[str, Any], merged: Any) -> tuple[ForeignWrite, ...]:
        """The values of the merged scope that neither this operation nor one that it is part of was the last to write.

        Args:
            operation: the operation during which ``event`` is captured.
            event: the event as it was handed to the client, before the scope is applied to it.
            merged: the merged scope that will be applied.
        """
        if not self._writers or merged is None:
            return ()
        own = {*_ancestry(operation)}
        return tuple(
            ForeignWrite(".".join(filter(None, key)), writer)
            for key, writer in self._last_writers(event, merged)
            if writer is not None and writer not in own
        )

    def _last_writers(self, event: Mapping[str, Any], merged: Any) -> Iterator[tuple[Key, Operation | None]]:
        scopes = [scope for _, scope in scopes_of(self._modules)]
        for section, attribute in _ATTRIBUTES.items():
            texts = [(key, value) for key, value in getattr(merged, attribute).items() if type(key) is str]
            for key, value in texts:
                holder = _first(scopes, lambda scope, a=attribute, k=key: getattr(scope, a).get(k))  # type: ignore[misc]
                if holder is not None and getattr(holder, attribute)[key] is value:
                    yield (section, key), self._writer(holder, (section, key))
        holder = _first(scopes, lambda scope: scope._user)
        if event.get("user") is None and holder is not None and holder._user is merged._user:
            yield _USER, self._writer(holder, _USER)

    def _writer(self, scope: Any, key: Key) -> Operation | None:
        return self._writers.get(id(scope), {}).get(key)

    def _note(self, scope: Any, keys: Iterable[tuple[str, Any]]) -> None:
        """Note who writes. Keys that are not text are left out, for to keep them would run code of theirs."""
        operation = current_operation(current_recording(self._recorder))
        if operation is not None or id(scope) in self._writers:
            written = dict.fromkeys((key for key in keys if type(key[1]) is str), operation)
            self._writers.setdefault(id(scope), {}).update(written)

    def _writing_key(self, original: Callable[..., Any], section: str) -> Callable[..., Any]:
        @wrapping(original)
        def write(scope: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._note(scope, [(section, key)])
            return original(scope, key, *args, **kwargs)

        return write

    def _writing_tags(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def write(scope: Any, tags: Any) -> Any:
            __tracebackhide__ = True
            before = {**scope._tags}
            result = original(scope, tags)  # it reads the tags, which may be any mapping: that is done once
            written = tags if type(tags) is dict else _written(before, scope._tags)
            self._note(scope, [("tags", key) for key in written])
            return result

        return write

    def _writing_user(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def write(scope: Any, value: Any) -> Any:
            __tracebackhide__ = True
            self._note(scope, [_USER])
            return original(scope, value)

        return write

    def _assigning_user(self, original: property) -> property:
        setter = original.fset
        return property(original.fget, self._writing_user(setter) if setter is not None else None)

    def _clearing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def clear(scope: Any) -> Any:
            __tracebackhide__ = True
            self._writers.pop(id(scope), None)  # a new scope is cleared too
            return original(scope)

        return clear

    def _copying(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def fork(scope: Any) -> Any:
            __tracebackhide__ = True
            forked = original(scope)
            inherited = self._writers.get(id(scope))
            if inherited:
                self._writers[id(forked)] = {**inherited}
            else:
                self._writers.pop(id(forked), None)
            return forked

        return fork


def _written(before: dict[Any, Any], after: dict[Any, Any]) -> list[str]:
    """The keys that have another value than before."""
    keys = [key for key in after if type(key) is str]
    return [key for key in keys if key not in before or before[key] is not after[key]]


def _first(scopes: list[Any], value_of: Callable[[Any], Any]) -> Any:
    """The strongest scope that has a value."""
    return next((scope for scope in scopes if value_of(scope) is not None), None)


def _ancestry(operation: Operation | None) -> Iterator[Operation]:
    """An operation, those that it is part of, and the attempts that it runs within where a retry runs at once."""
    while operation is not None:
        yield operation
        if isinstance(operation, Job) and operation._earlier is not None:
            operation = operation._earlier
        else:
            operation = operation.parent
