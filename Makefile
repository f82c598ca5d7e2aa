# Needs Rust (rustup), Python 3.10 or later, make and git. Everything else is installed below .venv and .tools.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The steps of `test` print in their order, and cargo and the tests use the processors by themselves.
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv/bin
SAM := .tools/sam/bin
# sam looks for cargo-lambda, and cargo-lambda for its linker, on the path.
WITH_SAM := PATH="$(CURDIR)/$(SAM):$$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1}
# A local cloud mostly waits: two for each processor keep them at work.
CLOUDS := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))))
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
# The whole workspace both times, so that the features are the same and the SDK is compiled once for all tests.
UNIT_TESTS := cargo nextest run --locked --workspace -E 'not package(backout-tests)'
END_TO_END_TESTS := cargo nextest run --locked --workspace --test-threads $(CLOUDS) -E 'package(backout-tests)'
else
UNIT_TESTS := cargo test --locked --no-fail-fast --lib --bins --tests --workspace --exclude backout-tests
END_TO_END_TESTS := cargo test --locked --no-fail-fast --lib --tests --package backout-tests -- --show-output --test-threads $(CLOUDS)
endif

say = @printf '\n\033[1m== %s\033[0m\n' '$(1)'

PARTS := test-format test-lint test-build test-unit test-python test-end-to-end test-permissions test-template

.PHONY: help setup build demo undo cloud test test-full generate fmt sam-build $(PARTS)

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## Install what the local cloud needs (done once, by the others too)

.venv/ready: localcloud/requirements.txt
	$(call say,Installing the local cloud into .venv)
	@rm -f $@
	$(PYTHON) -m venv .venv
	$(VENV)/python -m pip install --quiet --disable-pip-version-check -r localcloud/requirements.txt
	@touch $@

.tools/sam/ready: infra/requirements.txt
	$(call say,Installing sam and cargo-lambda into .tools/sam)
	@rm -f $@
	$(PYTHON) -m venv .tools/sam
	$(SAM)/python -m pip install --quiet --disable-pip-version-check -r infra/requirements.txt
	@touch $@

build: ## Build everything for this machine
	$(call say,Building (about five minutes the first time on two cores))
	cargo build --workspace

demo: setup build ## Watch a real rollback on a cloud of its own
	$(call say,The demonstration)
	$(VENV)/python examples/ons-data-platform/demo.py

undo: setup build ## Watch a rollback and its undo, and whether any difference is left
	$(call say,A rollback and its undo)
	$(VENV)/python examples/ons-data-platform/undo.py

cloud: setup build ## Run an AWS on this machine, with backout and its example deployed (Ctrl-C ends it)
	$(call say,The local cloud)
	$(VENV)/python -m localcloud up

# Of actions that the last commit did not touch, `test` runs a part of the fault matrix, another one with each commit.
test: export BACKOUT_MATRIX ?= touched
test: setup ## What CI runs: all checks, and of the fault matrix the touched actions and a part of the others
	@tests/parts.sh $(MAKE) $(PARTS)
	$(call say,All checks passed)

test-full: export BACKOUT_MATRIX = full
test-full: setup ## The same with the whole fault matrix
	@tests/parts.sh $(MAKE) $(PARTS)
	$(call say,All checks passed)

test-format: ## Is the code formatted?
	$(call say,Format)
	cargo fmt --all --check

test-lint: ## Is clippy content? With cargo-deny, if it is installed
	$(call say,Lints)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
	else echo 'cargo-deny is not installed: licences and advisories are not checked'; fi

# Everything that is tested and all tests at once, so that the features are the same and nothing is compiled twice.
test-build: ## Build what the Rust tests need
	$(call say,Building the tests)
	cargo build --locked --workspace --bins --tests

test-unit: setup ## Rust tests that need no deployed stack (a few talk to moto)
	$(call say,Unit tests)
	$(UNIT_TESTS)
	cargo test --locked --workspace --doc

test-python: setup ## Tests of the local cloud, the template and the state machine
	$(call say,Tests of the local cloud and the template)
	$(VENV)/python -m pytest -q -n auto -p no:cacheprovider localcloud tests/infra tests/docs examples

test-end-to-end: setup test-build ## The real binaries on the local cloud
	$(call say,End-to-end tests)
	@rm -rf target/end-to-end/calls
	$(END_TO_END_TESTS)

# Each end-to-end test leaves a log of its calls, and all logs together show which permissions were used.
test-permissions: setup ## Do the roles allow what the end-to-end tests called, and no more? (after test-end-to-end)
	$(call say,Permissions)
	$(VENV)/python -m pytest -q -p no:cacheprovider tests/permissions

test-template: .tools/sam/ready ## Is the template valid?
	$(call say,Template)
	$(WITH_SAM) sam validate --lint

# Between markers, in files that are committed; a test fails where they have drifted.
generate: ## Write what is generated from the code into the documents and the template
	$(call say,What is generated)
	BACKOUT_GENERATE=1 cargo test --locked --package backout-catalogue --test documents --test generated

fmt: ## Format the code
	cargo fmt --all

sam-build: .tools/sam/ready ## Build the functions for Lambda, ready for `sam deploy --guided`
	$(call say,Building the functions for Lambda)
	$(WITH_SAM) sam build
