"""How long things live: what an application sets up belongs to the run, to a fixture of a wider scope, or to a test."""

from __future__ import annotations


class Lifetime:
    """The run, one fixture of a scope wider than function, or one attempt at a test with its function fixtures.

    Attributes:
        alive: whether it is not over. What belongs to one that is over may still be held by contexts and threads.
    """

    def __init__(self, *, is_test: bool = False) -> None:
        self.is_test = is_test
        self.alive = True


class Lifetimes:
    """Whose set-up code is running now: what is made meanwhile belongs to ``current``, whichever thread makes it.

    Attributes:
        run: that of the run.
        current: the innermost lifetime that was entered and not left. It is asked many times in each request.
    """

    def __init__(self) -> None:
        self.run = self.current = Lifetime()
        self._entered: list[Lifetime] = []

    @property
    def in_test(self) -> bool:
        """Whether a test has begun."""
        return any(lifetime.is_test for lifetime in self._entered)

    @property
    def of_fixtures(self) -> list[Lifetime]:
        """The fixtures of wider scopes that are being set up, the outermost first."""
        return [lifetime for lifetime in self._entered if not lifetime.is_test]

    def enter(self, lifetime: Lifetime) -> None:
        """Let what is made from now on belong to this lifetime."""
        self._entered.append(lifetime)
        self.current = lifetime

    def leave(self, lifetime: Lifetime) -> None:
        """Go back to the lifetime before."""
        if lifetime in self._entered:
            self._entered.remove(lifetime)
            self.current = self._entered[-1] if self._entered else self.run
