"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker

from example_app import VERSION, accounts, debug, health, imports, statements, summaries
from example_app.cache import Cache, connected_redis
from example_app.database import connect, create_tables
from example_app.errors import add_error_handlers
from example_app.middleware import RequestIdMiddleware, SecurityHeadersMiddleware
from example_app.monitoring import name_request, start_sentry
from example_app.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The service. Sentry starts at once, so that it sees what fails later on. Storage when the server starts."""
    start_sentry(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = connect(settings.database_url)
        create_tables(engine)
        with connected_redis(str(settings.redis_url) if settings.redis_url else None) as redis:
            app.state.sessions = sessionmaker(engine, expire_on_commit=False)
            app.state.redis = redis
            yield
        engine.dispose()

    app = FastAPI(title="Bank statement analyzer", version=VERSION, lifespan=lifespan)
    app.state.celery = imports.create_celery(
        settings, lambda: imports.Storage(app.state.sessions, Cache(app.state.redis))
    )
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(RequestIdMiddleware, tell=name_request)
    add_error_handlers(app)
    for module in (accounts, statements, imports, summaries, health):
        app.include_router(module.router)
    if settings.sentry_environment != "production":
        app.include_router(debug.router)
    return app
