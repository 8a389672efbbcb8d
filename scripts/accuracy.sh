#!/usr/bin/env bash
# Writes docs/accuracy.md: Mixlaw and its peers on the same splits; the peers in a Python environment of their own in
# target/accuracy. --quick takes fewer splits and prints instead.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

lacking() { echo "accuracy: $1" >&2; exit 1; }

folder=target/accuracy
needed=benches/accuracy/requirements.txt
if ! cmp -s $needed $folder/requirements.txt; then
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        lacking "Python 3.11 or newer with venv is missing: install it (Debian: apt install python3-venv; macOS: brew install python)."
    rm -rf $folder
    python3 -m venv $folder
    echo "accuracy: installing LightGBM and SciPy in $folder"
    $folder/bin/pip install --quiet --disable-pip-version-check -r $needed ||
        lacking "LightGBM and SciPy could not be installed: run this with a network from which pip can install $needed."
    cp $needed $folder/
fi
accuracy() { cargo run --locked --quiet --release --example accuracy -- "$@"; }
accuracy splits $folder/splits.json "$@"
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $folder/bin/python -B benches/accuracy/peers.py $folder/splits.json $folder/answers.json
accuracy tables $folder/answers.json "$@"
