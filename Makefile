SHELL := bash
ENV := . scripts/env.sh
WEB := --lib --bin app --no-default-features --features web --target wasm32-unknown-unknown
# What dist/ is made of; a folder's time changes when a file goes.
PAGE := Cargo.toml Cargo.lock Trunk.toml index.html scripts/env.sh scripts/minify.sh $(shell find src style)
.PHONY: serve quick test test-quick test-firefox lint bench bench-page peers reproduction accuracy uncertainty design dist fuzz

# Builds the page quickly, serves it on this machine and rebuilds it when a source changes; Ctrl+C ends it.
serve:
	@scripts/setup.sh serve
	@echo "Mixlaw: building the page, usually 3 min the first time and 30 s after an edit, then serving it at http://127.0.0.1:8080/"
	@$(ENV); wasm trunk serve --dist $(QUICK)

# The same page as files, for a test in the browser while a change is worked on.
QUICK := target/quick-page
quick:
	@scripts/setup.sh serve
	@mkdir -p $(QUICK)
	@$(ENV); wasm trunk build --dist $(QUICK)

# Browser tests on that page: make test-quick TEST=charts
test-quick: quick
	@scripts/setup.sh
	@$(ENV); MIXLAW_E2E=1 MIXLAW_DIST=$(QUICK) cargo test --locked --test e2e -- $(TEST)

# Every test: library and command line natively, then the built page in a real browser.
test: dist
	@scripts/setup.sh
	@echo "Mixlaw: every test, usually 25 min"
	@$(ENV); MIXLAW_E2E=1 cargo test --locked
	@$(ENV); cargo test --locked --features web --lib page::store

# The browser tests once more, all of them in Firefox.
test-firefox: dist
	@scripts/setup.sh
	@$(ENV); MIXLAW_E2E=1 MIXLAW_ENGINE=firefox cargo test --locked --test e2e

# Formatting and every warning, of what runs natively and of what runs in the browser.
lint:
	@scripts/setup.sh build
	@$(ENV); cargo fmt --check
	@$(ENV); cargo clippy --locked --all-targets -- -D warnings
	@$(ENV); wasm cargo clippy --locked $(WEB) -- -D warnings
	@$(ENV); RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --locked --no-deps --lib --document-private-items

# How long each step takes, and where the time of a fit goes. MIXLAW_DATA names the folder of the SlimPajama runs.
bench:
	@$(ENV); cargo bench --locked

# How long the page takes in a browser: until it can be used, to fit, to bootstrap, and what kept it from answering.
bench-page: dist
	@scripts/setup.sh
	@$(ENV); MIXLAW_E2E=1 cargo test --locked --test e2e how_long -- --ignored --nocapture

# The same fits by the paper's method in SciPy and JAX, side by side; PEERS="--all --seconds 120" and the like.
peers:
	@scripts/peers.sh $(PEERS)

# The paper's, Chinchilla's and NIST's numbers beside ours, into docs/reproduction.md; some minutes.
reproduction:
	@$(ENV); cargo run --locked --release --example reproduction

# Errors on held-out losses beside those of others, coverage and regret, into docs/accuracy.md; ACCURACY=--quick prints
# a part of it in two minutes.
accuracy:
	@scripts/accuracy.sh $(ACCURACY)

# Coverage of the intervals on synthetic studies, and the SlimPajama runs' optimum, into docs/uncertainty.md; a quarter
# of an hour on two cores.
uncertainty:
	@$(ENV); cargo run --locked --release --example uncertainty

# What runs are worth that Mixlaw asks for, beside others, into docs/design.md; DESIGN=--repeats=5 takes a quarter of an
# hour.
design:
	@$(ENV); cargo run --locked --release --example design -- $(DESIGN)

# Draws inputs for whatever reads a text and for the whole pipeline, so many seconds for each target; cargo test replays
# what was found.
fuzz:
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

# The page as plain files in dist/, for any static host and any path on it; made again only if what it is made of changed.
dist: dist/index.html
dist/index.html: $(PAGE)
	@scripts/setup.sh build
	@echo "Mixlaw: building the small page in dist/, usually 5 min: compiling, then wasm-opt for a minute"
	@$(ENV); wasm trunk build --release
