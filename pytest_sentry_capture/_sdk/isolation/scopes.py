"""Tests start alike: each begins with a copy of the scopes as the application left them, in every context."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from typing import Any, Final, cast

from pytest_sentry_capture._sdk.isolation.scope_state import (
    State,
    StateChange,
    changes,
    forget_queries,
    lend,
    read,
    write,
)
from pytest_sentry_capture._sdk.lifetimes import Lifetime, Lifetimes
from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints

_DATA: Final = ("_tags", "_user", "_contexts", "_extras", "_breadcrumbs", "_event_processors", "_attributes")


_Binding = tuple[Lifetime, Any, "_Binding | None"]
"""What a context holds: whose code put a scope there, the scope, and what was bound there before by longer-lived code.

A tuple is made in a tenth of the time of other objects: a request binds scopes six times.
"""


class LifetimeToken:
    """What ``LifetimeVar.set`` returns, like the tokens of context variables.

    Attributes:
        var: the variable that was set.
        old_value: what the context held before. ``MISSING`` where it held nothing.
        of_binding: the token of the variable that keeps the binding.
    """

    __slots__ = ("of_binding", "old_value", "var")
    MISSING = Token.MISSING

    def __init__(self, var: LifetimeVar, old_value: Any, of_binding: Token[_Binding | None]) -> None:
        self.var = var
        self.old_value = old_value
        self.of_binding = of_binding

    def __repr__(self) -> str:
        return repr(self.of_binding)


class LifetimeVar:
    """Takes the place of one of the SDK's context variables, and forgets what a finished test or fixture has set.

    Contexts outlive tests: those of event loops, portals and worker threads keep the scope that an earlier test put
    there. Here such a scope counts only while the code that set it lives. Then the context falls back to what it held
    before, or, if its scope was handed in from elsewhere, to the application's own.

    Attributes:
        get: the value that counts in this context, like ``ContextVar.get``. The SDK asks about thirty times in a
            request or a job, so that this is a function which has at hand what it needs.
    """

    get: Callable[..., Any]

    def __init__(self, original: ContextVar[Any] | LifetimeVar, lifetimes: Lifetimes) -> None:
        self.name = getattr(original, "name", "scope")
        self._original: ContextVar[Any] = _sdks_own(original)
        self._lifetimes = lifetimes
        self._var: ContextVar[_Binding | None] = ContextVar(self.name, default=None)
        self._root: _Binding | None = None
        self._lasting: dict[int, _Binding] = {}
        self.before_access(None)

    def __repr__(self) -> str:
        return repr(self._original)

    def before_access(self, call: Callable[[], None] | None) -> None:
        """Have a function called before each ``get``, or None for none any more."""
        held, living = self._var.get, self._living

        def get(default: Any = None) -> Any:
            binding = held()
            if binding is not None and binding[0].alive:  # as nearly always
                return binding[1]
            binding = living()
            return default if binding is None else binding[1]

        if call is None:
            self.get = get
            return

        def get_after_call(default: Any = None) -> Any:
            call()
            binding = held()
            return binding[1] if binding is not None and binding[0].alive else get(default)

        self.get = get_after_call

    def set(self, value: Any) -> LifetimeToken:
        """Bind a value in this context, like ``ContextVar.set``."""
        held = self._var.get()
        if held is None or not held[0].alive:
            held = self._living()
        beneath, lifetime = held, self._lifetimes.current
        while beneath is not None and beneath[0] is lifetime:
            beneath = beneath[2]
        if beneath is None and lifetime is not self._lifetimes.run and _has_data(value):
            beneath = self._root
        binding = lifetime, value, beneath
        if not lifetime.is_test:
            self._lasting.setdefault(id(value), binding)
        old_value = LifetimeToken.MISSING if held is None else held[1]
        return LifetimeToken(self, old_value, self._var.set(binding))

    def reset(self, token: LifetimeToken | Token[Any]) -> None:
        """Go back to what the context held before, like ``ContextVar.reset``.

        Raises:
            TypeError: what was given is not a token.
            ValueError: the token is another variable's, or was made in another context.
            RuntimeError: the token has been used already.
        """
        if not isinstance(token, LifetimeToken) or token.var is not self:
            return self._reset_foreign(token)
        binding = self._var.get()
        self._var.reset(token.of_binding)
        if binding is not None:
            lifetime, value, _ = binding
            if not lifetime.is_test and self._lasting.get(id(value)) is binding:
                self._lasting.pop(id(value), None)
        return None

    def _reset_foreign(self, token: LifetimeToken | Token[Any]) -> None:
        if isinstance(token, Token):  # of a thread that was in a scope before this variable took the original's place
            self._original.reset(token)
            return
        variable = getattr(token, "var", None)
        if variable is None:
            raise TypeError(f"expected an instance of Token, got {token!r}")
        if _sdks_own(variable) is self._original:  # of a thread from another run
            variable.reset(token)
            return
        raise ValueError(f"{token!r} was created by a different ContextVar")

    def take_root(self, value: Any) -> None:
        """Say what the application's own scope is, outside of any test."""
        self._root = (self._lifetimes.run, value, None)
        self._lasting[id(value)] = self._root
        self._var.set(self._root)

    def lasting(self) -> list[Any]:
        """The scopes that outlive a test."""
        for key, binding in list(self._lasting.items()):
            if not binding[0].alive:
                self._lasting.pop(key, None)
        return [value for _, value, _ in self._lasting.values()]

    def _living(self) -> _Binding | None:
        binding = self._var.get()
        while binding is not None and not binding[0].alive:
            binding = binding[2]
        if binding is not None:
            return binding
        value = self._original.get(None)
        return None if value is None else (self._lifetimes.run, value, None)


