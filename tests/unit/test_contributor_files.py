"""Workflows, hooks and templates are valid, and name only commands, files and versions that exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkout import CHECKOUT
from pytest_sentry_capture.version import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
FORMS = [path for path in sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) if path.stem != "config"]
HOOKS = CHECKOUT / ".pre-commit-config.yaml"
MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
PROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]


def loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # "on" is a key here
    return content


def commands_of(path: Path) -> list[str]:
    if path == HOOKS:
        return [hook["entry"] for repository in loaded(path)["repos"] for hook in repository["hooks"]]
    steps = [step for job in loaded(path)["jobs"].values() for step in job["steps"]]
    return [step["run"] for step in steps if "run" in step]


def pythons_of(job: dict[str, Any]) -> list[str]:
    """The versions of Python that a job installs, in the order in which it names them."""
    asked = [step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", "")]
    if asked == ["${{ matrix.python }}"]:
        return [str(version) for version in job["strategy"]["matrix"]["python"]]
    return [version for lines in asked for version in str(lines).split()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_has_what_github_requires(path: Path) -> None:
    workflow = loaded(path)

    assert workflow["name"]
    assert workflow["on"]
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert job["timeout-minutes"].isdigit()
        assert set(job.get("needs", "").split()) <= set(workflow["jobs"])
        for step in job["steps"]:
            assert len({"run", "uses"} & set(step)) == 1
            assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./-]+", step.get("uses", "owner/action@v1"))


@pytest.mark.parametrize("path", [*WORKFLOWS, HOOKS], ids=lambda path: path.name)
def test_each_command_exists(path: Path) -> None:
    commands = commands_of(path)

    assert commands
    for command in commands:
        assert set(re.findall(r"\bmake ([\w-]+)", command)) <= TARGETS
        for module in re.findall(r"-m (scripts\.\w+)", command):
            assert (CHECKOUT / f"{module.replace('.', '/')}.py").is_file()


def test_checks_run_tests_linters_and_documentation() -> None:
    assert commands_of(GITHUB / "workflows" / "checks.yml") == ["make test-all", "make check", "make docs"]


def test_release_publishes_what_was_built_and_tried() -> None:
    workflow = loaded(GITHUB / "workflows" / "release.yml")
    build, install, publish = (workflow["jobs"][name] for name in ("build", "install", "publish"))

    assert workflow["on"]["push"]["tags"] == ["v*"]
    assert "make dist" in [step.get("run") for step in build["steps"]]
    assert (install["needs"], publish["needs"]) == ("build", "install")
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert publish["permissions"] == {"id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


@pytest.mark.parametrize(("workflow", "job"), [("checks", "test"), ("matrix", "matrix"), ("release", "install")])
def test_workflow_runs_on_every_supported_python(workflow: str, job: str) -> None:
    assert pythons_of(loaded(GITHUB / "workflows" / f"{workflow}.yml")["jobs"][job]) == PYTHONS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_uses_only_supported_pythons(path: Path) -> None:
    for job in loaded(path)["jobs"].values():
        assert set(pythons_of(job)) <= set(PYTHONS)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_issue_form_has_what_github_requires(path: Path) -> None:
    form = loaded(path)
    fields = [field for field in form["body"] if field["type"] != "markdown"]

    assert form["name"]
    assert form["description"]
    assert {field["type"] for field in form["body"]} <= {"checkboxes", "dropdown", "input", "markdown", "textarea"}
    assert all(field["attributes"]["label"] for field in fields)
    ids = [field["id"] for field in fields]
    assert len(ids) == len(set(ids))


def test_hooks_need_no_network() -> None:
    hooks = [hook for repository in loaded(HOOKS)["repos"] for hook in repository["hooks"]]

    assert {repository["repo"] for repository in loaded(HOOKS)["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks)


def test_pull_requests_name_only_targets_that_exist() -> None:
    text = (GITHUB / "pull_request_template.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`make ([\w-]+)`", text)) <= TARGETS


def test_changelog_has_the_version() -> None:
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[([\w.]+)\](?: - \d{4}-\d\d-\d\d)?$", changelog, re.MULTILINE)

    assert versions[:2] == ["Unreleased", __version__]
    assert set(re.findall(r"^### (.+)$", changelog, re.MULTILINE)) <= {"Added", "Changed", "Fixed", "Removed"}


def test_help_lists_every_target() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    described = set(re.findall(r"^([a-z][a-z0-9-]*):.*## \S", MAKEFILE, re.MULTILINE))

    assert described == set(phony.split())
