"""What the tests of sdists without a ``conftest.py`` (sentry-sdk 1.45 and 2.20) ask for: fixtures and other support.

``make fidelity`` puts this file beside them. It is our own: its fixtures do what those tests use them for, no more, and
with the SDK's public means where there are any, so that a run without the plugin has nothing of the plugin.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from unittest import mock

import pytest
import sentry_sdk
from sentry_sdk import scope as scope_module
from sentry_sdk import utils
from sentry_sdk.integrations import _installed_integrations
from sentry_sdk.transport import Transport

try:
    from sentry_sdk.integrations import _processed_integrations
except ImportError:  # before 2.0
    _processed_integrations = set()

IS_1 = sentry_sdk.VERSION.startswith("1.")

OLD_SDK: Any = sentry_sdk
"""The SDK, with names that the version that is developed on has no longer."""


class TransportToNowhere(Transport):
    """The transport of clients that are made without one."""

    def capture_event(self, event: object) -> None:
        """Forget the event."""

    def capture_envelope(self, envelope: object) -> None:
        """Forget the envelope."""


class ApproxDict(dict[str, Any]):
    """A dictionary that equals any other with the same values at its keys."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and _contains(other, self)

    def __ne__(self, other: object) -> bool:
        return not self == other


class _Containing:
    """What equals each value for which a condition holds."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, holds: Callable[[Any], bool]) -> None:
        self._holds = holds

    def __eq__(self, other: object) -> bool:
        return self._holds(other)


def _contains(whole: Mapping[Any, Any], part: Mapping[Any, Any]) -> bool:
    return all(key in whole and whole[key] == value for key, value in part.items())


@contextmanager
def patch_start_tracing_child() -> Iterator[mock.MagicMock]:
    """Let there be a current span, and give the mock that stands for its ``start_child``."""
    span = mock.MagicMock()
    module = importlib.import_module("sentry_sdk.tracing_utils_py3" if IS_1 else "sentry_sdk.tracing_utils")
    with mock.patch.object(module, "get_current_span", return_value=span):
        yield span.start_child


def _client() -> Any:
    return OLD_SDK.Hub.current.client if IS_1 else sentry_sdk.get_client()


@pytest.fixture(autouse=True)
def _fresh_scopes() -> None:
    if not IS_1:
        scope_module._global_scope = None
    for name in ("_isolation_scope", "_current_scope"):
        with suppress(AttributeError):  # there are none before 2.0
            getattr(scope_module, name).set(None)


@pytest.fixture(autouse=True)
def internal_exceptions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The exceptions that the SDK caught in itself. A test fails for them unless it is marked as being about them."""
    caught: list[Any] = []
    expected = request.node.get_closest_marker("tests_internal_exceptions") is not None
    if not expected and IS_1:
        monkeypatch.setattr(OLD_SDK.Hub, "_capture_internal_exception", lambda _, exc_info: caught.append(exc_info))
    elif not expected:
        monkeypatch.setattr(utils, "capture_internal_exception", caught.append)
    yield caught
    for _, exception, traceback in caught:
        raise exception.with_traceback(traceback)


@pytest.fixture
def sentry_init() -> Iterator[Callable[..., None]]:
    """Makes a client current until the end of the test, as ``sentry_sdk.init`` does, with a transport to nowhere."""
    if IS_1:
        with OLD_SDK.Hub(None):
            yield lambda *arguments, **options: OLD_SDK.Hub.current.bind_client(_new_client(arguments, options))
        return
    before = sentry_sdk.get_global_scope().client
    sentry_sdk.get_current_scope().set_client(None)
    yield lambda *arguments, **options: sentry_sdk.get_global_scope().set_client(_new_client(arguments, options))
    sentry_sdk.get_global_scope().set_client(before)


