//! Gives the page and its workers one build id: a hash of everything they are compiled from.
//!
//! A worker returns it with its first message, so that no page goes on with workers that a host served of another build.
//! It is compiled in, so the hash in the program's file name changes with it.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Only the page needs the id; without this, every edit would rebuild the library for the native tests as well.
    if env::var_os("CARGO_FEATURE_WEB").is_none() {
        return Ok(());
    }
    let mut hash = FNV_OFFSET;
    for path in ["Cargo.toml", "Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={path}");
        hash_tree(Path::new(path), &mut hash)?;
    }
    println!("cargo::rustc-env=MIXLAW_BUILD={hash:016x}");
    Ok(())
}

fn hash_tree(path: &Path, hash: &mut u64) -> io::Result<()> {
    if path.is_dir() {
        // Folders list their files in any order, and the same sources must give the same id everywhere.
        let mut children = fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
        children.sort();
        return children.iter().try_for_each(|child| hash_tree(child, hash));
    }
    fnv1a(path.to_string_lossy().as_bytes(), hash);
    fnv1a(&fs::read(path)?, hash);
    Ok(())
}

// FNV-1a (Fowler, Noll, Vo), 64 bits: std's hasher may change between compilers.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv1a(bytes: &[u8], hash: &mut u64) {
    for &byte in bytes {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}
