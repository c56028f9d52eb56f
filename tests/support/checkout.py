"""Where the files of this project are, for tests of what it documents, contains and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[2]
DOCS: Final = CHECKOUT / "docs"
TESTS: Final = CHECKOUT / "tests"
REPORT_SCHEMA: Final = CHECKOUT / "pytest_sentry_capture" / "_reports" / "report.schema.json"
"""What the JSON report of a run is by its JSON Schema."""
