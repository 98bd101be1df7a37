//! Every mutant of a tree in one build: who dies when a check is removed?
//!
//! ```text
//! motlan-mutants HOUSE LIST REPORT
//! ```
//!
//! LIST is what `cargo mutants --list --json` says of the tree; HOUSE is a copy
//! of the tree, which is rewritten: each mutant becomes a branch that one
//! environment variable opens (`instrument`). What does not compile is left out
//! (`viable`). Then each test runs alone and tells which mutants it reaches, and
//! each mutant meets the tests that reach it, until one fails (`trial`).
//! REPORT gets a line for every mutant: caught, missed, unreached or unviable.

mod instrument;
mod trial;
mod viable;

use std::path::{Path, PathBuf};

/// One mutant of the list.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Its place in the list, and the number that opens its branch.
    pub number: u32,
    /// The line that `cargo mutants` prints for it.
    pub name: String,
    /// The file, from the top of the tree.
    pub file: String,
    /// What kind of change it is, in the list's word.
    pub genre: String,
    /// The source that takes the place.
    pub replacement: String,
    /// Line and column where the changed text begins, both from 1.
    pub begins: (usize, usize),
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [house, list, report] = arguments.as_slice() else {
        eprintln!("motlan-mutants HOUSE LIST REPORT");
        std::process::exit(2);
    };
    let (house, report) = (PathBuf::from(house), PathBuf::from(report));
    let mutants = read_list(Path::new(list));
    let originals = instrument::originals(&house, &mutants);
    let (binaries, unviable) = viable::build(&house, &mutants, &originals);
    let outcomes = trial::all(&house, &mutants, &unviable, &binaries);
    let missed = trial::write(&report, &mutants, &outcomes);
    std::process::exit(i32::from(missed > 0));
}

fn read_list(path: &Path) -> Vec<Mutant> {
    let text = std::fs::read_to_string(path).expect("the list can be read");
    let list: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the list is JSON");
    let word = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().expect("a number")).expect("a small one");
    list.iter()
        .zip(1..)
        .map(|(entry, place)| Mutant {
            number: place,
            name: word(&entry["name"]),
            file: word(&entry["file"]),
            genre: word(&entry["genre"]),
            replacement: word(&entry["replacement"]),
            begins: (number(&entry["span"]["start"]["line"]), number(&entry["span"]["start"]["column"])),
        })
        .collect()
}
