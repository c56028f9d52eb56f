"""The service's settings, from the environment and from ``.env``. ``.env.example`` explains them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AnyUrl, Field, UrlConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from sentry_sdk.utils import BadDsn, Dsn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from example_app import VERSION

Rate = Annotated[float, Field(ge=0.0, le=1.0)]
BrokerUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["redis", "rediss", "redis+socket", "amqp", "amqps"])]
RedisUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["redis", "rediss", "unix"])]

_MAY_HOLD_A_PASSWORD: Final = frozenset({"sentry_dsn", "database_url", "redis_url", "broker_url"})


class Settings(BaseSettings):
    """Each is an environment variable of the same name. The environment wins over ``.env``."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    sentry_dsn: str | None = None
    sentry_enabled: bool = True
    sentry_environment: Literal["development", "staging", "production"] = "development"
    sentry_release: str = f"bank-statements@{VERSION}"
    sentry_traces_sample_rate: Rate = 0.0
    sentry_profiles_sample_rate: Rate = 0.0
    sentry_send_default_pii: bool = False

    database_url: str = "sqlite:///statements.db"
    redis_url: RedisUrl | None = None
    broker_url: BrokerUrl | None = None

    @field_validator("sentry_dsn")
    @classmethod
    def _is_a_dsn(cls, value: str | None) -> str | None:
        try:
            return value and str(Dsn(value))
        except BadDsn as error:
            raise ValueError(f"is not a DSN ({error}); a DSN looks like https://<key>@<host>/<project>") from error

    @field_validator("database_url")
    @classmethod
    def _is_a_database_url(cls, value: str) -> str:
        try:
            make_url(value).get_dialect().import_dbapi()
        except ModuleNotFoundError as error:
            raise ValueError(f"needs the driver {error.name}, which is not installed") from error
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            raise ValueError("is not a database URL that SQLAlchemy knows") from error
        return value


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SystemExit: A value is bad. The message names each one, so that nobody has to read a traceback.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "\n".join(f"  {_explained(problem)}" for problem in error.errors())
        raise SystemExit(f"The settings are wrong:\n{problems}") from None


def _explained(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0])
    value = "" if name in _MAY_HOLD_A_PASSWORD else f" (it is {problem['input']!r})"
    return f"{name.upper()}: {problem['msg'].removeprefix('Value error, ')}{value}"
