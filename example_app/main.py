"""The application of this process, configured by its environment: ``uvicorn example_app.main:app``."""

from __future__ import annotations

from example_app.application import create_app
from example_app.settings import load_settings

app = create_app(load_settings())
