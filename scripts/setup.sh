#!/usr/bin/env bash
# Brings what this machine lacks to build and test Mixlaw; run by make, quick and quiet when nothing is missing.
#   scripts/setup.sh serve    what builds the page to look at: the wasm target, Trunk and wasm-bindgen
#   scripts/setup.sh build    also what makes it small, and what lints
#   scripts/setup.sh          also the browsers, axe and NumPy, which only the tests need
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
export CARGO_TERM_COLOR=never # the logs are for reading

stage=${1:-test}
TRUNK=0.21.14
BINDGEN=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock) # the tool and the crate must agree exactly
BINARYEN=132 # Debian's 108 writes broken modules and says nothing, so no other version will do
TERSER=5.51.4

# step NAME "USUAL TIME" HELP COMMAND…: runs the command; its output is shown only if it fails, and then HELP, one
# sentence, ends the set-up.
step() {
    local name=$1 usual=$2 help=$3 log started=$SECONDS
    shift 3
    mkdir -p target/setup
    log=target/setup/${name// /-}.log
    printf 'setup: %s, usually %s … ' "$name" "$usual"
    if "$@" >"$log" 2>&1 </dev/null; then
        echo "done ($((SECONDS - started)) s)"
    else
        echo "failed"
        tail -n 15 "$log" >&2
        echo "setup: $help" >&2
        exit 1
    fi
}

has() { command -v "$1" >/dev/null; }
lacking() { echo "setup: $1" >&2; exit 1; }

# --- Rust ---
has cargo || lacking "Rust is missing: install it with rustup (https://rustup.rs), then run this again."
has cc || lacking "A C compiler is missing, which Rust needs for linking: install it (Debian: apt install gcc libc6-dev; macOS: xcode-select --install)."
has_wasm_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }
has_wasm_target ||
    step "wasm target" "3 s" "The wasm standard library is missing: run \`rustup target add wasm32-unknown-unknown\` with a network." \
        rustup target add wasm32-unknown-unknown

# --- Tools that make the page. Debug builds take a quarter of the time to make and are as fast in use. ---
version_of() { "$1" --version 2>/dev/null | grep -o '[0-9][0-9.]*' | head -1 || true; }
cargo_install() { CARGO_PROFILE_DEV_DEBUG=0 cargo install --debug "$@"; }
install_bindgen() {
    rm -rf target/wasm-bindgen-tool
    cp -r scripts/wasm-bindgen target/wasm-bindgen-tool
    sed -i.bak "s/0\.0\.0/$BINDGEN/" target/wasm-bindgen-tool/Cargo.toml
    env -u RUSTFLAGS cargo install --debug --root target/tools --target-dir target/wasm-bindgen-build --path target/wasm-bindgen-tool
}

[ "$(version_of trunk)" = $TRUNK ] ||
    step "trunk $TRUNK" "3 min" "trunk $TRUNK is missing: run \`cargo install trunk --version $TRUNK --locked\` with a network." \
        cargo_install trunk --version $TRUNK --locked
[ "$(version_of wasm-bindgen)" = "$BINDGEN" ] ||
    step "wasm-bindgen $BINDGEN" "1 min" "wasm-bindgen $BINDGEN is missing: run \`cargo install wasm-bindgen-cli --version $BINDGEN\` with a network." \
        install_bindgen
[ "$stage" != serve ] || exit 0

has cargo-fmt && has cargo-clippy && [ -x "$(rustc --print sysroot)/bin/cargo-clippy" ] ||
    step "rustfmt and clippy" "5 s" "rustfmt or clippy is missing and rustup could not add it: run \`rustup component add rustfmt clippy\` with a network." \
        rustup component add rustfmt clippy
if [ "$(version_of wasm-opt)" != $BINARYEN ] || [ "$(version_of terser)" != $TERSER ]; then
    has npm || lacking "npm is missing, which brings wasm-opt and terser: install Node.js 20 or newer (Debian: apt install nodejs npm; macOS: brew install node)."
    step "wasm-opt $BINARYEN and terser $TERSER" "5 s" "wasm-opt or terser is missing: run \`npm install --no-save binaryen@$BINARYEN.0.0 terser@$TERSER\` here with a network." \
        npm install --prefix . --no-save --no-package-lock --no-audit --no-fund "binaryen@$BINARYEN.0.0" "terser@$TERSER"
fi
[ "$stage" != build ] || exit 0

# --- axe, which looks for what keeps people from using the page ---
AXE=4.14.1
grep -qs "\"version\": \"$AXE\"" target/axe/node_modules/axe-core/package.json ||
    step "axe-core $AXE" "2 s" "axe-core $AXE, which the browser tests need, is missing: run \`npm install --prefix target/axe axe-core@$AXE\` here with a network." \
        npm install --prefix target/axe --no-save --no-package-lock --no-audit --no-fund "axe-core@$AXE"

# --- NumPy, with which the tests run the exported Python ---
has_numpy() { "$1" -c 'import numpy' 2>/dev/null; }
make_python() {
    rm -rf target/python
    python3 -m venv target/python && target/python/bin/pip install --disable-pip-version-check numpy
}
has_numpy target/python/bin/python || has_numpy python3 ||
    step "Python with NumPy" "20 s" "Python with NumPy, which the tests of the exported Python need, is missing: install it (Debian: sudo apt-get install python3-numpy; macOS: brew install numpy), or python3 with venv and run this with a network." \
        make_python

# --- Two browsers of different engines and their drivers, for the tests ---
install_packages() {
    has apt-get && ((EUID == 0)) || { echo "only root can install packages"; return 1; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}
has_chromium() {
    has chromedriver || [ -n "${CHROMEDRIVER:-}" ] || return 1
    has chromium || has google-chrome || [ -n "${CHROME:-}" ] || [ -d "/Applications/Google Chrome.app" ]
}
has_chromium ||
    step "Chromium and driver" "30 s" "Chromium and chromedriver, which the browser tests need, are missing: install them (Debian: sudo apt-get install chromium chromium-driver; macOS: brew install --cask google-chrome chromedriver), or set CHROME and CHROMEDRIVER." \
        install_packages chromium chromium-driver
has_firefox() { has firefox || has firefox-esr || [ -n "${FIREFOX:-}" ] || [ -d "/Applications/Firefox.app" ]; }
has_firefox ||
    step "Firefox" "20 s" "Firefox, which the browser tests need, is missing: install it (Debian: sudo apt-get install firefox-esr; macOS: brew install --cask firefox), or set FIREFOX." \
        install_packages firefox-esr
GECKO=0.37.1
has geckodriver || [ -n "${GECKODRIVER:-}" ] ||
    step "geckodriver $GECKO" "2 min" "geckodriver, which drives Firefox in the browser tests, is missing: run \`cargo install geckodriver --version $GECKO --locked\` with a network." \
        cargo_install geckodriver --version $GECKO --locked
