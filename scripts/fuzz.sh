#!/usr/bin/env bash
# Runs every fuzz target for so many seconds each, or those that are named after them: scripts/fuzz.sh 60 table links
set -euo pipefail
cd "$(dirname "$0")/.."
lacking() { echo "fuzz: $1" >&2; exit 1; }

seconds=${1:-60}
shift || true
nightly=$(rustup toolchain list 2>/dev/null | grep -o -m1 '^nightly[^ ]*') ||
    lacking "Fuzzing needs a nightly toolchain: run \`rustup toolchain install nightly --profile minimal\` with a network."
command -v cargo-fuzz >/dev/null || {
    echo "fuzz: installing cargo-fuzz, usually 1 min"
    cargo install --quiet --debug cargo-fuzz || lacking "cargo-fuzz is missing: run \`cargo install cargo-fuzz\` with a network."
}
# Nothing here is unsafe code, so that the sanitisers would find nothing and cost half of the speed.
fuzz() { env -u RUSTFLAGS cargo "+$nightly" fuzz "$1" --sanitizer none "${@:2}"; }

echo "fuzz: building the targets, usually 3 min the first time"
fuzz build
[ $# -gt 0 ] || set -- table numbers links fit_files scenarios protocol pipeline
for target in "$@"; do
    mkdir -p "fuzz/corpus/$target"
    echo "fuzz: $target for $seconds s; what breaks it is kept in fuzz/artifacts/$target"
    fuzz run "$target" "fuzz/corpus/$target" "fuzz/kept/$target" -- \
        "-max_total_time=$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=1
done
