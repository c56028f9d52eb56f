# The tests run pytest in hundreds of processes, each of which would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
DEVELOPED_ON := $(shell sed -n 's/^sentry-sdk==//p' constraints.txt)
# With another version, `make test SENTRY_SDK=2.75.0`, the virtual environment is another one too.
SENTRY_SDK ?= $(DEVELOPED_ON)
VENV := .venv$(if $(filter-out $(DEVELOPED_ON),$(SENTRY_SDK)),-$(SENTRY_SDK))
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
WITHOUT_RELAY := .venv-without-relay
# Whose runs are compared with those of the installed SDK.
PREVIOUS_SDK := 2.75.0
EXAMPLE := --confcutdir=. example_app/tests
# A test that hangs must fail by its name.
PATIENCE := --timeout=300
NOX := $(BIN)/python -m nox
# Unit tests, and those of the plugin that start few processes. They reach 9 of 10 lines of the package.
QUICK := tests/unit \
    --ignore=tests/unit/test_documentation.py --ignore=tests/unit/test_fidelity_command.py \
    --ignore=tests/unit/test_segments.py --ignore=tests/unit/test_recipes.py \
    --ignore=tests/unit/test_without_engine.py --ignore=tests/unit/server/test_soak.py \
    $(foreach name,simulated_failures fixture,tests/plugin/server/test_$(name).py) \
    $(foreach name,capture configuration discards every_sdk exchanges forbidden_data hints ingestion items no_pii_rule \
    pii public_names run_diff run_diff_certainty run_diff_renamings segments waiting,tests/plugin/test_$(name).py)
# Tests that run without the extra `relay` too: the quick ones, and those of what depends on the extra.
TESTS_WITHOUT_RELAY := $(QUICK) --ignore=tests/unit/test_import_rules.py tests/unit/test_without_engine.py \
    $(foreach name,findings policies rules,tests/plugin/test_$(name).py)
# Those to which versions matter most.
SHORT = $(shell $(BIN)/python -c "from matrix.environments import COMMON_TESTS; print(*COMMON_TESTS)")

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow test-all test-example test-without-relay quick check format dist docs matrix matrix-short matrix-tables fidelity fidelity-short from-2-to-3 bench fuzz soak gallery contract picture

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do \
	    printf '  make %-19s %s\n' "$$target" "$$text"; \
	done

# Prints the verdict, the most important lines of the report, and the path of the page.
demo: $(INSTALLED) ## Run the tests of the example application
	@rm -f build/demo.*
	@$(BIN)/python -m pytest $(EXAMPLE) -v -p no:randomly $(foreach suffix,json html txt,--sentry-report build/demo.$(suffix)); \
	status=$$?; echo; $(BIN)/python -m scripts.demo build/demo.json build/demo.html build/demo.txt; exit $$status

install: $(INSTALLED) ## Create or update the virtual environment

test: $(INSTALLED) ## Run all tests that are not marked as slow
	$(BIN)/python -m pytest -n auto $(PATIENCE) -m "not slow"
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(EXAMPLE)

# They start many processes, or processes that take long. CI runs them too.
test-slow: $(INSTALLED) ## Run the tests that are marked as slow
	$(BIN)/python -m pytest -n auto $(PATIENCE) -m slow

test-all: test test-slow ## Run all tests

# TEST_DATABASE_URL and TEST_REDIS_URL select servers.
test-example: $(INSTALLED) ## Run the second half of `make test`: the tests of the example
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(EXAMPLE) $(EXAMPLE_OPTIONS)

# Uses its own virtual environment.
test-without-relay: $(WITHOUT_RELAY)/installed ## Run tests without the extra relay
	$(WITHOUT_RELAY)/bin/python -m pytest -n auto $(PATIENCE) $(TESTS_WITHOUT_RELAY)

quick: $(INSTALLED) ## Run a selection of the tests in about a minute
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(QUICK)

check: $(INSTALLED) ## Run the linters, the type checker and the check of plain language
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.typed_calls --check
	$(BIN)/python -m scripts.plain_language --check

