# One word per chore. A fresh Debian 12 with python3, git and make needs nothing else: what is missing is installed by apt where
# make runs as root, else the line that installs it is printed.
#
#   make run     start everything on http://localhost:8000, with demo data (PORT=, DATA=)
#   make test    check, then run every test (PYTEST= passes other arguments)
#   make check   what can be said without running it: style, types, doors between rooms
#   make faults  the long form of the runs in which servers are killed
#   make fuzz    a hundred times as much of what draws its input (TIMES=)
#   make bench   every benchmark
#   make lock    write requirements/*.txt anew (UPGRADE=--upgrade takes newer releases)

PYTHON ?= python3
PORT ?= 8000
DATA ?= var
PYTEST ?= -n 2 --dist loadscope
TIMES ?= 100
UPGRADE ?=

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
PROJECTS := pyproject.toml client/pyproject.toml

.DELETE_ON_ERROR:
.PHONY: run test check faults fuzz bench lock

run: .venv/run.stamp
	@$(BIN)/powerepos-admin demo --port $(PORT) --data $(DATA)

test: .venv/dev.stamp
	@scripts/need.sh 'ls /usr/lib/postgresql/*/bin/initdb || command -v initdb' postgresql
	@scripts/need.sh 'command -v chromium' chromium
	@scripts/need.sh 'command -v curl && command -v jq' curl jq
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest $(PYTEST)

check: .venv/dev.stamp
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

faults: .venv/dev.stamp
	@TESTS_FAULTS=long $(BIN)/python -m pytest tests/faults -rP

fuzz: .venv/dev.stamp
	@TESTS_FUZZ=$(TIMES) $(BIN)/python -m pytest tests $(PYTEST) -m fuzz

bench: .venv/dev.stamp
	@scripts/need.sh 'command -v wrk' wrk
	@set -e; for file in $$(grep -l __main__ bench/*.py); do name=$$(basename "$$file" .py); echo "# $$name"; $(BIN)/python -m "bench.$$name"; done

LOCK := $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock: .venv/dev.stamp
	$(LOCK) --output-file requirements/run.txt requirements/run.in
	$(LOCK) --constraint requirements/run.txt --output-file requirements/dev.txt requirements/dev.in

# A stamp is newer than the lock that was installed; a changed lock or project file makes it stale.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: say PYTHON=" if sys.version_info < (3, 11) else 0)'
	@scripts/need.sh '$(PYTHON) -c "import venv, ensurepip"' python3-venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/run.stamp: requirements/run.txt $(PROJECTS) | .venv/bin/python
	@echo "Installing what the server needs …"
	@$(INSTALL) --require-hashes --requirement requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable client --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt $(PROJECTS) | .venv/bin/python
	@echo "Installing what the tests and checks need …"
	@$(INSTALL) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable client --editable .
	@touch $@ .venv/run.stamp
