"""How it was decided whether something is sampled: by which rate, by chance or not, and what a sampler said to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_OF_DISCARDS: Final = ("answer", "name", "op", "parent_sampled")


@dataclass(frozen=True, slots=True)
class SamplerCall:
    """What a traces sampler was given, and what it answered.

    Attributes:
        answer: its answer. Of what is neither a number nor a text the name of its class, such as ``"<list>"``. None
            where it raised too.
        name: what the transaction or segment was called when the sampler was asked.
        op: its operation at that moment.
        parent_sampled: the decision of the caller whose trace it continues, or None if there was none.
        has_answered: whether it did, and has not raised instead.
        keys: the names of what else it was given, such as ``"asgi_scope"``.
    """

    answer: object
    name: str | None
    op: str | None
    parent_sampled: bool | None
    keys: tuple[str, ...] = ()
    has_answered: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The answer and what was given, without the further keys."""
        return {name: getattr(self, name) for name in _OF_DISCARDS}


@dataclass(frozen=True, slots=True)
class Sampling:
    """One decision about what is sampled.

    Attributes:
        rate: the rate that was applied, or None if there was none, because a sampler raised or answered an invalid
            value.
        is_settled: whether the project has every such decision settled, by ``sampling = "all"``.
        is_of_test: whether the test has given the rate, or the sampler that did: by a marker, ``override`` or
            ``sentry_init``.
        option: the option that the rate comes from: a rate, or a sampler.
        call: what the traces sampler was given and answered, or None if none was asked.
    """

    rate: float | None
    is_settled: bool = False
    is_of_test: bool = False
    option: str = ""
    call: SamplerCall | None = None


def leaves_it_to_chance(rate: float | None) -> bool:
    """Whether a rate has a random number decide."""
    return rate is not None and 0 < rate < 1


def plain_answer(answer: object) -> object:
    """An answer as it can be kept: no code of its class is run, and nothing else of it is held."""
    kind = type(answer)
    if answer is None or kind is bool:
        return answer
    if issubclass(kind, float):  # a NumPy number, say
        return float.__float__(answer)  # type: ignore[arg-type]
    if issubclass(kind, int):
        return int.__int__(answer)  # type: ignore[arg-type]
    return str.__str__(answer) if issubclass(kind, str) else f"<{kind.__name__}>"


def sampler_call(context: object) -> SamplerCall:
    """A call that has no answer yet: of its argument the SDK's own texts, and the names of the rest."""
    given: Mapping[Any, Any] = context if type(context) is dict else {}
    transaction = given.get("transaction_context")
    of_transaction: Mapping[Any, Any] = transaction if type(transaction) is dict else {}
    parent = given.get("parent_sampled")
    return SamplerCall(
        None,
        _text(of_transaction.get("name")),
        _text(of_transaction.get("op")),
        parent if type(parent) is bool else None,
        tuple(_names(given, "transaction_context", "parent_sampled")),
        has_answered=False,
    )


def _text(value: object) -> str | None:
    return str.__str__(value) if issubclass(type(value), str) else None


def _names(given: Mapping[Any, Any], *but: str) -> list[str]:
    names = {name for key in given if (name := _text(key)) is not None}
    return sorted(names - {*but})
