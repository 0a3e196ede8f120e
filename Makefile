# Everything runs from .venv, made on the first call; `make help` lists the targets.

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000

.PHONY: help demo test lint cases bench bench-long faults faults-mutations clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the whole system with sample data at http://localhost:$(PORT) (PORT=... moves it); Ctrl-C ends it"
	@echo "make test    the tests that need no server and no browser, but for the slowest"
	@echo "make cases   the worked cases of the five cities, played through the engine"
	@echo "make lint    style, import directions, missing migrations"
	@echo "make bench   what this machine does a second, against a floor and the usual way (make bench-long: lists, memory, soak)"
	@echo "make faults  faults on purpose, with servers of its own: the short set (SET=long: the long one; SEED=... as before)"
	@echo "make faults-mutations  take out one guard after another: the faults must notice"
	@echo "make clean   remove .venv, caches and the local data under var/"

demo: $(VENV)/.runtime
	@PORT=$(PORT) exec $(PY) manage.py demo --with-parent

# The slow ones, those of PostgreSQL and the browser's are .ci/run's.
test: $(VENV)/.dev
	@$(PY) -m pytest -q -n auto --dist worksteal -m "not browser and not postgres and not slow" $(ARGS)

cases: $(VENV)/.runtime
	@$(PY) manage.py run_cases tests/cases $(ARGS)

lint: $(VENV)/.dev
	@$(VENV)/bin/ruff check --quiet --output-format concise
	@$(VENV)/bin/ruff format --check --quiet
	@$(VENV)/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run

# All but the first need DATABASE_URL, on a PostgreSQL server where databases may be made, and BROKER_URL.
bench bench-long: export LOG_LEVEL = WARNING
bench: $(VENV)/.dev
	@$(PY) -m tests.benchmarks.engine
	@$(PY) -m tests.benchmarks.adjudicate $(ARGS)
	@$(PY) -m tests.benchmarks.batches
	@$(PY) -m tests.benchmarks.post
	@$(PY) -m tests.benchmarks.quotes
	@env -u DATABASE_URL -u BROKER_URL $(PY) -m tests.benchmarks.desk

# About half an hour, and twenty gigabytes of disk.
bench-long: $(VENV)/.dev
	@$(PY) -m tests.benchmarks.memory
	@$(PY) -m tests.benchmarks.soak
	@$(PY) -m tests.benchmarks.lists

# REPORT=file keeps the table. Needs PostgreSQL's server programs and redis-server, else it says so and passes.
faults: SET ?= short
faults: $(VENV)/.dev
	@$(PY) -m tests.faults --set $(SET) --seed "$(SEED)" --report "$(REPORT)" $(ARGS)

faults-mutations: $(VENV)/.dev
	@$(PY) -m tests.faults.mutations --seed "$(SEED)" $(ARGS)

clean:
	@rm -rf $(VENV) var staticfiles .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: pip runs only when a requirements file is newer than its last installation.

$(VENV)/.runtime: requirements.txt | $(PY)
	@echo "Installing requirements.txt into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing requirements-dev.txt into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(PY):
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    $$python -m venv $(VENV) && exit 0; \
	done; \
	echo "No Python 3.11 or newer with its venv module was found (on Debian: apt install python3-venv)." >&2; \
	echo "If it has another name: make PYTHON=/path/to/python ..." >&2; \
	exit 1
