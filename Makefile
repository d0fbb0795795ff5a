# Weft. Two commands are all that is needed: `make demo` and `make test`.
# Each sets up what is missing, asks for nothing, and exits 0 when all is well.

CARGO ?= cargo
WEFT  := target/release/weft
# What `make check` needs beyond the toolchain; built once, kept under target/.
DENY_VERSION := 0.20.2
DENY  := target/tools/bin/cargo-deny

.DEFAULT_GOAL := help
.PHONY: help demo test build plugins setup check format lint deny advisories bench clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build plugins ## Build everything, play the sample traffic through a running host, verify the log
	$(WEFT) demo

test: build plugins ## Build everything and run all tests
	@sh .ci/cel-spec
	@sh .ci/softhsm
	@sh .ci/verifiers
	$(CARGO) test --release --locked --workspace

# Of the whole workspace, so that dependencies have the features that they have in the tests and are built once.
build: ## Build the host
	$(CARGO) build --release --locked --workspace --bins

plugins: build setup ## Build the reference plugins into Wasm components
	$(WEFT) plugin build plugins/risk-rules plugins/data-residency plugins/data-minimisation --out target/plugins

setup: ## Install the Wasm target if it is missing
	@sh .ci/wasm-target

check: format lint deny ## Format, lints, licences and sources of dependencies

format:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

deny: $(DENY)
	$(DENY) --locked check bans licenses sources

advisories: $(DENY) ## Known vulnerabilities (needs the RustSec database from the internet)
	$(DENY) --locked check advisories

$(DENY):
	$(CARGO) install --locked --debug --root target/tools cargo-deny@$(DENY_VERSION)

bench: build plugins ## Start a host on loopback and measure it
	$(WEFT) bench --self-hosted

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf plugins/target
