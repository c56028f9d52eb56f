"""Names of secrets: what Relay finds by a word in a name, without the names that merely have such a word in them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

KEPT_BY_INGESTION: Final = frozenset(
    (
        "ai.completion_tokens.used", "ai.prompt_tokens.used", "ai.total_tokens.used",
        "gen_ai.cost.input_tokens", "gen_ai.cost.output_tokens", "gen_ai.cost.total_tokens",
        "gen_ai.request.max_tokens", "gen_ai.response.time_to_first_token", "gen_ai.response.tokens_per_second",
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.completion_tokens", "gen_ai.usage.input_tokens", "gen_ai.usage.input_tokens.cache_write",
        "gen_ai.usage.input_tokens.cached", "gen_ai.usage.output_tokens", "gen_ai.usage.output_tokens.reasoning",
        "gen_ai.usage.prompt_tokens", "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.total_tokens",
        "aws.secretsmanager.secret.arn",
    )
)  # fmt: skip
"""The attributes of spans that ingestion stores as they are in spite of their names.

Relay's schema says of them that they are never, or maybe, personal: ``SpanData`` in ``relay-event-schema``, and
Sentry's conventions (https://getsentry.github.io/sentry-conventions/). A test compares them with the installed Relay.
"""

_ANYWHERE: Final = re.compile(
    r"password|passwd|secret|credentials|api[-_ ]?key|private[-_ ]?key|mysql_pwd|^otp$|^two[-_]factor$", re.IGNORECASE
)
"""What makes the name of a secret wherever it stands in one.

They are Relay's words (``PASSWORD_KEY_REGEX`` in ``relay-pii``) except for ``auth`` and ``token``, which too many other
words contain.
"""
_WORD: Final = re.compile(
    r"auth|authorization|authentication|tokens?|[a-z0-9]+tokens?|(?!o)[a-z0-9]+auth|auth(?:key|code|cookie|data|header)",
    re.IGNORECASE,
)
"""What makes it as its own word: ``author``, ``tokenizer`` and ``oauth_scopes`` are not names of secrets."""
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
DESCRIBING: Final = frozenset(
    (
        "age", "algorithm", "algorithms", "at", "attempts", "audience", "backend", "backends", "bucket",
        "budget", "callback", "class", "classes", "cls", "count", "counter", "counts", "days", "dependency",
        "details", "disabled", "enabled", "endpoint", "error", "errors", "expiration", "expired", "expires",
        "expiry", "factory", "flow", "form", "func", "function", "handler", "hasher", "hashers", "hours",
        "in", "index", "issuer", "iterations", "len", "length", "lifetime", "limit", "limiter", "limits", "location",
        "manager", "max", "method", "methods", "middleware", "min", "minutes", "mode", "model", "models",
        "module", "ms", "per", "policy", "prefix", "provider", "providers", "rate", "required", "retries",
        "rounds", "scheme", "schemes", "scope", "scopes", "second", "seconds", "service", "size", "state",
        "status", "strength", "timeout", "ttl", "type", "types", "uri", "url", "urls", "usage", "used",
        "user", "username", "users", "valid", "validator", "validators", "version", "view", "views",
    )
)  # fmt: skip
"""As the last word of a name, they say that it is about a secret: ``token_type``, ``auth_backend``."""
_BEFORE_TOKEN: Final = re.compile(
    r"(?:^|[\W_])(?:bos|cls|eos|first|mask|pad|sep|special|stop|unk|unknown)_tokens?$", re.IGNORECASE
)
"""The special tokens of language models."""
_COUNTED: Final = re.compile(r"tokens|token[-_]?ids?$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_name_of_secret(name: str) -> bool:
    """Whether what a name names is a secret."""
    if name in KEPT_BY_INGESTION:
        return False
    words = [word for word in _HUMP.split(name) if word]
    if not words or words[-1].lower() in DESCRIBING or _BEFORE_TOKEN.search(name):
        return False
    return _ANYWHERE.search(name) is not None or any(_WORD.fullmatch(word) for word in words)


def is_of_token(name: str) -> bool:
    """Whether a name says token, and no more of a secret than that."""
    return "token" in name.lower() and _ANYWHERE.search(name) is None


def counts(name: str) -> bool:
    """Whether what a name names may be counts or words, of a language model: ``max_tokens``."""
    return _COUNTED.search(name) is not None and is_of_token(name)
