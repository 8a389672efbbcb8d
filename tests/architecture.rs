//! The house rules that a compiler does not check: imports run down only, and the browser's crates stay above.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the bottom up; a module may import those of lower levels and itself.
const LEVELS: [(&str, u32); 18] = [
    ("units", 0),
    ("order", 0),
    ("vectors", 0),
    ("dataset", 1),
    ("import", 2),
    ("law", 2),
    ("gp", 2),
    ("fit", 3),
    ("predict", 4),
    ("mixture", 5),
    ("design", 6),
    ("chart", 7),
    ("share", 7),
    ("export", 7),
    ("sample", 8),
    ("protocol", 8),
    ("wording", 9),
    ("page", 10),
];
const BROWSER_CRATES: [&str; 11] = [
    "any_spawner",
    "leptos",
    "leptos_use_device_pixel_ratio",
    "leptos_use_element_size",
    "leptos_use_media_query",
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "plotters_canvas",
    "gloo_file",
    "gloo_timers",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The first folder or file below src: "fit" of src/fit/solver.rs.
fn module(path: &Path) -> String {
    let below = path.strip_prefix(src()).expect("below src");
    let first = below.components().next().expect("a file").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn level(module: &str) -> Option<u32> {
    LEVELS.iter().find(|(name, _)| *name == module).map(|(_, level)| *level)
}

/// Lines of code, comments left out.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("readable");
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or("").to_string()));
    lines.collect()
}

/// Names that follow `crate::` (or `mixlaw::`) in a line, the first of each path; `{a, b::c}` gives a and b.
fn imports(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for start in ["crate::", "mixlaw::"] {
        for (at, _) in line.match_indices(start) {
            let rest = &line[at + start.len()..];
            let list = rest.strip_prefix('{').unwrap_or(rest);
            let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
            for part in parts {
                let name: String = part.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn imports_only_run_down() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        let module = module(&path);
        if module == "lib" || module == "bin" {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("src/{module} has no level: give it one in this test"));
        for (line_number, line) in code(&path) {
            for name in imports(&line) {
                if name != module && level(&name).is_some_and(|other| other >= own) {
                    wrong.push(format!("{}:{line_number}: {module} imports {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_page_names_browser_crates() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        if module(&path) == "page" || path.starts_with(src().join("bin/app")) {
            continue;
        }
        for (line_number, line) in code(&path) {
            for name in BROWSER_CRATES {
                let used = line.match_indices(name).any(|(at, _)| line[at + name.len()..].starts_with("::"));
                if used || line.contains(&format!("extern crate {name}")) {
                    wrong.push(format!("{}:{line_number}: {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rules above find what they are to find.
#[test]
fn the_rules_see_imports() {
    assert_eq!(imports("use crate::fit::solver;"), ["fit"]);
    assert_eq!(imports("use crate::{law::Law, units::Loss};"), ["law", "units"]);
    assert_eq!(imports("    crate::share::decode(text)"), ["share"]);
    assert!(level("share") > level("mixture") && level("mixture") > level("fit"));
}
