# luutru: everything is installed and run from here. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BUILD := build
JOBS ?= $(shell nproc)
PYTEST := $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help faults demo test test-postgresql check bench install dev java s3 samples serve-stop clean

help:            ## List the targets
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 18

demo: install java  ## Install everything, start an archive of its own, ingest the samples, search, fetch, verify
	@$(PY) -m api.demo

test: dev java s3  ## Install what the tests need and run them all
	@$(PYTEST) $(ARGS)
	@$(MAKE) --no-print-directory test-postgresql

# Ended with 5 nothing was collected: right when ARGS names tests that run on one database alone, else never.
test-postgresql: dev java s3  ## Run on PostgreSQL what learns something from it (the second half of `make test`)
	@LUUTRU_TEST_DATABASE=postgresql $(PYTEST) $(ARGS) || { ended=$$?; $(if $(ARGS),[ $$ended -eq 5 ],exit $$ended); }

check: dev       ## Formatting, lint, types, layers, lock file
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

bench: dev java s3  ## Measure against the named rivals (long: about half an hour)
	@$(PY) -m bench $(ARGS)

faults: dev s3     ## The whole fault campaign: ten thousand faults, and what came of them (about twenty minutes)
	@$(PY) -m tests.faults $(ARGS)

install: $(BUILD)/.installed-packages $(VENV)/.installed

dev: install

java: $(BUILD)/.installed-java

s3: $(BUILD)/.installed-s3

samples: install ## Make the sample submissions under samples/out
	@$(PY) -m samples samples/out

# Debian packages: fonts and Pango for letters and samples, clamd for the malware check, Maven for the Java parts.
$(BUILD)/.installed-packages: packages.txt packages.sh
	@mkdir -p $(BUILD)
	@bash packages.sh
	@touch $@

$(VENV)/.installed: requirements.lock pyproject.toml $(BUILD)/.installed-packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cần Python 3.11 trở lên (Python 3.11 or newer is needed)."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BUILD)/.installed-java: $(VENV)/.installed $(shell find ingest/verapdf search/node -name '*.java' -o -name 'pom.xml' -o -name '*.properties' 2>/dev/null)
	@$(PY) -m ingest.verapdf.build
	@$(PY) -m search.node.build
	@touch $@

# Two S3 servers for the tests, from the Go module proxy (about five minutes the first time).
$(BUILD)/.installed-s3: $(VENV)/.installed tests/servers/s3_build.py
	@$(PY) -m tests.servers.s3_build
	@touch $@

clean:           ## Remove what was built (not the data of any archive)
	rm -rf $(BUILD) $(VENV)
