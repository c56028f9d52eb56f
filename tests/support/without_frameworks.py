"""A pytest plugin: the frameworks that the SDK has integrations for are not installed.

``sentry_sdk.init`` imports all of those that it finds. In a short run in a separate process, that takes longer than
everything else. What the process has imported before stays as it is.
"""

import sys

for name in ("aiohttp", "celery", "django", "dramatiq", "fastapi", "flask", "redis", "rq", "sqlalchemy", "starlette"):
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # how Python marks what cannot be imported
