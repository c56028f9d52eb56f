PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test check bench gallery

# The example application's monitoring tests, and the table of what Sentry was told.
demo: $(INSTALLED)
	@rm -f build/demo.txt
	@$(BIN)/python -m pytest example_app/tests -v -p no:randomly --sentry-report build/demo.txt; \
	status=$$?; echo; cat build/demo.txt; exit $$status

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto
	$(BIN)/python -m pytest example_app/tests

check: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.matching
	$(BIN)/python -m benchmarks.capture_core

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Writes what users see when tests fail anew, to be read before it is committed.
gallery: $(INSTALLED)
	$(BIN)/python -m pytest tests/test_gallery.py::test_messages --update-gallery
