"""Redis: cached answers and request counts. The service does without when Redis is down."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Annotated, Any, Final, TypeVar, cast

from fakeredis import TcpFakeServer
from fastapi import Depends, HTTPException, Request
from redis import Redis
from redis.exceptions import RedisError

from example_app.monitoring import report_cache_failure

ANSWER_TIMEOUT: Final = 1.0
"""Seconds to wait for Redis: a cache that is slower than the database is useless."""

Answer = TypeVar("Answer")


class Cache:
    """Redis for one request. After the first failure the request goes on without, so that one event describes it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.available = True

    def get(self, name: str, key: str) -> str | None:
        """What is cached under a key of this name, or None."""
        return self._ask(lambda redis: cast("str | None", redis.hget(name, key)))

    def set(self, name: str, key: str, value: str, seconds: int) -> None:
        """Cache a value for so long."""

        def store(redis: Redis) -> None:
            with redis.pipeline() as pipeline:
                pipeline.hset(name, key, value)
                pipeline.expire(name, seconds)
                pipeline.execute()

        self._ask(store)

    def forget(self, name: str) -> None:
        """Drop everything that is cached under this name."""
        self._ask(lambda redis: redis.delete(name))

    def count(self, name: str, seconds: int) -> int:
        """How often this was called for this name since the first call, at most so long ago. 0 without Redis."""

        def count(redis: Redis) -> int:
            with redis.pipeline() as pipeline:
                pipeline.set(name, 0, ex=seconds, nx=True)
                pipeline.incr(name)
                return int(pipeline.execute()[-1])

        return self._ask(count) or 0

    def answers(self) -> bool:
        """Whether Redis answers."""
        return bool(self._ask(lambda redis: redis.ping()))

    def _ask(self, question: Callable[[Redis], Answer]) -> Answer | None:
        if not self.available:
            return None
        try:
            return question(self._redis)
        except RedisError as error:
            self.available = False
            report_cache_failure(error)
            return None


def _cache(request: Request) -> Cache:
    return Cache(request.app.state.redis)


RequestCache = Annotated[Cache, Depends(_cache)]


class RateLimit:
    """A dependency that answers 429 to a client that calls a route too often in a minute."""

    def __init__(self, name: str, times: int) -> None:
        self.name = name
        self.times = times

    def __call__(self, request: Request, cache: RequestCache) -> None:
        """Count the call. The client's address is hashed: Sentry sees the names of keys."""
        address = request.client.host if request.client else ""
        client = hashlib.sha256(address.encode()).hexdigest()[:16]
        if cache.count(f"calls:{self.name}:{client}", seconds=60) > self.times:
            raise HTTPException(429, "too many requests", headers={"Retry-After": "60"})


@contextmanager
def connected_redis(url: str | None) -> Iterator[Redis]:
    """A client of the Redis at this URL. Without one, a client of a new Redis, which lives as long."""
    if url is None:
        with embedded_redis() as url, connected_redis(url) as redis:
            yield redis
    else:
        with Redis.from_url(
            url, decode_responses=True, socket_timeout=ANSWER_TIMEOUT, socket_connect_timeout=ANSWER_TIMEOUT
        ) as redis:
            yield redis


class _EmbeddedRedis(TcpFakeServer):
    """Answers at once. TCP would keep the second of two short answers back until the first is acknowledged: 40 ms."""

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection that doesn't wait to be filled."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return connection, address


@contextmanager
def embedded_redis() -> Iterator[str]:
    """A Redis in this process, in memory and on its own loopback port. Yields its URL."""
    server = _EmbeddedRedis(("127.0.0.1", 0))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="embedded-redis", daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
