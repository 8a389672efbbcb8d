//! The inputs in fuzz/kept, run as the fuzz targets run them: a few of each form, and what fuzzing has found.

#[path = "../fuzz/src/lib.rs"]
mod bodies;

use std::fs;
use std::path::Path;

#[test]
fn what_fuzzing_found_stays_found() {
    for (name, body) in bodies::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/kept").join(name);
        let mut files: Vec<_> =
            fs::read_dir(&folder).expect("inputs").map(|file| file.expect("readable").path()).collect();
        files.sort();
        assert!(files.len() >= 3, "{name} has inputs");
        for file in files {
            println!("{}", file.display());
            body(&fs::read(&file).expect("readable"));
        }
    }
}
