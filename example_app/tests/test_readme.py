"""The guide: its commands do what it says, and its tables are true."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from example_app.monitoring import EXPECTED_STATUS_CODES
from example_app.settings import Settings
from pytest_sentry_capture import SentryServer

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "example_app" / "README.md").read_text(encoding="utf-8")

BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```(?:\n```(?P<format>json|text)\n(?P<answer>.*?)```)?", re.DOTALL)
END_OF_BLOCK = "--- end of block ---"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the guide needs of a checkout, in a folder where it may write."""
    shutil.copytree(CHECKOUT / "example_app", tmp_path / "example_app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.mark.sentry_allow("contract", reason="the same as in other tests, seen from outside")
@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="the guide's commands need bash and curl"
)
def test_the_commands_do_what_the_guide_says(checkout: Path, sentry_server: SentryServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    guide = GUIDE.replace("https://public@sentry.example.com/1", sentry_server.dsn).replace("8000", port)
    blocks = list(BLOCK.finditer(guide))

    run = subprocess.run(
        ["bash"],
        input="".join(f"{{\n{block['commands']}}}\necho '{END_OF_BLOCK}'\n" for block in blocks) + "wait\n",
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    answers = run.stdout.split(END_OF_BLOCK)
    for answer, block in zip(answers, blocks, strict=False):
        if block["format"] == "json":
            assert "".join(answer.split()) == "".join(block["answer"].split())
        elif block["format"] == "text":
            assert block["answer"].strip() in f"{answer}{run.stderr}"
        elif "pytest" in block["commands"]:
            assert re.search(r"^\d+ passed(, \d+ skipped)? in", answer, re.MULTILINE), answer
    assert len(answers) == len(blocks) + 1
    sentry_server.assert_captured(exception="ZeroDivisionError", tags={"request_id": "first-try"})
    sentry_server.assert_captured("segment", name="/debug/crash")


def test_the_settings_are_those_of_the_guide() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `?(.*?)`? \|", GUIDE, re.MULTILINE)

    assert rows == [
        (
            name.upper(),
            "none"
            if setting.default is None
            else str(setting.default).replace("True", "true").replace("False", "false"),
        )
        for name, setting in Settings.model_fields.items()
    ]


def test_the_filtered_status_codes_are_those_of_the_guide() -> None:
    (named,) = re.findall(r"a client error \(([\d, ]+)\)", GUIDE)

    assert {int(code) for code in named.split(", ")} == EXPECTED_STATUS_CODES
