"""What children that were forked from the test process capture and discard: they write it, and that process reads it.

``records`` frames what is written, ``shared_memory`` is where, ``encoding`` and ``decoding`` turn entries of recordings
into plain data and back, ``child`` is a forked child's side, ``children`` that of the test process. ``started`` knows
processes that can't be seen. Not here: who captures (``_sdk``, ``_operations``), and what assertions make of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._forks.children import ForkedChildren as ForkedChildren
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "ForkedChildren": "_forks.children:ForkedChildren",
        },
    )