@dataclass(eq=False)
class _Layer:
    """What the set-up of one fixture changed in the scopes."""

    before: dict[Any, State]
    changes: list[tuple[Any, StateChange]] = field(default_factory=list)


class Isolation:
    """Keeps the application's scopes as they are, and lends each test a copy of them.

    The scope objects stay the same: application code may hold on to them. It is their content that is put aside when a
    test begins and put back when it ends. What a fixture of a wider scope sets up meanwhile is added to what was put
    aside, and taken out again when that fixture is finished.
    """

    def __init__(self, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._before_access: Callable[[], None] | None = None
        self._modules: Modules | None = None
        self._vars: list[LifetimeVar] = []
        self._put_aside: dict[Any, State] | None = None
        self._pristine: dict[Any, State] = {}
        self._layers: dict[Lifetime, _Layer] = {}
        self._import: tuple[ModuleSpec, Lifetime] | None = None

    def install(self, touchpoints: Touchpoints, *, in_test: bool) -> None:
        """Take the place of the SDK's context variables. ``in_test`` says that a test has already begun."""
        self._vars = []
        with touchpoints.missing_means("Data that a test sets on scopes stays there for the tests after it."):
            self._replace_variables(touchpoints)
            self._modules = touchpoints.modules
        self._pristine = {holder: read(holder).outline() for holder in self._holders()}
        if in_test:
            self._put_aside = {holder: state.outline() for holder, state in self._pristine.items()}

    def _replace_variables(self, touchpoints: Touchpoints) -> None:
        if touchpoints.features.has_hubs:
            main_hub = touchpoints.find("hub:GLOBAL_HUB")
            self._replace(touchpoints, "hub:_local", lambda: main_hub)
            return
        scope = touchpoints.find("scope:Scope")
        touchpoints.find("scope:Scope.get_global_scope")
        touchpoints.find("scope:_current_scope")
        self._replace(touchpoints, "scope:_isolation_scope", scope.get_isolation_scope)
        self._replace(touchpoints, "scope:_current_scope", scope.get_current_scope)

    def before_access(self, call: Callable[[], None] | None) -> None:
        """Have a function called before the SDK reads the current scope, or None for none any more."""
        self._before_access = call
        for variable in self._vars:
            variable.before_access(call if variable is self._vars[-1] else None)

    def begin_test(self) -> None:
        """Put the scopes' content aside and go on with a copy."""
        self._put_aside = {holder: lend(holder) for holder in dict.fromkeys(self._holders())}

    def end_test(self) -> None:
        """Put back what was there before the test, and what imports and fixtures of wider scopes have added since."""
        self._settle_import(finished=True)
        for holder, state in (self._put_aside or {}).items():
            write(holder, state)
        self._put_aside = None

    def begin_import(self, module: ModuleSpec) -> None:
        """A module that a test has imported initializes Sentry: this outlives the test, like the module."""
        if self._import is None and self._put_aside is not None:
            self._import = module, Lifetime()
            self.begin_fixture(self._import[1])
            for variable in self._vars:
                variable.before_access(self._settle_import)

    def _settle_import(self, *, finished: bool = False) -> None:
        if self._import is None:
            return
        if self._before_access is not None:
            self._before_access()
        module, lifetime = self._import
        if finished or not getattr(module, "_initializing", False):
            self._import = None
            self.before_access(self._before_access)
            self.end_fixture(lifetime)

    def begin_fixture(self, lifetime: Lifetime) -> None:
        self._layers[lifetime] = _Layer({holder: read(holder).outline() for holder in self._holders()})

    def end_fixture(self, lifetime: Lifetime) -> None:
        """The fixture is set up: what it changed, and the scopes that it left open, belong to it, not to the test."""
        layer = self._layers[lifetime]
        holders = self._holders()
        for holder in holders:
            before = layer.before.get(holder) or self._pristine.get(holder)
            if before is not None:
                forget_queries(holder, before)
                layer.changes += [(holder, change) for change in changes(before, read(holder))]
        if self._put_aside is not None:
            for holder, change in layer.changes:
                if holder in self._put_aside:
                    change.apply(self._put_aside[holder])
            self._put_aside |= {holder: lend(holder) for holder in holders if holder not in self._put_aside}

    def finish_fixture(self, lifetime: Lifetime) -> None:
        """The fixture is torn down: take back what it changed."""
        layer = self._layers.pop(lifetime, None)
        for holder, change in reversed(layer.changes if layer else []):
            if self._put_aside is not None and holder in self._put_aside:
                change.revert(self._put_aside[holder])
            state = read(holder)
            change.revert(state)
            write(holder, state)
            self._relink(holder, change)

    def _relink(self, holder: Any, undone: StateChange) -> None:
        for layer in self._layers.values():
            for other_holder, other in layer.changes:
                if other_holder is holder and (other.name, other.key) == (undone.name, undone.key):
                    other.before = undone.before if other.before is undone.after else other.before

    def _replace(self, touchpoints: Touchpoints, touchpoint: str, get_root: Callable[[], Any]) -> None:
        def make(original: ContextVar[Any] | LifetimeVar) -> LifetimeVar:
            variable = LifetimeVar(original, self._lifetimes)
            variable.take_root(get_root())
            self._vars.append(variable)
            return variable

        # A thread may have entered a scope and leave it at the interpreter's exit: the original would refuse its token.
        touchpoints.replace_for_good(touchpoint, make)

    def _holders(self) -> list[Any]:
        if self._modules is None:
            return []
        holders = [value for variable in self._vars for value in variable.lasting()]
        if self._modules.features.has_hubs:
            return [*holders, *(scope for hub in holders for _, scope in hub._stack)]
        return [self._modules.scope.Scope.get_global_scope(), *holders]


def _sdks_own(variable: ContextVar[Any] | LifetimeVar) -> ContextVar[Any]:
    """The SDK's variable, whose place was taken by a run in this process that is over.

    This module may have been imported again since, so that the class of what that run left is another one.
    """
    original: ContextVar[Any] | None = getattr(variable, "_original", None)
    return cast("ContextVar[Any]", variable) if original is None else original


def _has_data(scope: Any) -> bool:
    return any(getattr(scope, name, None) for name in _DATA)
