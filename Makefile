# Fireline: every target in one line with `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Compiled once, not by each of the hundreds of Python processes of a test run, wherever make is run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup lint format test crds golden demo bench bench-rules bench-detection bench-reconcile bench-cli bench-library bench-anomaly bench-checks bench-mitigation torture crash-matrix scale bed-up bed-down e2e e2e-up e2e-down tools clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  %-18s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned packages into $(VENV) (about a minute the first time)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP) ## Create .venv with the locked dependencies

lint: $(STAMP) ## Check format, lint, types, import contracts and generated files
	$(BIN)/ruff format --check operator tests
	$(BIN)/ruff check operator tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m fireline.api.crd --check crds

format: $(STAMP) ## Format the code and apply safe lint fixes
	$(BIN)/ruff format operator tests
	$(BIN)/ruff check --fix operator tests

tools: $(STAMP) ## Find or build the real servers the bed runs (minutes, once)
	$(BIN)/python -m tests.bed tools

# Most tests wait for real intervals, so more of them run at a time than there are cores.
WORKERS ?= 3
test: $(STAMP) tools ## Run every test, on real servers where a test needs them
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

e2e: $(STAMP) ## Run the tests that need pods, on a cluster of their own (root) or the one of FIRELINE_E2E_KUBECONFIG
	$(BIN)/python -m tests.bed pods check
	$(BIN)/python -m tests.bed tools
	E2E_REQUIRED=1 $(BIN)/pytest tests/e2e

crds: $(STAMP) ## Generate crds/ from the pydantic models, and the admission policies of mitigations
	$(BIN)/python -m fireline.api.crd --write crds
	$(BIN)/fireline rbac --policies > examples/install/mitigation-policies.yaml

golden: $(STAMP) ## Write tests/golden/rules anew after a change of the rules that was meant
	$(BIN)/python -m tests.golden.update

demo: $(STAMP) ## Run the whole story on real servers until Ctrl-C (ONCE=1: assert each step and exit)
	$(BIN)/python -m tests.bed demo $(if $(ONCE),--once)

bed-up: $(STAMP) ## Start the control-plane bed for manual work; writes .bed/env
	$(BIN)/python -m tests.bed up

bed-down: $(STAMP) ## Stop what bed-up started
	$(BIN)/python -m tests.bed down

e2e-up: $(STAMP) ## Start a cluster that runs pods, the operator in it, and monitoring; writes .bed/pods-env
	$(BIN)/python -m tests.bed pods up

e2e-down: $(STAMP) ## Stop what e2e-up started
	$(BIN)/python -m tests.bed pods down

bench: bench-rules bench-detection bench-reconcile bench-cli bench-anomaly ## Run every benchmark

bench-rules: $(STAMP) tools ## Samples, evaluation seconds and CPU per SLO against a plain layout
	$(BIN)/python -m tests.bench.rules

bench-detection: $(STAMP) tools ## Minutes until a page fires and resolves
	$(BIN)/python -m tests.bench.detection

bench-cli: $(STAMP) ## Start of the command line and 1,000 SLOs rendered, in bare interpreter starts
	$(BIN)/python -m tests.bench.cli_start

bench-anomaly: $(STAMP) tools ## False episodes and recall of anomaly rules over months of traffic
	$(BIN)/python -m tests.bench.anomaly

MINUTES ?= 10
bench-checks: $(STAMP) tools ## 50 checks a minute as Jobs, 500 by the prober, in real pods
	$(BIN)/python -m tests.bench.checks --minutes $(MINUTES)

bench-mitigation: $(STAMP) tools ## Seconds from startsAt to the automatic change, over 20 alerts
	$(BIN)/python -m tests.bench.mitigation

SEEDS ?= 1 2 3 4 5 6
bench-library: $(STAMP) tools ## The alert library over six weeks of traffic with incidents
	$(BIN)/python -m tests.library.replay $(SEEDS)

RUNS ?= 10000
KILLS ?= 50
scale: $(STAMP) ## Count the writes beside 1,000 policies and 2,000 SLOs (`make test`: a quarter of them)
	$(BIN)/python -m tests.bed tools
	FIRELINE_SCALE=whole $(BIN)/pytest tests/scale

crash-matrix: $(STAMP) ## SIGKILL before and after every call of a mitigation's life, every action (EVERY=7: a short look)
	$(BIN)/python -m tests.bed tools
	$(BIN)/python -m tests.mitigations.crash $(if $(EVERY),--every $(EVERY))

torture: $(STAMP) tools ## Count RUNS runs of checks while the operator is killed KILLS times
	$(BIN)/python -m tests.counting.torture --runs $(RUNS) --kills $(KILLS)

N ?= 2000
bench-reconcile: $(STAMP) tools ## Operator against N waiting SLOs, beside a bare client
	$(BIN)/python -m tests.bench.reconcile --count $(N)

clean: ## Remove the virtual environment and caches (not the built tools)
	rm -rf $(VENV) .bed .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
