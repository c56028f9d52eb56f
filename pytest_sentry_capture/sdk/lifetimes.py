"""How long things live: what an application sets up belongs to the run, to a fixture of a wider scope, or to a test."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Lifetime:
    """The run, one fixture of a scope wider than function, or one attempt at a test with its function fixtures."""

    name: str
    is_test: bool = False
    alive: bool = True


@dataclass
class Lifetimes:
    """Whose set-up code is running now: what is made meanwhile belongs to ``current``, whichever thread makes it."""

    run: Lifetime = field(default_factory=lambda: Lifetime("run"))
    _stack: list[Lifetime] = field(default_factory=list)

    @property
    def current(self) -> Lifetime:
        return self._stack[-1] if self._stack else self.run

    def enter(self, lifetime: Lifetime) -> None:
        self._stack.append(lifetime)

    def leave(self, lifetime: Lifetime) -> None:
        if lifetime in self._stack:
            self._stack.remove(lifetime)
