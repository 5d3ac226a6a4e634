# The ways to run and check Guichet. `make run` and `make test` install what is missing.

CARGO := cargo
CHECKERS := cargo-machete@0.9.2 cargo-deny@0.20.2
# Installed once per machine and version; a new clone finds them.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/guichet/tools/$(subst $() ,+,$(CHECKERS))

# Tests wait more than they compute: three for each core.
TEST_THREADS = $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN))

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests run test check graphiql audits clients example browser peer bench chaos tools fmt

help:
	@sed -n 's/^## //p' Makefile
	@echo "docs/CONTRIBUTING.md has recipes: one test, a watch loop, snapshots, migrations, profiling"

## make run       install what is missing, build, and run everything in one process
run: setup graphiql
	$(CARGO) run --locked --bin guichet

## make test      run all tests on real engines
test: setup-tests graphiql audits clients example browser
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$(TEST_THREADS)} $(CARGO) test --locked --workspace

## make check     format, lints, documentation, unused dependencies, licences, duplicate versions
check: tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
	$(TOOLS)/bin/cargo-machete --skip-target-dir
	$(TOOLS)/bin/cargo-deny --locked check licenses bans sources

## make fmt       format all code
fmt:
	$(CARGO) fmt --all

## make graphiql  fetch the packages of the page to try queries
graphiql: server/graphiql/node_modules/.package-lock.json

## make bench     measure speed, release build; goals beside results
bench: setup-tests peer
	$(CARGO) build --locked --release -p guichet-tests --bins
	$(CARGO) run --locked --release -p guichet-tests --bin bench

## make chaos     break things on purpose and count what is lost, release build
chaos: setup-tests
	$(CARGO) build --locked --release -p guichet-tests --bins
	$(CARGO) run --locked --release -p guichet-tests --bin chaos

setup:
	@.ci/setup

setup-tests:
	@.ci/setup --tests

# The public audits of GraphQL over HTTP, which the tests run.
audits: tests/audits/node_modules/.package-lock.json

# Clients that others wrote, which the tests run too.
clients: tests/clients/node_modules/.package-lock.json

# The example client, which they run as well.
example: tests/example/node_modules/.package-lock.json

# A real browser, driven by a program.
browser: tests/browser/node_modules/.package-lock.json

# A GraphQL server on Node, to measure against.
peer: tests/peer/node_modules/.package-lock.json

# npm writes this file last. `setup` installs npm, but is no reason to fetch anew.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json | setup
	npm ci --prefix $* --no-audit --no-fund --loglevel=error

tools: $(TOOLS)/complete

$(TOOLS)/complete:
	$(CARGO) install --locked --root $(TOOLS) $(CHECKERS)
	touch $@
