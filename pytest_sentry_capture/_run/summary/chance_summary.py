"""What the terminal summary says of what was sampled by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_sentry_capture._recording import Chance
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.totals import Drawn


def about_chance(
    chance: Chance, drawn: Drawn, met: Sequence[str], configurations: Sequence[Configuration]
) -> Iterator[str]:
    """Name what was sampled by chance, what is different for it from run to run, and how it is settled.

    Args:
        chance: what decided.
        drawn: how often, and where.
        met: the rules and files that meet what was sampled.
        configurations: those of the tests.
    """
    what = f"{drawn.number} {chance.kind}{'' if drawn.number == 1 else 's'}"
    tests = [*drawn.tests]
    where = f"in {len(tests)} tests, first: {tests[0]}" if len(tests) > 1 else f"in {tests[0]}"
    source = chance.option or "a sample rate"
    if chance.rate is not None:
        source = f"{source}={chance.rate:g}" if chance.option else f"{source} of {chance.rate:g}"
    yield f"{source} sampled {what} at random {where}. The captured items differ from run to run, for {', '.join(met)}."
    yield f"  {_settled(chance, configurations)}"


def _settled(chance: Chance, configurations: Sequence[Configuration]) -> str:
    if not chance.option:
        return "To avoid this, set the rate to 1.0 in the process that sends them."
    if not chance.is_of_test:
        places = [each.place_of_keys for each in configurations if each.folder is not None]
        if not places:
            given = f"{chance.option}=1.0" if chance.rate is not None else f"a {chance.option} that answers 0 or 1"
            return f"To avoid this, give the tests {given} by the marker sentry_options."
        return f'To avoid this: sampling = "all" {" and ".join(places)}.'
    if chance.rate is None:
        return f"To avoid this, let the {chance.option} that the test gives answer 0 or 1."
    return f"The test gives this rate itself. To avoid this, give {chance.option}=1.0 there."
