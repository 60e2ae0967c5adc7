# The commands of this project. `make` alone lists them.

TOOLS := $(shell scripts/setup --bin)
export PATH := $(TOOLS):$(CURDIR)/end2end/node_modules/.bin:$(PATH)
SITE := COATROOM_SITE=target/site
CARGO_TARGET_DIR ?= target
BINARY = $(CARGO_TARGET_DIR)/release/coatroom
EXAMPLE = $(CARGO_TARGET_DIR)/debug/examples/live_page
BENCHES = $(CARGO_TARGET_DIR)/benches
# The processor of the databases in `make bench`: the last one. The server has the first.
DATABASES = $(shell expr $$(nproc) - 1)
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

.PHONY: help run dev build test lint api unit doc browser bench micro simulate mutants msrv pictures licences clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the release: the server and the browser's bundle
	@scripts/setup run
	scripts/build.mjs

run: build ## Build the release and serve a copy of it as the demo at http://127.0.0.1:3000; later builds do not disturb it
	COATROOM_PROFILE=demo scripts/serve-copy $(BINARY) target/site

dev: ## Serve the demo profile and rebuild at every change; the first time it compiles cargo-leptos
	@scripts/setup dev
	COATROOM_PROFILE=demo cargo leptos watch

test: ## Run all checks, as CI does: lint, tests, documentation, release build, browser
	@scripts/setup test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory doc
	$(MAKE) --no-print-directory build
	$(MAKE) --no-print-directory browser

lint: ## Check the formatting, run clippy on every feature set, and compare the public API with the recorded one
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features app/ssr -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features --features axum -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features --features sqlite -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features --features postgres -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features --features redis -- -D warnings
	cargo clippy -p coatroom --lib --no-default-features --features test-util -- -D warnings
	cargo clippy -p coatroom-lab --lib -- -D warnings
	cargo clippy -p app --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings
	cargo fmt --manifest-path benches/Cargo.toml --all --check
	cargo clippy --manifest-path benches/Cargo.toml --target-dir $(BENCHES) --workspace --all-targets -- -D warnings
	scripts/public-api/check

api: ## Write the library's public API into docs/public-api.txt, where it was changed on purpose
	scripts/public-api/check --accept

unit: ## Run the Rust tests, with a PostgreSQL and a Redis server of their own
	scripts/with-postgres scripts/with-redis cargo test --workspace --features app/ssr

doc: ## Build the documentation; a warning is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --features app/ssr --no-deps

browser: ## Run Playwright on the release build and on an example (make build first)
	cargo test --workspace --features app/ssr --no-run
	cd end2end && npx tsc --noEmit && PYTHONPATH=$(TOOLS)/../python COATROOM_BINARY=$(abspath $(BINARY)) \
		LIVE_PAGE=$(abspath $(EXAMPLE)) npx playwright test

bench: build ## Measure the release under load, beside bare axum, axum-login and Leptos, and in Chromium, into target/bench; needs an idle machine. SCENARIOS=endure: an hour of load alone
	cargo build --release --manifest-path benches/Cargo.toml --target-dir $(BENCHES)
	$(SITE) COATROOM_BINARY=$(BINARY) taskset -c $(DATABASES) scripts/with-postgres scripts/with-redis \
		$(BENCHES)/release/load $(SCENARIOS)
	$(SITE) COATROOM_BINARY=$(BINARY) end2end/bench.mjs --report target/bench/report.md

micro: ## Measure each piece alone: tokens, the rule, a rotation on each store, a request of each scheme; two minutes
	scripts/with-postgres scripts/with-redis cargo bench -p coatroom --bench micro

simulate: ## Simulate eight policies on ten thousand days: users signed out, thieves noticed
	cargo run --release -p coatroom-lab --example simulate

mutants: ## Change the rule and the refresh token in every way that cargo-mutants knows; each must fail a test
	cargo mutants -p coatroom -f src/session.rs -f src/refresh_token.rs -- --lib

msrv: ## Check the library with the oldest Rust that Cargo.toml names, which rustup fetches
	rustup toolchain install $(MSRV) --profile minimal
	cargo +$(MSRV) check -p coatroom --lib --target-dir $(CARGO_TARGET_DIR)/msrv
	cargo +$(MSRV) check -p coatroom --lib --all-features --target-dir $(CARGO_TARGET_DIR)/msrv

pictures: ## Take pictures of every page, light and dark, at three widths, into end2end/pictures
	cd end2end && COATROOM_BINARY=$(abspath $(BINARY)) PICTURES=1 npx playwright test pictures

licences: ## Check licences, sources and duplicates with cargo-deny, where it is installed
	cargo deny check licenses sources bans

clean: ## Remove what was built
	cargo clean
	rm -rf end2end/node_modules end2end/test-results
