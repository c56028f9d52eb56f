# The tests run pytest in hundreds of processes, each of which would compile the package anew.
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
# A test that hangs is to fail by its name.
PATIENCE := --timeout=300
NOX := $(BIN)/python -m nox
# Unit tests, and those of the plugin that start few processes. They reach 9 of 10 lines of the package.
QUICK := tests/unit \
    --ignore=tests/unit/test_documentation.py --ignore=tests/unit/test_fidelity_command.py \
    --ignore=tests/unit/test_segments.py --ignore=tests/unit/test_toys.py \
    --ignore=tests/unit/test_without_engine.py --ignore=tests/unit/server/test_soak.py \
    $(foreach name,bad_days fixture,tests/plugin/server/test_$(name).py) \
    $(foreach name,capture configuration discards every_sdk exchanges forbidden_data hints ingestion items no_pii_rule \
    pii public_names run_diff run_diff_certainty run_diff_renamings segments waiting,tests/plugin/test_$(name).py)
# Tests that run without the extra `relay` too: the quick ones, and those of what depends on the extra.
TESTS_WITHOUT_RELAY := $(QUICK) --ignore=tests/unit/test_import_rules.py tests/unit/test_without_engine.py \
    $(foreach name,findings policies rules,tests/plugin/test_$(name).py)
# Those to which versions matter most.
SHORT = $(shell $(BIN)/python -c "from matrix.environments import COMMON_TESTS; print(*COMMON_TESTS)")

.PHONY: install demo test test-slow test-all test-example test-without-relay quick check docs matrix matrix-short matrix-tables fidelity fidelity-short from-2-to-3 bench fuzz soak gallery contract picture

# The example application's monitoring tests: the verdict, the lines that tell the most, and where the rest is.
demo: $(INSTALLED)
	@rm -f build/demo.*
	@$(BIN)/python -m pytest $(EXAMPLE) -v -p no:randomly $(foreach suffix,json html txt,--sentry-report build/demo.$(suffix)); \
	status=$$?; echo; $(BIN)/python -m scripts.demo build/demo.json build/demo.html build/demo.txt; exit $$status

install: $(INSTALLED)

# All but the tests that are marked as slow, and those of the example.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(PATIENCE) -m "not slow"
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(EXAMPLE)

# Tests that start many processes, or long ones. CI runs them too.
test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(PATIENCE) -m slow

test-all: test test-slow

# The example's tests. TEST_DATABASE_URL and TEST_REDIS_URL choose servers.
test-example: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(EXAMPLE) $(EXAMPLE_OPTIONS)

# Without the extra `relay`, in a virtual environment of its own.
test-without-relay: $(WITHOUT_RELAY)/installed
	$(WITHOUT_RELAY)/bin/python -m pytest -n auto $(PATIENCE) $(TESTS_WITHOUT_RELAY)

# Of this the tests that tell most, in half a minute.
quick: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(PATIENCE) $(QUICK)

check: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.typed_calls --check

# The documentation as a site, in build/site. A link or a name that leads nowhere fails;
# with --quiet a dead anchor would not.
docs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The built wheel with every version that is supported, pairwise, and the tables of it in the documentation. SESSIONS
# chooses, and `nox --list` names them.
matrix: SESSIONS ?=
matrix: $(INSTALLED)
	$(NOX) $(if $(SESSIONS),--session $(SESSIONS))
	$(if $(SESSIONS),,$(BIN)/python -m matrix.tables)

# Of this the oldest, the newest and the lowest versions, with the tests that have most to do with versions.
matrix-short: $(INSTALLED)
	$(NOX) --tags short -- $(SHORT)

# Writes the tables of versions in the documentation once more, from the last runs.
matrix-tables: $(INSTALLED)
	$(BIN)/python -m matrix.tables

# Whether the SDK's own tests have the same outcomes with the plugin as without. FIDELITY chooses, as in
# FIDELITY="--sdk 2.75.0 --group django".
fidelity: FIDELITY ?=
fidelity: $(INSTALLED)
	$(BIN)/python -m matrix.fidelity $(FIDELITY)

# Of this the core of the newest versions before 3 and since.
fidelity-short: $(INSTALLED)
	$(BIN)/python -m matrix.fidelity --short

# Writes the tables of segments and the page "From 2 to 3" anew, from real runs with each SDK.
from-2-to-3: $(INSTALLED)
	$(BIN)/python -m matrix.segments
	$(BIN)/python -m matrix.from_2_to_3

bench: $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt --editable '.[bench]'
	@rm -f build/benchmarks/limits.jsonl
	@status=0; for name in matching capture_core rules policies page combine server engine web jobs document; do \
	    $(BIN)/python -m benchmarks.$$name || status=1; \
	done; exit $$status

# What `make test` does in short to sentry_server, at length.
fuzz: FUZZ_INPUTS ?= 1000000
fuzz: $(INSTALLED)
	FUZZ_INPUTS=$(FUZZ_INPUTS) $(BIN)/python -m pytest -s tests/unit/server/test_fuzz.py

soak: SOAK_EVENTS ?= 200000
soak: $(INSTALLED)
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

# Writes what users see when tests fail anew, to be read before it is committed.
gallery: $(INSTALLED)
	$(BIN)/python -m pytest tests/plugin/test_gallery.py::test_messages \
		tests/plugin/test_gallery_of_runs.py::test_messages_of_runs --update-gallery

# Writes the example's contract anew, for a change of what Sentry is told that is meant.
contract: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(EXAMPLE) --sentry-contract=update

# Takes the documentation's picture of the page anew, from a run of the example, with Chromium.
picture: $(INSTALLED)
	$(BIN)/python -m pytest -n auto $(EXAMPLE) -q --sentry-report build/monitoring.html
	$(BIN)/python -m scripts.picture build/monitoring.html docs/monitoring.png
