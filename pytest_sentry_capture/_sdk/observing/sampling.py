"""The SDK's decisions about what is sampled: noted as they are made, and settled where the project asks for that.

Settled means: what a random number would decide, at a rate above 0 and below 1, is sampled. What samplers are asked and
what options say stays as it is, and so do rates of 0, rates that a test gives itself, and what callers have decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._recording import (
    SAMPLED_TRACES,
    CallableLocation,
    SamplerCall,
    Sampling,
    plain_answer,
    sampler_call,
)
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._sdk.call_stack import invisible, wrapping
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_OF_TRACES: Final = "Traces are sampled at random, and the arguments of a traces sampler are not known."
_OF_ERRORS: Final = "Errors are sampled at random."
_ANSWERS: Final = "The result of a traces sampler is not known."
_SAMPLER: Final = SAMPLED_TRACES[1]
_SAMPLED_EVENTS: Final = CapturedEvent._facts.sampled_by or ("", "")


class Decision(NamedTuple):
    """A decision about a trace, and the sampler that raised instead of answering."""

    sampling: Sampling | None
    raised_in: CallableLocation | None = None


_UNKNOWN: Final = Decision(None)
_NOT_ASKED: Final[AbstractContextManager[list[SamplerCall]]] = nullcontext([])


class SamplingDecisions:
    """Sees each decision about what is sampled.

    Args:
        observer: knows whether the project has decisions settled, where the test stands that is under way.
        active_client: tells the client that decides about traces.
        given_by_test: the names of the options that a test has given a client, or None for a client of somebody else.
    """

    def __init__(
        self,
        touchpoints: Touchpoints,
        observer: Observer,
        active_client: Callable[[], Any],
        given_by_test: Callable[[Any], frozenset[str] | None],
    ) -> None:
        self._touchpoints = touchpoints
        self._features = touchpoints.features
        self._observer = observer
        self._active_client = active_client
        self._given_by_test = given_by_test
        self._known: dict[int, Decision] = {}
        """Of transactions and segments, by identity, for they have no room for it."""
        self._answers: ContextVar[list[object] | None] = ContextVar("sentry_sampler_answers", default=None)
        self._latest: ContextVar[Decision | None] = ContextVar("sentry_sampling", default=None)
        self._of_error: ContextVar[Sampling | None] = ContextVar("sentry_sampling_of_error", default=None)

    def install(self) -> None:
        touchpoints, features = self._touchpoints, self._features
        with touchpoints.missing_means(_OF_TRACES):
            if features.has_transactions:
                touchpoints.replace("tracing:Transaction._set_initial_sampling_decision", self._of_transaction)
            for touchpoint in features.streamed_spans:
                touchpoints.replace(f"{touchpoint}.__init__", self._of_span)
            if features.streamed_spans:
                touchpoints.replace("scope:_make_sampling_decision", self._of_segment)
        with touchpoints.missing_means(_ANSWERS):
            for module in features.modules_that_sample_traces:
                touchpoints.replace(f"{module}:is_valid_sample_rate", self._noting_answer)
        with touchpoints.missing_means(_OF_ERRORS):
            touchpoints.replace("client:_Client._should_sample_error", self._of_event)
            touchpoints.replace("client:random", lambda original: _Random(original, self._deciding))

    def of(self, holder: Any) -> Decision:
        """What was decided about a transaction or a segment."""
        return self._known.get(id(holder), _UNKNOWN)

    def forget(self, holder: Any) -> None:
        """A transaction is over."""
        self._known.pop(id(holder), None)

    def _new(
        self, client: Any, options: tuple[str, str], rate: float | None = None, call: SamplerCall | None = None
    ) -> Sampling:
        """A decision by one of these options of a client: a rate, or a sampler."""
        given = self._given_by_test(client) if client is not None else None
        is_of_test = given is not None and not given.isdisjoint(options)
        is_settled = self._observer.recorder.current.settles_sampling and given is not None and not is_of_test
        return Sampling(rate, is_settled, is_of_test, options[_has_sampler(client, options[1])], call)

    @contextmanager
    def _noted(self, context: Callable[[], Any]) -> Iterator[list[SamplerCall]]:
        """What the traces sampler is given and answers during the block."""
        noted: list[SamplerCall] = []
        call = sampler_call(context())
        answers: list[object] = []
        token = self._answers.set(answers)
        try:
            yield noted
        finally:
            self._answers.reset(token)
            answer = plain_answer(answers[0]) if answers else None
            noted.append(replace(call, answer=answer, has_answered=bool(answers)))

    def _noting_answer(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The SDK looks at each answer before it makes a rate of it."""

        @wrapping(original)
        def is_valid_sample_rate(rate: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if (answers := self._answers.get()) is not None:
                answers.append(rate)
            return original(rate, *args, **kwargs)

        return is_valid_sample_rate

    def _of_transaction(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def decide(transaction: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self.forget(transaction)
            is_decided = transaction.sampled is not None  # by who has started it
            client = self._features.client_of(transaction) or self._active_client()
            given = args[0] if args else kwargs.get("sampling_context")
            is_asked = not is_decided and _has_sampler(client, _SAMPLER)
            with (
                self._observer.raised_callbacks() as raised,
                self._noted(lambda: given) if is_asked else _NOT_ASKED as calls,
            ):
                result = original(transaction, *args, **kwargs)
            rate = _rate(transaction.sample_rate)
            sampling = self._new(client, SAMPLED_TRACES, rate, calls[0] if calls else None)
            if sampling.is_settled and not is_decided and transaction.sampled is False and rate:
                transaction.sampled = True
                self._features.fit_sample_rand(transaction, rate)
            raised_in = raised[0] if raised and transaction.sampled is False else None
            self._known[id(transaction)] = Decision(sampling, raised_in)
            return result

        return decide

    def _of_segment(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def decide(name: Any, attributes: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            client = self._active_client()
            if client is None or not self._features.traces(client.options):  # nothing is decided, request for request
                return original(name, attributes, scope, *args, **kwargs)
            is_asked = _has_sampler(client, _SAMPLER)
            context = partial(self._features.sampling_context, name, attributes, scope)
            with self._noted(context) if is_asked else _NOT_ASKED as calls:
                sampled, sample_rate, rand, reason = original(name, attributes, scope, *args, **kwargs)
            rate = _rate(sample_rate)
            sampling = self._new(client, SAMPLED_TRACES, rate, calls[0] if calls else None)
            if sampling.is_settled and sampled is False and rate:
                sampled, reason = True, None
                rand = self._features.sample_rand_below(scope.get_active_propagation_context(), rate, rand)
            self._latest.set(Decision(sampling))
            return sampled, sample_rate, rand, reason

        return decide

    def _of_span(self, original: Callable[..., None]) -> Callable[..., None]:
        """A segment is made as soon as it has been decided about."""

        @wrapping(original)
        def init(span: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            decision = self._latest.get()
            if decision is not None:
                self._latest.set(None)
            original(span, *args, **kwargs)
            if decision is not None and getattr(span, "_segment", None) is span:
                self._known[id(span)] = decision
            elif self._known:
                self.forget(span)

        return init

    def _of_event(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def should_sample_error(client: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            token = self._of_error.set(self._new(client, _SAMPLED_EVENTS))
            try:
                is_sampled = original(client, *args, **kwargs)
            finally:
                self._of_error.reset(token)
            attempt = self._observer.attempt
            if is_sampled is False and attempt is not None and attempt.reason is None:
                attempt.reason = "sample_rate"  # which a client without a DSN reports to nobody
            return is_sampled

        return should_sample_error

    def _deciding(self) -> Callable[[float], float] | None:
        """What takes the place of the number that is drawn, while the SDK decides about an error, else None."""
        sampling = self._of_error.get()
        return partial(_Drawn.noting, self._observer, sampling) if sampling is not None else None


class _Drawn(float):
    """A random number that notes the rate to which the SDK compares it."""

    _observer: Observer
    _sampling: Sampling

    @classmethod
    def noting(cls, observer: Observer, sampling: Sampling, number: float) -> _Drawn:
        """The number, or where decisions are settled the one for which every rate but 0 says yes."""
        drawn = cls(0.0 if sampling.is_settled else number)
        drawn._observer, drawn._sampling = observer, sampling
        return drawn

    def __ge__(self, rate: Any) -> Any:
        attempt = self._observer.attempt
        if attempt is not None:
            attempt.context.sampling = replace(self._sampling, rate=_rate(rate))
        return float.__ge__(self, rate)


class _Random(ModuleType):
    """The module ``random`` as the SDK's module of clients sees it: the same except for the numbers that decide."""

    def __init__(self, module: ModuleType, deciding: Callable[[], Callable[[float], float] | None]) -> None:
        object.__setattr__(self, "_own", (module, deciding))

    def __getattribute__(self, name: str) -> Any:
        module, deciding = object.__getattribute__(self, "_own")
        found = getattr(module, name)
        taken = deciding() if name == "random" else None
        if taken is None:
            return found

        @invisible
        def draw() -> Any:
            number = found()
            return taken(number) if type(number) is float else number

        return draw

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_own")[0], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(object.__getattribute__(self, "_own")[0], name)


def _has_sampler(client: Any, sampler: str) -> bool:
    return client is not None and callable(client.options.get(sampler))


def _rate(value: Any) -> float | None:
    """A rate, of which nothing is asked that could be code of users."""
    if value is None or type(value) is float:
        return value
    plain = plain_answer(value)
    return float(plain) if isinstance(plain, (bool, int, float)) else None
