//! The worked example of the README prints what the README shows.

use std::process::Command;

/// The commands of the README's console block, each with the output shown below it.
fn example(readme: &str) -> Vec<(String, String)> {
    let block = readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a console block");
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push((command.to_string(), String::new())),
            None => {
                let shown = &mut steps.last_mut().expect("a command first").1;
                shown.push_str(line);
                shown.push('\n');
            }
        }
    }
    steps
}

#[test]
fn the_worked_example_prints_what_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_mixlaw")).parent().expect("a folder").to_path_buf();
    let path = std::env::join_paths(
        std::iter::once(programs).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .expect("a path");
    let readme = include_str!("../README.md");
    let steps = example(readme);
    assert_eq!(steps.len(), 4);
    let mut printed = String::new();
    for (command, shown) in steps {
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let seen = String::from_utf8(output.stdout).expect("text");
        printed.push_str(&format!("$ {command}\n{seen}"));
        // Set in the environment, the block to paste into the README is printed instead.
        if std::env::var_os("MIXLAW_PRINT_README").is_none() {
            assert_eq!(seen, shown, "{command}");
        }
    }
    println!("{printed}");
}

/// A law that is added is told of.
#[test]
fn every_law_is_in_the_table() {
    let readme = include_str!("../README.md");
    for law in mixlaw::law::LAWS {
        assert!(readme.contains(&format!("`{}`", law.id())), "the README does not name the law {}", law.id());
    }
}
