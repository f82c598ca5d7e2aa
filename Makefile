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
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
# The whole workspace both times, so that the features are the same and the SDK is compiled once for all tests.
UNIT_TESTS := cargo nextest run --locked --workspace -E 'not package(backout-tests)'
END_TO_END_TESTS := cargo nextest run --locked --workspace -E 'package(backout-tests)'
else
UNIT_TESTS := cargo test --locked --no-fail-fast --lib --bins --tests --workspace --exclude backout-tests
END_TO_END_TESTS := RUST_TEST_THREADS=1 cargo test --locked --no-fail-fast --lib --tests --package backout-tests -- --nocapture
endif

say = @printf '\n\033[1m== %s\033[0m\n' '$(1)'

.PHONY: help setup build demo undo cloud test generate fmt sam-build \
	test-format test-lint test-unit test-python test-end-to-end test-permissions test-template

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

test: test-format test-lint test-unit test-python test-end-to-end test-permissions test-template ## Check everything, as CI does
	$(call say,All checks passed)

test-format: ## Is the code formatted?
	$(call say,Format)
	cargo fmt --all --check

test-lint: ## Is clippy content? With cargo-deny, if it is installed
	$(call say,Lints)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
	else echo 'cargo-deny is not installed: licences and advisories are not checked'; fi

test-unit: setup ## Rust tests that need no deployed stack (a few talk to moto)
	$(call say,Unit tests)
	$(UNIT_TESTS)
	cargo test --locked --workspace --doc

test-python: setup ## Tests of the local cloud, the template and the state machine
	$(call say,Tests of the local cloud and the template)
	$(VENV)/python -m pytest -q -p no:cacheprovider localcloud tests/infra tests/docs examples

# With the tests, so that the features are the same as theirs and nothing is compiled twice.
# So many clouds at a time: nextest has that from its configuration, cargo test needs to be told.
test-end-to-end: setup ## The real binaries on the local cloud
	$(call say,End-to-end tests)
	@rm -rf target/end-to-end/calls
	cargo build --locked --workspace --bins --tests
	$(END_TO_END_TESTS)

# Each end-to-end test leaves a log of its calls, and all logs together show which permissions were used.
test-permissions: setup ## Do the roles allow what the end-to-end tests called, and no more? (after test-end-to-end)
	$(call say,Permissions)
	$(VENV)/python -m pytest -q -p no:cacheprovider tests/permissions

test-template: .tools/sam/ready ## Is the template valid?
	$(call say,Template)
	$(WITH_SAM) sam validate --lint

generate: ## Write what is made from the catalogue: permissions in the template and on the pages of the actions
	$(call say,Generating)
	BACKOUT_GENERATE=yes cargo test --quiet --package backout-catalogue --test generated

fmt: ## Format the code
	cargo fmt --all

sam-build: .tools/sam/ready ## Build the functions for Lambda, ready for `sam deploy --guided`
	$(call say,Building the functions for Lambda)
	$(WITH_SAM) sam build
