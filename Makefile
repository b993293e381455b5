# `make audit` takes a person from a fresh checkout to a signed-off report, `make test` checks the house.
PYTHON ?= python3
BIN := .venv/bin
RECIPE ?= recipes/breast_cancer.yaml
PLANTED ?=           # --quick, --jobs 2, --checks purity: see benchmarks/planted_faults.py

.DEFAULT_GOAL := help
.PHONY: help setup audit recipes test lint types contract unit bench clean

help:            ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

setup: .venv/ready .venv/system  ## create .venv and install the pinned set

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "xaiframe needs Python 3.11 to 3.13; set PYTHON=python3.12, say" >&2; exit 3; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv/system: .venv/ready scripts/system-libraries
	@scripts/system-libraries
	@touch $@

audit: setup     ## run RECIPE (recipes/breast_cancer.yaml) and print verdict and report
	@scripts/recipe $(basename $(notdir $(RECIPE))); code=$$?; test $$code -le 2

recipes: setup   ## run every recipe; data it needs lie in ../shared/data or where XAIFRAME_DATA points
	@for recipe in recipes/*.yaml; do \
	  scripts/recipe $$(basename $$recipe .yaml); test $$? -le 2 || exit 3; done

test: setup lint types contract unit  ## lint, types, import contract and tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contract: setup
	$(BIN)/lint-imports

unit: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

bench: setup     ## times and errors beside shap, lime and captum, scaling, cost of the checks, planted faults
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.stages
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.gradients
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.scaling
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/shapley.py
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.time_to_error
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.one_bank
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.all_of_both
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/precaution_cost.py
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.planted_faults $(PLANTED)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.loop

clean:           ## remove runs and caches, keep .venv
	rm -rf outputs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
