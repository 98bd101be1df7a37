//! The build of all mutants, without those that do not compile.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Mutant, instrument};

/// What the compiler is asked: the library alone until it is clean, then the tests.
const CHECK: &[&str] = &["check", "--lib"];
const TESTS: &[&str] = &["test", "--no-run", "--lib", "--test", "it"];

/// Builds; answers the test binaries and the mutants that can't be built.
pub fn build(house: &Path, mutants: &[Mutant], originals: &BTreeMap<String, String>) -> (Vec<PathBuf>, BTreeSet<u32>) {
    let mut left_out = BTreeSet::new();
    for command in [CHECK, TESTS] {
        loop {
            let homeless = instrument::write(house, mutants, originals, &left_out);
            left_out.extend(homeless);
            let messages = cargo(house, command);
            let blamed = blamed(house, &messages);
            if blamed.is_empty() {
                let binaries = executables(&messages);
                if command == CHECK {
                    break;
                }
                return (binaries, left_out);
            }
            eprintln!("{} mutants do not compile", blamed.len());
            left_out.extend(blamed);
        }
    }
    unreachable!("the second command answers")
}

fn cargo(house: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new("cargo")
        .args(arguments)
        .args(["--quiet", "--message-format=json", "--offline"])
        .current_dir(house)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    let messages: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(
        output.status.success() || !errors(&messages).is_empty(),
        "cargo {arguments:?} failed without an error of the compiler"
    );
    messages
}

fn errors(messages: &[Value]) -> Vec<&Value> {
    messages.iter().map(|message| &message["message"]).filter(|message| message["level"] == "error").collect()
}

fn executables(messages: &[Value]) -> Vec<PathBuf> {
    messages
        .iter()
        .filter(|message| message["profile"]["test"] == true)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect()
}

/// The mutant of each error: the last branch that opens before the place of blame.
fn blamed(house: &Path, messages: &[Value]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for error in errors(messages) {
        let places = error["spans"].as_array().into_iter().flatten().filter(|span| span["is_primary"] == true);
        for place in places {
            let file = place["file_name"].as_str().expect("a file");
            let text = std::fs::read_to_string(house.join(file)).unwrap_or_default();
            let end = usize::try_from(place["byte_end"].as_u64().expect("a place")).expect("a small one");
            let before = text.get(..end).unwrap_or(&text);
            let number = before.rsplit("mutant::on(").next().and_then(|rest| rest.split("u32").next()?.parse().ok());
            match number {
                Some(number) if before.contains("mutant::on(") => found.insert(number),
                _ => panic!("an error without a mutant: {}", error["rendered"].as_str().unwrap_or_default()),
            };
        }
    }
    found
}
