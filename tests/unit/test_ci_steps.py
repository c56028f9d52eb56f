"""The steps of ``.ci/run``: each is named, and their durations are summarized, also where one fails."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

STEPS = Path(__file__).parents[2] / ".ci" / "steps.sh"


def run(script: str) -> tuple[int, str]:
    ran = subprocess.run(
        ["sh", "-euc", f". {STEPS}\n{script}"], check=False, text=True, capture_output=True, timeout=60
    )
    assert not ran.stderr
    return ran.returncode, re.sub(r"( *)\d+ s", r"\1N s", ran.stdout)


def test_steps_are_named_and_their_durations_summarized() -> None:
    status, output = run('step "First" echo one\nstep "The second" echo two words')

    assert status == 0
    assert output.splitlines() == [
        "",
        "==> First",
        "one",
        "==> First: passed after N s",
        "",
        "==> The second",
        "two words",
        "==> The second: passed after N s",
        "",
        "    N s  passed  First",
        "    N s  passed  The second",
    ]


def test_a_step_that_fails_is_named_and_ends_the_run() -> None:
    status, output = run(
        """
        fail_halfway() {
            false
            echo this is not reached
        }
        step "First" true
        step "Second" fail_halfway
        step "Third" true
        """
    )

    assert status == 1
    assert output.splitlines()[-4:] == [
        "==> Second: FAILED after N s",
        "",
        "    N s  passed  First",
        "    N s  FAILED  Second",
    ]
    assert "not reached" not in output
    assert "Third" not in output


def test_the_status_of_a_failed_step_is_that_of_the_run() -> None:
    status, _ = run('step "First" sh -c "exit 7"')

    assert status == 7
