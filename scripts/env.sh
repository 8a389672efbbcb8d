# Source this: it makes the tools that scripts/setup.sh installs findable, and says which toolchain builds for wasm.

PATH=$PWD/target/tools/bin:$PWD/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

# True if the toolchain in use brings the standard library for wasm.
has_wasm_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }

# For the page: Leptos without the types of every view, which make it larger; two numbers at once, as every browser has
# been able to since 2023; functions inlined only up to a cost of 30, not 50, which makes it smaller and costs fits no time
# (at 10 they take a quarter longer); crates named without this machine's folders.
page_flags="--cfg=erase_components -Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=30 --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src="

# Runs a command that builds for wasm.
wasm() { RUSTFLAGS=$page_flags "$@"; }

export TRUNK_SKIP_VERSION_CHECK=true # setup.sh decides on the version; no network is needed to build
