# Everything a developer or an operator runs from a clone. `make` alone lists it.
#
#   PYTHON=python3.13 make install     another interpreter
#   PODIUM_PORT, PODIUM_DATA_DIR       where the demo listens and keeps its data

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := platform/podium platform/podium_cli sandbox/podium_sandbox scorer/podium_scorer
LINTED := $(PACKAGES) tests deploy $(wildcard competitions migrations)
TEST_PROCESSES ?= 2
LOCKED := pyproject.toml scorer/pyproject.toml constraints.txt deploy/make_environment.sh

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help install demo run up test check lint types contracts duplicates format \
	bench shots image site-image kaggle-clients migrate lock vendor clean

help: ## List what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-11s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamps make a second run instant.
.venv/.server: $(LOCKED)
	@deploy/make_environment.sh server
	@touch $@

.venv/.dev: $(LOCKED)
	@deploy/make_environment.sh server,dev
	@touch .venv/.server $@

install: .venv/.dev ## Make .venv with everything for development in it

demo: .venv/.server ## Start Podium with real competitions, teams and scores (Ctrl-C stops it)
	@exec $(BIN)/podium-server demo

run: .venv/.server ## Start Podium on its embedded defaults (Ctrl-C stops it)
	@exec $(BIN)/podium-server up

up: run ## The same as run

test: .venv/.dev ## Run the whole test suite
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup $(PYTEST_ARGS)

kaggle-clients: ## Install Kaggle's own programs, for the tests that run them
	@tests/kaggle_clients/make.sh

check: lint types contracts duplicates ## Lint, types, import contracts, duplicated code

lint: .venv/.dev ## Ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.dev ## mypy, strict
	@$(BIN)/mypy

contracts: .venv/.dev ## Who may import whom
	@$(BIN)/lint-imports

duplicates: .venv/.dev ## Code that stands in two places
	@$(BIN)/pylint $(PACKAGES)

format: .venv/.dev ## Put the code into its format and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/.dev ## Measure submit-to-score, the board and a large upload; prints a table
	@$(BIN)/python -m tests.bench

shots: .venv/.dev ## Photograph every page, phone and desktop, light and dark, into shots/
	@$(BIN)/python -m tests.browser.shots

image: ## Build the images of the sandbox on the local Docker engine
	@deploy/images/build_image.sh

site-image: ## Build the image of site, workers and sandbox service on the local Docker engine
	@deploy/site/build_image.sh

migrate: .venv/.server ## Bring the database to the newest schema
	@$(BIN)/podium-server migrate

lock: ## Resolve constraints.txt anew (needs uv)
	@deploy/lock.sh

vendor: ## Copy the front end's assets from npm into the repository (needs node)
	@npm ci --silent --ignore-scripts
	@$(PYTHON) deploy/vendor_assets.py

clean: ## Remove the environment and what the tools leave behind (not your data)
	@rm -rf .venv .kaggle-clients node_modules shots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