format: $(INSTALLED) ## Format the code and apply the safe fixes of the linter
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Fails for a link or a name that leads nowhere. With --quiet, mkdocs would ignore a missing anchor.
docs: $(INSTALLED) ## Build the documentation in build/site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Tests the built wheel with all supported versions, pairwise, and writes the tables of the documentation. SESSIONS="name …"
# runs some of the sessions that `nox --list` names.
matrix: SESSIONS ?=
matrix: $(INSTALLED) ## Test the wheel with all supported versions
	$(NOX) $(if $(SESSIONS),--session $(SESSIONS))
	$(if $(SESSIONS),,$(BIN)/python -m matrix.tables)

matrix-short: $(INSTALLED) ## Test the oldest and the newest supported versions
	$(NOX) --tags short -- $(SHORT)

matrix-tables: $(INSTALLED) ## Write the tables of versions from the last runs
	$(BIN)/python -m matrix.tables

# Builds the sdist and the wheel in dist/, checks them with twine, and tests each in an environment without the checkout.
dist: $(INSTALLED) ## Build the sdist and the wheel, and test each
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[dist]'
	@rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m scripts.tried_distributions dist

# The outcomes must be the same with and without the plugin. FIDELITY="--sdk 2.75.0 --group django" selects some tests.
fidelity: FIDELITY ?=
fidelity: $(INSTALLED) ## Run the SDK's own tests with and without the plugin
	$(BIN)/python -m matrix.fidelity $(FIDELITY)

fidelity-short: $(INSTALLED) ## Run the core tests of the newest SDK 2 and SDK 3 only
	$(BIN)/python -m matrix.fidelity --short

from-2-to-3: $(INSTALLED) ## Regenerate the page "From 2 to 3" from runs with each SDK
	$(BIN)/python -m matrix.segments
	$(BIN)/python -m matrix.from_2_to_3

bench: $(INSTALLED) ## Run the benchmarks
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[bench]'
	@rm -f build/benchmarks/limits.jsonl
	@status=0; for name in matching capture_core rules policies page combine server engine web jobs document; do \
	    $(BIN)/python -m benchmarks.$$name || status=1; \
	done; exit $$status

fuzz: FUZZ_INPUTS ?= 1000000
fuzz: $(INSTALLED) ## Send a million random inputs to sentry_server
	FUZZ_INPUTS=$(FUZZ_INPUTS) $(BIN)/python -m pytest -s tests/unit/server/test_fuzz.py

soak: SOAK_EVENTS ?= 200000
soak: $(INSTALLED) ## Send many events to sentry_server and watch its memory
	SOAK_EVENTS=$(SOAK_EVENTS) $(BIN)/python -m pytest -s tests/unit/server/test_soak.py

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@sed 's/^sentry-sdk==.*/sentry-sdk==$(SENTRY_SDK)/' constraints.txt > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[dev]'
	@rm -rf $(VENV)/previous-sdk
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/previous-sdk sentry-sdk==$(PREVIOUS_SDK)
	@touch $@

$(WITHOUT_RELAY)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(WITHOUT_RELAY)
	$(WITHOUT_RELAY)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	    --editable '.[test]' httpx2 pytest-timeout
	$(WITHOUT_RELAY)/bin/python -m pip uninstall --quiet --yes sentry-relay milksnake
	@touch $@

# Read the difference before you commit it.
gallery: $(INSTALLED) ## Regenerate the messages that users see when tests fail
	$(BIN)/python -m pytest tests/plugin/test_gallery.py::test_messages \
		tests/plugin/test_gallery_of_runs.py::test_messages_of_runs --update-gallery

contract: $(INSTALLED) ## Regenerate the contract of the example after an intended change
	$(BIN)/python -m pytest -n auto $(EXAMPLE) --sentry-contract=update

# Needs Chromium.
picture: $(INSTALLED) ## Regenerate the picture of the page for the documentation
	$(BIN)/python -m pytest -n auto $(EXAMPLE) -q --sentry-report build/monitoring.html
	$(BIN)/python -m scripts.picture build/monitoring.html docs/monitoring.png
