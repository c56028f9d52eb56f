# mypy: ignore-errors
"""Crashes in clients: httpx, requests, OpenAI, Anthropic, and what else calls other services."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import anthropic
import httpx
import openai
import requests
import sentry_sdk
from pydantic import BaseModel

from tests.payloads.recorder import record

USAGE = {
    "prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0},
}  # fmt: skip
CHAT = {
    "id": "chatcmpl-123", "object": "chat.completion", "created": 1706704245, "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": USAGE, "system_fingerprint": "fp_44709d6fcb",
}  # fmt: skip
EMBEDDINGS = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}], "usage": USAGE}
MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-3", "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn", "usage": {"input_tokens": 15, "output_tokens": 6, "cache_read_input_tokens": 0},
}  # fmt: skip
MESSAGES: Any = [{"role": "user", "content": "How many tokens has the word author?"}]


def answering(status: int = 200, content: Any = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, json=content))


def refusing(error: type[httpx.TransportError]) -> httpx.MockTransport:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise error("no answer", request=request)

    return httpx.MockTransport(refuse)


def with_httpx(transport: httpx.MockTransport, path: str = "/items?page=2", **options: Any) -> None:
    with httpx.Client(base_url="https://stock.example", transport=transport, **options) as client:
        client.get(path).raise_for_status()


async def with_async_httpx(transport: httpx.MockTransport) -> None:
    async with httpx.AsyncClient(transport=transport, timeout=5, follow_redirects=True) as client:
        (await client.post("https://stock.example/items", json={"sku": "A-1", "token_count": 3})).json()["missing"]


def openai_client(transport: httpx.MockTransport) -> openai.OpenAI:
    return openai.OpenAI(api_key="", max_retries=0, http_client=httpx.Client(transport=transport))


def chat(transport: httpx.MockTransport, **options: Any) -> Any:
    with sentry_sdk.start_transaction(name="ask", op="ai"):
        answer = openai_client(transport).chat.completions.create(model="gpt-4o", messages=MESSAGES, **options)
        usage, max_tokens, tokenizer = answer.usage, 512, "cl100k_base"
        return usage.total_tokens / (usage.cached_tokens if tokenizer and max_tokens else 1)  # type: ignore[union-attr]


def embeddings() -> None:
    with sentry_sdk.start_transaction(name="embed", op="ai"):
        answer = openai_client(answering(200, EMBEDDINGS)).embeddings.create(model="e", input=["a", "b"])
        print(answer.data[3])


def claude(transport: httpx.MockTransport) -> None:
    client = anthropic.Anthropic(api_key="", max_retries=0, http_client=httpx.Client(transport=transport))
    with sentry_sdk.start_transaction(name="ask claude", op="ai"):
        answer = client.messages.create(model="claude-3", max_tokens=64, messages=MESSAGES)
        print(answer.content[1])


def count_tokens() -> int:
    encoded = {"input_ids": [101, 2003, 102], "token_type_ids": [0, 0, 0], "attention_mask": [1, 1, 1]}
    special_tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    token_limit, tokens_per_minute, num_tokens = 8192, 90000, len(encoded["input_ids"])
    return num_tokens // (special_tokens["pad_token_id"] * token_limit * tokens_per_minute)


class Answer(BaseModel):
    """An answer with the tokens that it took."""

    text: str
    author: str
    total_tokens: int


def validation() -> None:
    Answer.model_validate({"text": 5, "total_tokens": "many"})


def of_json() -> None:
    json.loads('{"author": "the shop", "token_count": 3,')


def of_subprocess() -> None:
    subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=True)


def of_requests() -> None:
    requests.get("http://127.0.0.1:9/items?author=me", timeout=1)


def bad_url() -> None:
    requests.get("stock.example/items", timeout=1)


async def of_tasks() -> None:
    async def part(number: int) -> float:
        await asyncio.sleep(0)
        return 1 / number

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part(number)) for number in (1, 0)]
    print(tasks)


def unreachable() -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection("::1", 9), 1))


def payloads() -> Any:
    """What the SDK would have sent."""
    error = {
        "error": {"message": "Rate limit reached: 90000 tokens per minute.", "type": "tokens", "code": "rate_limit"}
    }
    programs = {
        "httpx 500": lambda: with_httpx(answering(500)),
        "httpx 404": lambda: with_httpx(answering(404), "/authors/1"),
        "httpx timeout": lambda: with_httpx(refusing(httpx.ReadTimeout)),
        "httpx connect": lambda: with_httpx(refusing(httpx.ConnectError), headers={"X-Request-ID": "r-1"}),
        "httpx loopback": lambda: httpx.get("http://127.0.0.1:9/auth/providers"),
        "httpx json": lambda: asyncio.run(with_async_httpx(answering(200, {"author": "me"}))),
        "httpx redirects": lambda: asyncio.run(with_async_httpx(answering(500))),
        "requests connect": of_requests,
        "requests url": bad_url,
        "openai usage": lambda: chat(answering(200, CHAT)),
        "openai limits": lambda: chat(answering(200, CHAT), max_tokens=64, temperature=0.5),
        "openai 429": lambda: chat(answering(429, error)),
        "openai 500": lambda: chat(answering(500)),
        "openai timeout": lambda: chat(refusing(httpx.ReadTimeout)),
        "openai embeddings": embeddings,
        "anthropic usage": lambda: claude(answering(200, MESSAGE)),
        "anthropic 529": lambda: claude(answering(529, {"type": "error", "error": {"type": "overloaded_error"}})),
        "tokenizer": count_tokens,
        "pydantic": validation,
        "json": of_json,
        "subprocess": of_subprocess,
        "tasks": lambda: asyncio.run(of_tasks()),
        "connection": unreachable,
    }
    yield from record(programs)
