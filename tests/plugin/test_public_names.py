"""What users import: all of it from one module, which every public object calls its own."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from typing import Any, get_type_hints

import pytest

import pytest_sentry_capture
from checkout import CHECKOUT
from pytest_sentry_capture import CapturedEvent, SentryAssertions, SentryServer

NAMES = sorted({*pytest_sentry_capture.__all__} - {"__version__"})
WITHOUT_EXTRAS = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("httptools", "brotli", "backports", "sentry_relay"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from pytest_sentry_capture import *
import pytest_sentry_capture
assert {*pytest_sentry_capture.__all__} <= {*dir()} & {*dir(pytest_sentry_capture)}
print(SentryServer.__module__)
"""


def public(name: str) -> Any:
    return getattr(pytest_sentry_capture, name)


def test_the_public_names_are_those_documented() -> None:
    reference = (CHECKOUT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^::: pytest_sentry_capture\.(\w+)$", reference, re.MULTILINE)) == NAMES


def test_all_names_can_be_imported_without_the_extras() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS], capture_output=True, text=True, timeout=60, check=False
    )

    assert (run.stdout, run.stderr) == ("pytest_sentry_capture\n", "")


CLASSES = [name for name in NAMES if inspect.isclass(public(name))]


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_names_the_module_that_it_is_imported_from(name: str) -> None:
    assert public(name).__module__ == "pytest_sentry_capture"
    assert pickle.loads(pickle.dumps(public(name))) is public(name)


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "SentryCaptureMixin"])
def test_annotations_of_public_classes_can_be_resolved(name: str) -> None:
    """Libraries that make forms or checks of classes ask for them in the module that a class names."""
    assert {"return"}.isdisjoint(get_type_hints(public(name)))


@pytest.mark.parametrize("name", CLASSES)
def test_what_a_public_class_offers_is_documented(name: str) -> None:
    """Methods that are there for the plugin alone have no public names: the reference leaves out nothing else."""
    own = {
        each: value
        for base in public(name).__mro__
        if base.__module__.startswith("pytest_sentry_capture")
        for each, value in vars(base).items()
        if not each.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))
    }

    assert [each for each, value in own.items() if not inspect.getdoc(value)] == []


def test_what_the_server_has_in_common_with_the_capture() -> None:
    assert issubclass(SentryServer, SentryAssertions)
    assert [
        name for name in ("client", "options", "override", "flush", "exchanges") if hasattr(SentryServer, name)
    ] == []


def test_subclasses_keep_their_own_module() -> None:
    class Mine(CapturedEvent):
        pass

    assert Mine.__module__ == __name__
