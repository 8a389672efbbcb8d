//! `wasm-bindgen` as Trunk calls it, without the test runner and its web server that wasm-bindgen-cli brings along:
//! compiled in a quarter of the time.

use std::env;
use std::path::PathBuf;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    let mut out_dir = PathBuf::new();
    for arg in env::args().skip(1) {
        match arg.split_once('=').unwrap_or((&arg, "")) {
            ("--version", _) => {
                println!("wasm-bindgen {}", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            ("--target", "web") => drop(bindgen.web(true)?),
            ("--out-dir", dir) => out_dir = dir.into(),
            ("--out-name", name) => drop(bindgen.out_name(name)),
            ("--no-typescript", _) => drop(bindgen.typescript(false)),
            (option, _) if option.starts_with('-') => anyhow::bail!("unknown option {arg}"),
            _ => drop(bindgen.input_path(&arg)),
        }
    }
    bindgen.generate(&out_dir)
}
