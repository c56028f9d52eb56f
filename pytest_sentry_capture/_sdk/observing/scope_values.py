"""What the scopes of the calling context hold, in the terms of ``scope_origin``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pytest_sentry_capture._recording import ScopeValues, Source
from pytest_sentry_capture._sdk.patching.touchpoints import Modules

_SCOPES: Final[tuple[Source, Source, Source]] = ("current", "isolation", "global")


def held_scopes(modules: Modules) -> Iterator[Any]:
    """Yield the calling context's scopes from the strongest to the weakest, or None in their places. Not for hubs.

    Each is looked up when it is reached: a look-up of the client, which is frequent, rarely needs all of them.
    """
    scope_module = modules.scope
    yield _held_by(getattr(scope_module, "_current_scope", None))
    yield _held_by(getattr(scope_module, "_isolation_scope", None))
    yield getattr(scope_module, "_global_scope", None)


def scopes_of(modules: Modules) -> list[tuple[Source, Any]]:
    """The calling context's scopes that exist, from the strongest to the weakest."""
    if modules.features.has_hubs:
        return [("scope", modules.hub.Hub.current.scope)]
    return [each for each in zip(_SCOPES, held_scopes(modules), strict=True) if each[1] is not None]


def _held_by(variable: Any) -> Any:
    return variable.get() if variable is not None else None


def values_of(scope: Any) -> ScopeValues:
    """What a scope holds now, in the order of ``SCOPE_SECTIONS``."""
    if scope is None:
        return ({}, None, {}, {}, None, None, None)
    return (
        scope._tags and {**scope._tags},
        scope._user,
        scope._contexts and {**scope._contexts},
        scope._extras and {**scope._extras},
        scope._level,
        scope._transaction,
        scope._fingerprint,
    )
