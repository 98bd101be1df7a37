//! Which test fails for which mutant.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::Mutant;

/// One test, as it ran alone on the untouched behaviour.
struct Test {
    binary: PathBuf,
    name: String,
    took: Duration,
    reached: BTreeSet<u32>,
}

/// What became of one mutant.
pub enum Outcome {
    /// This test failed, or hung.
    Caught(String),
    /// Every test that reaches it passed.
    Missed,
    /// No test reaches it.
    Unreached,
    /// It does not compile, or the list names a place that can't be wrapped.
    Unviable,
}

/// So many tests at first, and so many times more with each step.
const FIRST: usize = 6;
const STEP: usize = 5;

/// Tries all; the outcomes are in the order of the list.
pub fn all(house: &Path, mutants: &[Mutant], unviable: &BTreeSet<u32>, binaries: &[PathBuf]) -> Vec<Outcome> {
    let house = std::path::absolute(house).expect("a path");
    let scratch = house.join("scratch");
    std::fs::create_dir_all(&scratch).expect("a directory for what the tests write");
    let names: Vec<(PathBuf, String)> =
        binaries.iter().flat_map(|binary| names(binary).into_iter().map(move |name| (binary.clone(), name))).collect();
    let tests: Vec<Test> =
        side_by_side(names.len(), |place| alone(&house, &scratch, place, &names[place])).into_iter().flatten().collect();
    eprintln!("{} of {} tests pass here alone", tests.len(), names.len());
    side_by_side(mutants.len(), |place| {
        let mutant = &mutants[place];
        if unviable.contains(&mutant.number) {
            return Outcome::Unviable;
        }
        let outcome = try_one(&house, &scratch, mutant.number, &tests);
        if let Outcome::Missed | Outcome::Unreached = outcome {
            eprintln!("{}: {}", word(&outcome), mutant.name);
        }
        outcome
    })
}

/// Writes a line for each mutant, and the sums on stdout; answers how many live.
pub fn write(report: &Path, mutants: &[Mutant], outcomes: &[Outcome]) -> usize {
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for (mutant, outcome) in mutants.iter().zip(outcomes) {
        *sums.entry(word(outcome)).or_default() += 1;
        let by = if let Outcome::Caught(test) = outcome { test } else { "" };
        text.push_str(&format!("{}\t{}\t{by}\n", word(outcome), mutant.name));
    }
    std::fs::write(report, text).expect("the report can be written");
    println!("{} mutants: {sums:?}", mutants.len());
    sums.get("missed").unwrap_or(&0) + sums.get("unreached").unwrap_or(&0)
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Caught(_) => "caught",
        Outcome::Missed => "missed",
        Outcome::Unreached => "unreached",
        Outcome::Unviable => "unviable",
    }
}

fn names(binary: &Path) -> Vec<String> {
    let output = Command::new(binary).args(["--list", "--format", "terse"]).output().expect("a test binary runs");
    String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.strip_suffix(": test").map(str::to_owned)).collect()
}

/// One test by itself: what it reaches. None, if it fails even so (a test that reads the source does).
fn alone(house: &Path, scratch: &Path, place: usize, (binary, name): &(PathBuf, String)) -> Option<Test> {
    let reached = scratch.join(format!("reached-{place}"));
    let begun = Instant::now();
    let failure = run(house, scratch, binary, &[name], &[("MUTANT_REACHED", reached.to_str()?)], Duration::from_secs(120));
    if let Some(failure) = failure {
        eprintln!("left out, for it fails without a mutant: {failure}");
        return None;
    }
    let lines = std::fs::read_to_string(&reached).unwrap_or_default();
    let _ = std::fs::remove_file(&reached);
    let reached = lines.lines().filter_map(|line| line.parse().ok()).collect();
    Some(Test { binary: binary.clone(), name: name.clone(), took: begun.elapsed(), reached })
}

/// The quick tests that reach little come first: they were written for what they reach.
fn try_one(house: &Path, scratch: &Path, number: u32, tests: &[Test]) -> Outcome {
    let mut near: Vec<&Test> = tests.iter().filter(|test| test.reached.contains(&number)).collect();
    if near.is_empty() {
        return Outcome::Unreached;
    }
    near.sort_by_key(|test| test.took.as_millis() * (test.reached.len() as u128 + 50));
    let open = number.to_string();
    let (mut begin, mut size) = (0, FIRST);
    while begin < near.len() {
        let step = &near[begin..near.len().min(begin + size)];
        let binaries: BTreeSet<&PathBuf> = step.iter().map(|test| &test.binary).collect();
        for binary in binaries {
            let here: Vec<&&Test> = step.iter().filter(|test| test.binary == *binary).collect();
            let names: Vec<&String> = here.iter().map(|test| &test.name).collect();
            let limit = Duration::from_secs(30) + here.iter().map(|test| test.took).sum::<Duration>() * 3;
            if let Some(failure) = run(house, scratch, binary, &names, &[("MUTANT_OPEN", &open)], limit) {
                return Outcome::Caught(failure);
            }
        }
        begin += size;
        size *= STEP;
    }
    Outcome::Missed
}

/// The first test that failed, or the first of all when they took too long.
fn run(
    house: &Path,
    scratch: &Path,
    binary: &Path,
    names: &[&String],
    environment: &[(&str, &str)],
    limit: Duration,
) -> Option<String> {
    let mut child = Command::new(binary)
        .args(["--exact", "--test-threads=2"])
        .args(names)
        .current_dir(house)
        .env("TMPDIR", scratch)
        .env("CARGO_MANIFEST_DIR", house)
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a test binary runs");
    let mut stdout = child.stdout.take().expect("its output");
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stdout.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => break Some(status),
            None if begun.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    if status.is_some_and(|status| status.success()) {
        return None;
    }
    // Its own children may hold the pipe when it was killed: their words are not waited for.
    let text = if status.is_some() { reader.join().unwrap_or_default() } else { String::new() };
    let failed = text.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    Some(failed.map_or_else(|| format!("{} (hung or ended)", names[0]), str::to_owned))
}

/// Calls `act` for every place below `count`, on all processors; the answers are in order.
fn side_by_side<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(answer) = answers.get(place) else { break };
                    *answer.lock().expect("no worker panics") = Some(act(place));
                }
            });
        }
    });
    answers.into_iter().map(|answer| answer.into_inner().expect("no worker panics").expect("every place was tried")).collect()
}
