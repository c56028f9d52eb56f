"""What an application does for one trigger, exchange or job, to which what is captured meanwhile is linked.

``adapter`` is the base of what observes one framework, and ``jobs`` that of what runs jobs. Each framework has a file
with its own, and ``job_system`` is for workers that projects describe themselves. ``registry`` says which module's
import each waits for, and installs those whose framework is there. Not here: what Sentry's SDK does (``_sdk``), how an
operation is judged (``_rules``), and what messages say of it, except for what only an adapter knows
(``Operation._hint``, ``Remark``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._operations.job_system import JobSystem as JobSystem
    from pytest_sentry_capture._operations.registry import Operations as Operations
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "JobSystem": "_operations.job_system:JobSystem",
            "Operations": "_operations.registry:Operations",
        },
    )
