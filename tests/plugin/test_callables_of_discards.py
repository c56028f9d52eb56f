"""``by=`` means the callable that discarded something, not another one that is called the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

import any_sdk
from pytest_sentry_capture import SentryCapture, SentryInit, SentryServer

DSN = "https://key@sentry.invalid/1"
BeforeSend = Callable[[Any, Any], Any]


def drop(event: Any, hint: Any) -> Any:
    return None


def made() -> BeforeSend:
    def drop(event: Any, hint: Any) -> Any:
        return None

    return drop


def decorated(function: BeforeSend) -> BeforeSend:
    @functools.wraps(function)
    def wrapper(event: Any, hint: Any) -> Any:
        return function(event, hint)

    return wrapper


def with_name(name: str) -> Callable[[BeforeSend], BeforeSend]:
    def decorate(function: BeforeSend) -> BeforeSend:
        @functools.wraps(function)
        def wrapper(event: Any, hint: Any) -> Any:
            return function(event, hint) if event.get("logger") == name else None

        return wrapper

    return decorate


def crash(event: Any, hint: Any) -> Any:
    raise LookupError


class Filter:
    """Filters that are equal to each other."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody asks")

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, event: Any, hint: Any) -> Any:
        return None

    def before_send(self, event: Any, hint: Any) -> Any:
        return None

    @classmethod
    def of_class(cls, event: Any, hint: Any) -> Any:
        return None

    @staticmethod
    def static(event: Any, hint: Any) -> Any:
        return None


FIRST, SECOND = (lambda event, hint: None), (lambda event, hint: None)
CLOSURE, WRAPPER, PARTIAL = made(), decorated(drop), functools.partial(drop)
FILTER, OTHER_FILTER = Filter(), Filter()
CACHED = functools.lru_cache(maxsize=None)(lambda event, hint: None)

THE_SAME = [
    (drop, drop),
    (FIRST, FIRST),
    (CLOSURE, CLOSURE),
    (WRAPPER, WRAPPER),
    (WRAPPER, drop),
    (PARTIAL, PARTIAL),
    (PARTIAL, drop),
    (functools.partial(WRAPPER), drop),
    (FILTER, FILTER),
    (FILTER, FILTER.__call__),
    (FILTER.before_send, FILTER.before_send),
    (FILTER.before_send, Filter.before_send),
    (Filter.of_class, Filter.of_class),
    (FILTER.static, Filter.static),
]
OTHERS = [
    (FIRST, SECOND),
    (CLOSURE, made()),
    (drop, WRAPPER),
    (WRAPPER, decorated(drop)),
    (with_name("a")(drop), with_name("b")(drop)),
    (drop, PARTIAL),
    (PARTIAL, functools.partial(drop)),
    (FILTER, OTHER_FILTER),
    (FILTER, Filter),
    (FILTER.before_send, OTHER_FILTER.before_send),
    (CLOSURE, drop),
]


def discarded_by(sentry_init: SentryInit, before_send: BeforeSend) -> None:
    sentry_init(dsn=DSN, before_send=before_send)
    sentry_sdk.capture_message("hello")


@pytest.mark.parametrize(("registered", "given"), THE_SAME)
def test_a_callable_is_itself_and_what_it_wraps(
    sentry_capture: SentryCapture, sentry_init: SentryInit, registered: BeforeSend, given: BeforeSend
) -> None:
    discarded_by(sentry_init, registered)

    assert len(sentry_capture.assert_discarded(by=given)) == 1


@pytest.mark.parametrize(("registered", "given"), OTHERS)
def test_another_callable_is_another(
    sentry_capture: SentryCapture, sentry_init: SentryInit, registered: BeforeSend, given: BeforeSend
) -> None:
    discarded_by(sentry_init, registered)

    with pytest.raises(AssertionError, match="to be discarded; found no such discard"):
        sentry_capture.assert_discarded(by=given)


def test_a_namesake_is_explained(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    discarded_by(sentry_init, CLOSURE)

    with pytest.raises(AssertionError) as raised:
        sentry_capture.assert_discarded(by=made())

    hint = " ".join(str(raised.value).partition("Hint: ")[2].split())
    assert hint.startswith("Another callable is called ")
    assert hint.endswith(
        " is not the one that you passed. A function that is created twice is two objects. Pass the object that the"
        " client uses."
    )


def test_a_name_is_a_name(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    discarded_by(sentry_init, CLOSURE)

    assert len(sentry_capture.assert_discarded(by="made.<locals>.drop")) == 1


MODULE = """\
import functools

def decorated(function):
    @functools.wraps(function)
    def wrapper(event, hint):
        return function(event, hint)
    return wrapper

def drop(event, hint, default=None):
    return default

wrapped = decorated(drop)

class Filter:
    @classmethod
    def of_class(cls, event, hint):
        return None
"""


@pytest.mark.parametrize("path", ["drop", "wrapped", "Filter.of_class"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("return None", "return event if hint else None")])
@pytest.mark.parametrize("default", ["None", "{}"])
def test_a_callable_of_a_module_that_was_reloaded(
    pytester: pytest.Pytester, path: str, before: str, after: str, default: str
) -> None:
    """It is the same where its code is, and so are the defaults that can be compared."""
    module = MODULE if path == "Filter.of_class" else MODULE.replace("return default", "return None")
    changed = module.replace(before, after) if before else module.replace("=None", f"={default}")
    is_the_same = changed == module or (path == "Filter.of_class" and not before)
    pytester.makepyfile(shop=module)
    pytester.makepyfile(
        f"""
        import importlib, pathlib, sys
        import sentry_sdk
        import shop

        def test(sentry_init, sentry_capture):
            sys.dont_write_bytecode = True
            sentry_init(dsn="{DSN}", before_send=shop.{path})
            sentry_sdk.capture_message("hello")
            pathlib.Path(shop.__file__).write_text({changed!r})
            importlib.reload(shop)
            sentry_capture.assert_discarded(by=shop.{path})
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=int(is_the_same), failed=int(not is_the_same))


def test_of_a_processor_that_raised_only_the_place_is_known(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    def process(event: Any, hint: Any) -> Any:
        raise LookupError

    def other(event: Any, hint: Any) -> Any:
        raise LookupError

    sentry_init(dsn=DSN, before_send=process)
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_discarded(reason="callback_error", by=process)
    with pytest.raises(AssertionError):
        sentry_capture.assert_discarded(reason="callback_error", by=other)
    sentry_capture._recording.accounted_for += sentry_capture.discarded


@pytest.mark.sentry_allow("no-callback-errors", reason="the crash is what is tested")
@pytest.mark.parametrize("registered", [crash, decorated(crash), functools.partial(crash), decorated(decorated(crash))])
def test_a_processor_that_raised_is_found_by_itself(
    sentry_capture: SentryCapture, sentry_init: SentryInit, registered: BeforeSend
) -> None:
    sentry_init(dsn=DSN)
    with any_sdk.new_scope() as scope:
        scope.add_event_processor(registered)
        sentry_sdk.capture_message("hello")

    for discard in sentry_capture.discarded:  # before sentry-sdk 3, such an event is sent
        assert sentry_capture.assert_discarded(reason="callback_error", by=registered) == [discard]
    assert len(sentry_capture.callback_errors) == 1


@pytest.mark.parametrize("by", [drop, "drop"])
def test_of_another_process_no_callable_is_known(sentry_server: SentryServer, by: Any) -> None:
    with pytest.raises(TypeError, match="by: the callables of another process are not known"):
        sentry_server.assert_discarded(by=by)
