# What a person does with this repository. Every target is a script in scripts/; ARGS go to it.
.DEFAULT_GOAL := help
.PHONY: help run test test-agents dev lint bench bench-wire bench-routing bench-admission bench-ledger fuzz package ui openapi clean

ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start Postern (ARGS="--listen 127.0.0.1:4010"; HEADLESS=1 for the gateway alone)
	@scripts/run.sh $(ARGS)

test: ## Run every test (ARGS="rust sdk" for some: ui rust api fuzz sdk agents browser desktop)
	@scripts/test.sh $(ARGS)

test-agents: ## Let coding agents do a turn each through the gateway (ARGS=test_codex for one)
	@scripts/test-agents.sh $(ARGS)

dev: ## Start Postern and rebuild it at every change
	@scripts/dev.sh $(ARGS)

lint: ## Check formatting, clippy, types, Biome and the shell scripts
	@scripts/lint.sh

bench: ## Measure the release build (ARGS="--quick" or "--compare FILE")
	@scripts/bench.sh $(ARGS)

bench-wire: ## Measure the wire crate alone (ARGS="streams", "requests", "bytes", "--quick")
	@scripts/bench-wire.sh $(ARGS)

bench-routing: ## Measure the router alone
	@scripts/bench-routing.sh $(ARGS)

bench-admission: ## Measure keys, limits and budgets alone, with 100,000 keys
	@scripts/bench-admission.sh $(ARGS)

bench-ledger: ## Measure the ledger with ten million rows (ROWS=... for others)
	@scripts/bench-ledger.sh

fuzz: ## Fuzz the wire crate (ARGS="stream 600": target and seconds)
	@scripts/fuzz.sh $(ARGS)

package: ## Build the .deb and the tarball into dist/
	@scripts/package.sh

ui: ## Build the console into src-ui/dist
	@bash -c 'source scripts/lib.sh && build_console'

openapi: ## Write openapi.json from the code, and the TypeScript client from it
	@scripts/openapi.sh

clean: ## Remove everything that was built in this checkout
	rm -rf target gen dist .venv bench/out src-ui/dist src-ui/node_modules src-ui/test-results src-ui/playwright-report \
		tools/client/node_modules tests/sdk/node/node_modules tests/agents/node_modules tests/agents/.venv \
		tests/desktop/out
