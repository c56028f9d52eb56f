"""What several runs together have left out: the union of their tests says it, or the number of shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_sentry_capture._run.combining.shard_files import Shard, Shards
from pytest_sentry_capture._run.omissions import Omissions
from pytest_sentry_capture._run.shards.shard_run import ShardRun
from pytest_sentry_capture._text import counted


class Completeness:
    """What the shards together have left out.

    Args:
        shards: those that are combined.
        expected: how many there are, or None if nobody says.

    Attributes:
        missing: which shards are missing, damaged, or of other commits, in words for users.
        attempted: the tests that some shard has tried.
    """

    def __init__(self, shards: Shards, expected: int | None) -> None:
        self._shards = shards.found
        self._runs = [shard.run for shard in shards.found]
        self._firsts, repeating = _without_repetitions(shards.found)
        self.attempted = {key for run in self._runs for key, _ in run.attempts}
        self._selected = {key for run in self._runs for key in run.selected}
        self._expected = expected
        self.missing = [
            *shards.left_out,
            *_missing_groups(shards),
            *self._differing_from_expected(len(shards.left_out), repeating),
        ]

    @property
    def _are_all_there(self) -> bool:
        """Whether it is known how many shards there are, and none is missing."""
        is_known = self._expected is not None or any(run.split is not None for run in self._runs)
        return is_known and not self.missing

    def omissions(self, folder: str, *, failed_tests: int) -> Omissions:
        """What was left out of the tests of a configuration.

        Args:
            folder: that of the configuration.
            failed_tests: how many of its tests failed in their last attempt.
        """
        by_run = [(run, each.omissions) for run in self._runs for each in run.configurations if each.folder == folder]
        firsts = [each for run, each in by_run if run in self._firsts]
        unfinished = [(run, each) for run, each in by_run if self._is_unfinished(run)]
        return Omissions(
            only_some=any(each.only_some for each in firsts) and not self._is_split_by_paths,
            has_ended=all(each.has_ended for _, each in unfinished),
            options=[*dict.fromkeys(option for each in firsts for option in each.options)],
            ignored=sorted({path for each in firsts for path in each.ignored if not self._was_collected(path)}),
            deselected=self._deselected(folder),
            not_collected=sorted(
                {nodeid for _, each in by_run for nodeid in each.not_collected if not self._was_collected(nodeid)}
            ),
            lost_workers=[*dict.fromkeys(name for _, each in unfinished for name in each.lost_workers)],
            failed_tests=failed_tests,
            others=self.missing,
        )

    def not_of_the_whole_run(self, omissions: Omissions) -> list[str]:
        """What was left out, except for the run's own choice: one that is not split may deselect tests."""
        more: list[str] = []
        if omissions.deselected and not self._are_all_there:
            more.append(f"{counted(omissions.deselected, 'test')} ran in no shard")
        if omissions.only_some and not self._ask_for_the_same and self._expected is None:
            more.append("only some of the tests were selected; if these shards are all, add --expect N")
        elif omissions.only_some and not self._are_all_there and not self.missing:
            more.append("only some of the tests were selected")
        return [*more, *replace(omissions, deselected=0, only_some=False).reasons]

    @property
    def _is_split_by_paths(self) -> bool:
        """Whether the shards were asked for different tests, and are said to be all."""
        return self._expected is not None and not self.missing and not self._ask_for_the_same

    @property
    def _ask_for_the_same(self) -> bool:
        return len({tuple(sorted(run.asked)) for run in self._firsts}) == 1

    def _differing_from_expected(self, left_out: int, repeating: Sequence[Shard]) -> Iterator[str]:
        if self._expected is None:
            return
        found = len(self._firsts) + left_out
        if found < self._expected:
            missing = self._expected - found
            yield f"{missing} of {self._expected} shards {'is' if missing == 1 else 'are'} missing"
            yield from (f"{each.file} does not count: other shards have all of its tests" for each in repeating)
        elif found > self._expected:
            yield f"there are {counted(found, 'shard')}, and --expect says {self._expected}"

    def _is_unfinished(self, run: ShardRun) -> bool:
        """Whether a run did not come to its end, or lost a worker, and nobody has tried what it left over."""
        left_over = run.selected - self.attempted
        stopped_early = not run.selected and not run.had_no_tests
        return bool(left_over) or (stopped_early and not _was_repeated_after_a_crash(run, self._shards))

    def _was_collected(self, path: str) -> bool:
        """Whether tests of a file, or below a folder, were to run in some shard."""
        return any(key.name == path or key.name.startswith((f"{path}::", f"{path}/")) for key in self._selected)

    def _deselected(self, folder: str) -> int:
        numbers = {
            (name, tests.parameters): tests.number
            for run in self._runs
            for name, tests in run.collected.items()
            if tests.folder == folder
        }
        return sum(numbers.values()) - sum((key.name, key.parameters) in numbers for key in self._selected)


def _without_repetitions(shards: Sequence[Shard]) -> tuple[list[ShardRun], list[Shard]]:
    """Divide the runs into shards and repetitions, whose tests are all in other runs too.

    Of runs with the same tests the first counts.
    """
    firsts = [shard for shard in shards if not _was_repeated_after_a_crash(shard.run, shards)]
    repeating: list[Shard] = []
    times_selected = Counter(key for shard in firsts for key in shard.run.selected)
    for shard in reversed(firsts):
        selected = shard.run.selected
        if selected and all(times_selected[key] > 1 for key in selected):
            times_selected.subtract(selected)
            repeating.insert(0, shard)
    ids = {shard.run.id for shard in repeating}
    return [shard.run for shard in firsts if shard.run.id not in ids], repeating


def _was_repeated_after_a_crash(run: ShardRun, shards: Iterable[Shard]) -> bool:
    """Whether a run ended before it had tests, and a later one of the same tests had some."""
    if run.selected or run.had_no_tests:
        return False
    return any(
        other.run.selected
        and (other.run.asked, other.run.split) == (run.asked, run.split)
        and (other.run.started, other.run.id) > (run.started, run.id)
        for other in shards
    )


def _missing_groups(shards: Shards) -> Iterator[str]:
    """The groups of which there is no report, where a plugin has split the tests into groups."""
    groups: dict[int, dict[int, Shard]] = {}
    for shard in shards.found:
        if shard.run.split is not None:
            number, of = shard.run.split
            groups.setdefault(of, {})[number] = shard
    if len(groups) > 1:
        first, second, *_ = ((of, next(iter(found.values())).file) for of, found in sorted(groups.items()))
        yield f"{first[1]} is one of {first[0]} groups, and {second[1]} one of {second[0]}"
        return
    for of, found in groups.items():
        there = {*found, *(number for number, total in shards.groups_left_out if total == of)}
        missing = [str(number) for number in range(1, of + 1) if number not in there]
        if missing:
            named = ", ".join(missing)
            yield f"groups {named} of {of} are missing" if len(missing) > 1 else f"group {named} of {of} is missing"
