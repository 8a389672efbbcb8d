#!/usr/bin/env bash
# Makes the rustup toolchain "wasm-debian" from Debian's rustc-web and a wasm standard library built from Debian's sources,
# for machines where `rustup target add` cannot reach its server. Says nothing and changes nothing when it is up to date.
set -euo pipefail
NAME=wasm-debian
HOST=$(rustc -vV | sed -n 's/^host: //p')
TARGET=wasm32-unknown-unknown
PREFIX=$HOME/.local/share/$NAME

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

need() {
    local missing=() package
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || { echo "needs root: sudo apt-get install ${missing[*]}" >&2; return 1; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

command -v dpkg-query >/dev/null || { echo "not a Debian machine" >&2; exit 1; }
need rustc-web cargo-web rust-web-src rust-web-clippy
# The linker must know the bitcode of rustc's own LLVM.
llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
need "lld-$llvm"

stamp="$(/usr/bin/rustc -vV; dpkg-query -W rustc-web rust-web-src "lld-$llvm"; sha256sum <"$0")"
if [[ ! -f $PREFIX/stamp || $(<"$PREFIX/stamp") != "$stamp" ]]; then
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    # A stub package that depends on std's own `sysroot` crate, with std's lock file, vendored crates and `dist` profile.
    src=/usr/lib/rustlib/src/rust/library
    mkdir "$tmp/src"
    echo '#![no_std]' >"$tmp/src/lib.rs"
    cp "$src/Cargo.lock" "$tmp/Cargo.lock"
    cat >"$tmp/Cargo.toml" <<TOML
cargo-features = ["profile-rustflags"]
package = { name = "stub", version = "0.0.0", edition = "2024" }
dependencies = { sysroot = { path = "$src/sysroot" } }
[patch.crates-io]
rustc-std-workspace-core = { path = "$src/rustc-std-workspace-core" }
rustc-std-workspace-alloc = { path = "$src/rustc-std-workspace-alloc" }
rustc-std-workspace-std = { path = "$src/rustc-std-workspace-std" }
[profile.dist]
inherits = "release"
codegen-units = 1
rustflags = ["-Cembed-bitcode=yes", "-Zforce-unstable-if-unmarked"]
package.compiler_builtins = { codegen-units = 10000 }
package.panic_abort = { rustflags = ["-Cpanic=abort", "-Cembed-bitcode=yes", "-Zforce-unstable-if-unmarked"] }
TOML
    # The standard library is unstable code to rustc: RUSTC_BOOTSTRAP lets the stable compiler build it.
    (cd "$tmp" && env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_RUSTFLAGS RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        /usr/bin/cargo build -q --profile dist -p sysroot --target $TARGET --offline --target-dir "$tmp/target" \
        --config 'source.crates-io.replace-with="vendored"' --config "source.vendored.directory=\"$src/vendor\"")

    rm -rf "$PREFIX"
    mkdir -p "$PREFIX/bin" "$PREFIX/lib/rustlib/$HOST/bin" "$PREFIX/lib/rustlib/$TARGET/lib"
    # rustc finds its sysroot from where its library lies, so a symlink would lead back to /usr.
    wrap() { printf '#!/bin/sh\nexec /usr/bin/%s\n' "$2" >"$PREFIX/bin/$1"; chmod +x "$PREFIX/bin/$1"; }
    wrap rustc "rustc --sysroot '$PREFIX' \"\$@\""
    wrap rustdoc "rustdoc --sysroot '$PREFIX' \"\$@\""
    wrap clippy-driver "clippy-driver \"\$@\" --sysroot '$PREFIX'"
    cp /usr/bin/cargo-clippy "$PREFIX/bin/" # a copy: it looks for clippy-driver beside its own resolved path
    ln -s /usr/bin/cargo "$PREFIX/bin/"
    ln -s /usr/lib/rustlib/src /usr/lib/rustlib/etc "$PREFIX/lib/rustlib/"
    ln -s "/usr/lib/rustlib/$HOST/lib" "$PREFIX/lib/rustlib/$HOST/lib"
    ln -s "/usr/bin/lld-$llvm" "$PREFIX/lib/rustlib/$HOST/bin/rust-lld"
    cp "$tmp/target/$TARGET/dist/deps/"*.rlib "$PREFIX/lib/rustlib/$TARGET/lib/"
    printf '%s\n' "$stamp" >"$PREFIX/stamp"
fi
[[ $(readlink "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$NAME") == "$PREFIX" ]] || rustup toolchain link "$NAME" "$PREFIX"
