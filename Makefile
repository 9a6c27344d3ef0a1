# Two commands do everything: `make run` serves, `make test` tests. Both set up what they need first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export PORT ?= 8080
export SVARBOKS_DATA ?= $(CURDIR)/var/data
export SVARBOKS_URL ?= http://localhost:$(PORT)

TABLET_SOURCES := $(shell find sync/tablet -type f -not -path '*/node_modules/*' -not -path '*/build/*' 2>/dev/null)
# The style sheet is cut down to the classes that the templates use, so they are its sources too.
TEMPLATES := $(shell find server/templates -type f 2>/dev/null)

.PHONY: help setup run test check proof bench lint types floors audit sbom fast lock clean demo

help:             ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

setup: $(VENV)/.ready server/static/built/assets.json  ## Everything that `make run` needs

$(VENV)/bin/python:
	@scripts/system-packages.sh run
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Svarboks needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Give another one with make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	@scripts/system-packages.sh run
	@echo "Installing the locked libraries"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

server/static/built/assets.json: $(VENV)/.ready $(TABLET_SOURCES) $(TEMPLATES) scripts/build-assets.sh
	@echo "Building script, style and fonts"
	@scripts/build-assets.sh $(BIN)/python
	@touch $@

run: setup        ## Serve on http://localhost:8080, with a demonstration on a new data folder (EMPTY=1: without)
	@$(BIN)/svarboks run $(if $(EMPTY),--empty,)

test: check       ## All tests, as CI runs them

check: setup      ## What CI runs: lint, types, floors, audit, tests, campaigns at a twentieth
	@scripts/system-packages.sh test
	@$(MAKE) --no-print-directory lint types floors audit
	@scripts/build-assets.sh $(BIN)/python test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --timeout 600 --durations 25

fast: setup       ## The tests without browser and campaigns, while one works
	@$(BIN)/python -m pytest -m "not browser and not campaign"

proof: setup      ## The campaigns in full
	@scripts/system-packages.sh test
	@SVARBOKS_PROOF=1 $(BIN)/python -m pytest -m campaign -s

bench: setup      ## Speed as ratios, into build/bench.json
	@$(BIN)/python -m bench

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python scripts/code_findings.py

types:
	@$(BIN)/mypy

floors:
	@$(BIN)/lint-imports

audit: setup      ## Known vulnerabilities in what ships, where their data can be reached; else it says so
	@$(BIN)/python scripts/audit.py

sbom: setup       ## The bill of materials (CycloneDX 1.6) into build/sbom.cdx.json
	@$(BIN)/python scripts/sbom.py

lock:             ## Lock the libraries anew (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements/run.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url requirements/node.in -o requirements/node.txt

clean:
	@rm -rf $(VENV) server/static/built sync/tablet/node_modules build .mypy_cache .ruff_cache .pytest_cache
