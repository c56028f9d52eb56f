"""The service's settings, from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SentrySettings(BaseSettings):
    """What Sentry is told, and how much of it: ``SENTRY_DSN``, ``SENTRY_ENVIRONMENT`` and so on."""

    model_config = SettingsConfigDict(env_prefix="SENTRY_")

    dsn: str | None = None
    environment: str = "development"
    release: str | None = None
    traces_sample_rate: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
