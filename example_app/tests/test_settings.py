"""Settings that make no sense stop the start, and say why."""

from __future__ import annotations

import pytest

from example_app.settings import load_settings


@pytest.fixture(autouse=True)
def _no_env_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "SENTRY_DSN",
            "sentry.example.com",
            "is not a DSN (Unsupported scheme ''); a DSN looks like https://<key>@<host>/<project>",
        ),
        ("SENTRY_ENABLED", "maybe", "Input should be a valid boolean, unable to interpret input (it is 'maybe')"),
        (
            "SENTRY_ENVIRONMENT",
            "prod",
            "Input should be 'development', 'staging' or 'production' (it is 'prod')",
        ),
        (
            "SENTRY_TRACES_SAMPLE_RATE",
            "10",
            "Input should be less than or equal to 1 (it is '10')",
        ),
        (
            "SENTRY_PROFILES_SAMPLE_RATE",
            "-0.1",
            "Input should be greater than or equal to 0 (it is '-0.1')",
        ),
        (
            "SENTRY_SEND_DEFAULT_PII",
            "some",
            "Input should be a valid boolean, unable to interpret input (it is 'some')",
        ),
        ("DATABASE_URL", "oracle9://scott:tiger@db/bank", "is not a database URL that SQLAlchemy knows"),
        ("DATABASE_URL", "mysql://scott:tiger@db/bank", "needs the driver MySQLdb, which is not installed"),
        (
            "REDIS_URL",
            "http://:tiger@cache",
            "URL scheme should be 'redis', 'rediss' or 'unix'",
        ),
    ],
)
def test_a_bad_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as stop:
        load_settings()

    assert str(stop.value) == f"The settings are wrong:\n  {name}: {problem}"


def test_all_problems_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "often")
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "test")

    with pytest.raises(SystemExit) as stop:
        load_settings()

    assert [line.split(":")[0].strip() for line in str(stop.value).splitlines()[1:]] == [
        "SENTRY_ENVIRONMENT",
        "SENTRY_TRACES_SAMPLE_RATE",
    ]


def test_a_setting_without_a_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "")
    monkeypatch.setenv("REDIS_URL", "")

    settings = load_settings()

    assert settings.sentry_dsn is None
    assert settings.redis_url is None
