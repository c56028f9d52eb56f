"""The worker of this process, configured by its environment: ``celery --app example_app.worker worker``.

Sentry starts before Celery imports its worker: tasks of a worker that was there before are not reported.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache

from sqlalchemy.orm import sessionmaker

from example_app.cache import Cache, connected_redis
from example_app.database import connect
from example_app.imports import Storage, create_celery
from example_app.monitoring import start_sentry
from example_app.settings import load_settings

settings = load_settings()
start_sentry(settings)


@cache
def _storage() -> Storage:
    """The connections of this process, made by its first task: a pool of workers forks before."""
    redis = ExitStack().enter_context(connected_redis(str(settings.redis_url) if settings.redis_url else None))
    return Storage(sessionmaker(connect(settings.database_url), expire_on_commit=False), Cache(redis))


app = create_celery(settings, _storage)