def _new_client(arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return sentry_sdk.Client(*arguments, **{"transport": TransportToNowhere(), **options})


@pytest.fixture
def capture_envelopes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Begins a list of the envelopes that the current client hands to its transport."""

    def begin() -> list[Any]:
        envelopes: list[Any] = []
        _also_call(monkeypatch, "capture_envelope", envelopes.append)
        if IS_1:  # which hands over plain events too
            _also_call(monkeypatch, "capture_event", lambda event: envelopes.append(_in_envelope(event)))
        return envelopes

    return begin


@pytest.fixture
def capture_events(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Begins a list of the events and transactions that the current client hands to its transport."""

    def begin() -> list[Any]:
        events: list[Any] = []

        def add(envelope: Any) -> None:
            events.extend(
                item.payload.json for item in envelope if item.headers.get("type") in {"event", "transaction"}
            )

        _also_call(monkeypatch, "capture_envelope", add)
        if IS_1:
            _also_call(monkeypatch, "capture_event", events.append)
        return events

    return begin


def _also_call(monkeypatch: pytest.MonkeyPatch, name: str, function: Callable[[Any], object]) -> None:
    transport = _client().transport
    original = getattr(transport, name)

    def both(argument: Any) -> Any:
        function(argument)
        return original(argument)

    monkeypatch.setattr(transport, name, both)


def _in_envelope(event: Any) -> Any:
    envelope = sentry_sdk.envelope.Envelope()
    envelope.add_event(event)
    return envelope


@pytest.fixture
def capture_record_lost_event_calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Begins a list of what the current client says it has lost: reason, category, item and quantity."""

    def begin() -> list[Any]:
        calls: list[Any] = []

        def record(reason: str, data_category: Any = None, item: Any = None, *, quantity: int = 1) -> None:
            calls.append((reason, data_category, item, quantity))

        monkeypatch.setattr(_client().transport, "record_lost_event", record)
        return calls

    return begin


@pytest.fixture
def capture_client_reports(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Begins a list of what the current client says it has lost: reason and category."""

    def begin() -> list[Any]:
        reports: list[Any] = []

        def record(reason: str, data_category: Any = None, item: Any = None) -> None:
            reports.append((reason, data_category or item.data_category))

        monkeypatch.setattr(_client().transport, "record_lost_event", record)
        return reports

    return begin


@pytest.fixture
def reset_integrations() -> None:
    """Lets the next client set all integrations up once more."""
    _processed_integrations.clear()
    _installed_integrations.clear()


@pytest.fixture
def uninstall_integration() -> Callable[[str], None]:
    """Lets the next client set one integration up once more."""

    def uninstall(identifier: str) -> None:
        _processed_integrations.discard(identifier)
        _installed_integrations.discard(identifier)

    return uninstall


@pytest.fixture
def maybe_monkeypatched_threading() -> None:
    """Threads as they are: neither gevent's nor eventlet's."""


@pytest.fixture
def teardown_profiling() -> Iterator[None]:
    """Ends the profiler before and after the test."""
    teardown = importlib.import_module("sentry_sdk.profiler").teardown_profiler
    teardown()
    yield
    teardown()


@pytest.fixture
def suppress_deprecation_warnings() -> Iterator[None]:
    """Lets the test use what is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.fixture
def validate_event_schema() -> Callable[[object], None]:
    """Accepts every event: the schema is not in the sdist."""
    return lambda _: None


@pytest.fixture
def benchmark() -> Callable[[Callable[[], object]], object]:
    """Calls a function once, without measuring."""
    return lambda function: function()


@pytest.fixture(name="StringContaining")
def string_containing() -> Callable[[str], object]:
    """Equals strings that contain another."""
    return lambda part: _Containing(lambda value: isinstance(value, str) and part in value)


@pytest.fixture(name="DictionaryContaining")
def dictionary_containing() -> Callable[[Mapping[Any, Any]], object]:
    """Equals dictionaries that contain another."""
    return lambda part: _Containing(lambda value: isinstance(value, dict) and _contains(value, part))


@pytest.fixture(name="ObjectDescribedBy")
def object_described_by() -> Callable[..., object]:
    """Equals objects of a type and with attributes."""

    def described(type: type = object, attrs: Mapping[str, Any] | None = None) -> object:  # noqa: A002
        missing = object()
        wanted = attrs or {}
        return _Containing(
            lambda value: (
                isinstance(value, type)
                and all(getattr(value, name, missing) == expected for name, expected in wanted.items())
            )
        )

    return described
