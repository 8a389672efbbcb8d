#!/usr/bin/env bash
# Runs benches/peers/compare.py with the options given, in a Python environment of its own in target/peers.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

lacking() { echo "peers: $1" >&2; exit 1; }

needed=benches/peers/requirements.txt
if ! cmp -s $needed target/peers/requirements.txt; then
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        lacking "Python 3.11 or newer with venv is missing: install it (Debian: apt install python3-venv; macOS: brew install python)."
    rm -rf target/peers
    python3 -m venv target/peers
    echo "peers: installing SciPy and JAX in target/peers"
    target/peers/bin/pip install --quiet --disable-pip-version-check -r $needed ||
        lacking "SciPy and JAX could not be installed: run this with a network from which pip can install $needed."
    cp $needed target/peers/
fi
cargo build --locked --quiet --release --bin mixlaw
exec target/peers/bin/python -B benches/peers/compare.py --mixlaw "${CARGO_TARGET_DIR:-target}/release/mixlaw" "$@"
