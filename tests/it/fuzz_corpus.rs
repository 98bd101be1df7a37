//! The seeds of the fuzz targets, through the very functions that the fuzzer
//! calls: as they are, cut short, and with single bytes changed. What the fuzzer
//! once found is kept among them.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// How many changed forms of a seed are tried, of each kind.
const FORMS: usize = 48;

fn fuzz_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn names(folder: &str) -> BTreeSet<String> {
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    entries(&fuzz_dir().join(folder)).iter().map(name).collect()
}

/// Runs every seed of every target, changed by `forms`, and names those on which a target failed.
fn replay(forms: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let mut failed = Vec::new();
    for (target, run) in targets::ALL {
        for path in entries(&fuzz_dir().join("corpus").join(target)) {
            let seed = fs::read(&path).expect("a seed");
            for (number, form) in forms(&seed).into_iter().enumerate() {
                if catch_unwind(|| run(&form)).is_err() {
                    failed.push(format!("{} form {number}: {}", path.display(), form.escape_ascii()));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_target_has_seeds_and_a_program_and_the_other_way_round() {
    let known: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known.len(), targets::ALL.len());
    assert_eq!(names("corpus"), known);
    assert_eq!(names("fuzz_targets"), known);
    let manifest = fs::read_to_string(fuzz_dir().join("Cargo.toml")).expect("the manifest");
    for name in &known {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}

#[test]
fn every_seed_keeps_what_its_target_promises() {
    replay(|seed| vec![seed.to_vec()]);
}

#[test]
fn a_seed_cut_short_anywhere_keeps_it_too() {
    replay(|seed| {
        let step = seed.len().div_ceil(FORMS).max(1);
        (0..seed.len()).step_by(step).map(|end| seed[..end].to_vec()).collect()
    });
}

#[test]
fn a_seed_with_a_byte_changed_keeps_it_too() {
    // Bytes that mean something to one reader or another.
    const BYTES: &[u8] = b"\0\t\n \"#%&',-./0:;<=?@[\\]{}\x7f\x80\xff";
    replay(|seed| {
        let step = seed.len().div_ceil(FORMS).max(1);
        let changed = |(number, at): (usize, usize)| {
            let mut form = seed.to_vec();
            form[at] = BYTES[number % BYTES.len()];
            form
        };
        (0..seed.len()).step_by(step).enumerate().map(changed).collect()
    });
}
