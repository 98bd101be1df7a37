//! README tells operators of every event that may be on record, and of every metric.
//!
//! Both are read out of the program's text: an event is a word with a dot in it (or what an event is named by), a metric
//! is named where it is counted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Words with a dot in the capabilities that are no events: names of files, and of people in examples.
const NO_EVENTS: [&str; 5] = ["auth.mjs", "auth_openidc.conf", "login.php", "minh.lq", "nguoi.dung"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// The files of a folder, each without its tests.
fn texts(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    rust_files(&root().join(folder), &mut files);
    let own = |text: String| text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    let files = files.iter().filter(|file| file.file_name().is_some_and(|name| name != "tests.rs"));
    files.map(|file| own(fs::read_to_string(file).expect("a text"))).collect()
}

/// Small letters and `_` on both sides of one dot.
fn is_dotted(word: &str) -> bool {
    let is_half = |half: &str| !half.is_empty() && half.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    word.split_once('.').is_some_and(|(family, act)| is_half(family) && is_half(act))
}

/// What stands between quotation marks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// Every event that may be on record.
fn events() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (folder, only_named) in [("src/service", false), ("src", true)] {
        for text in texts(folder) {
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.contains("Corrupt"));
            for line in lines.filter(|line| !only_named || line.contains("Event::by(") || line.contains("Event {")) {
                found.extend(quoted(line).filter(|word| is_dotted(word)).map(str::to_owned));
            }
            let named = text.split("event: \"").skip(1).filter_map(|rest| rest.split('"').next());
            if !only_named {
                found.extend(named.map(str::to_owned));
            }
        }
    }
    found.retain(|word| !NO_EVENTS.contains(&word.as_str()));
    found
}

/// Every metric that is counted.
fn metrics() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts("src") {
        for kind in ["counter!(", "gauge!(", "histogram!("] {
            let named = text.split(kind).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(named.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    found
}

/// A part of README, from a line to another one.
fn part(from: &str, to: &str) -> String {
    let text = fs::read_to_string(root().join("README.md")).expect("README");
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("README has no {from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("README has no {to} after {from}")).0.to_owned()
}

/// The words of a part that are set as code, in lines of its table.
fn told(part: &str) -> BTreeSet<String> {
    let lines = part.lines().filter(|line| line.starts_with('|'));
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn readme_names_every_event_that_may_be_on_record_and_no_other() {
    let (events, told) = (events(), told(&part("| about | events |", "**Mail**")));

    assert!(events.len() > 100 && events.contains("sign_out") && events.contains("person.disabled"), "{events:?}");
    let missing: Vec<&String> = events.difference(&told).collect();
    assert!(missing.is_empty(), "README's table of events lacks {missing:?}");
    let gone: Vec<&String> = told.iter().filter(|word| is_dotted(word) && !events.contains(*word)).collect();
    assert!(gone.is_empty(), "README's table tells of events that nothing records: {gone:?}");
}

#[test]
fn readme_names_every_metric_and_no_other() {
    let (metrics, told) = (metrics(), told(&part("| metric | counts |", "**Logs**")));

    assert!(metrics.len() > 15 && metrics.contains("motlan_http_request_seconds"), "{metrics:?}");
    let missing: Vec<&String> = metrics.difference(&told).collect();
    assert!(missing.is_empty(), "README's table of metrics lacks {missing:?}");
    let gone: Vec<&String> = told.iter().filter(|word| word.starts_with("motlan_") && !metrics.contains(*word)).collect();
    assert!(gone.is_empty(), "README's table tells of metrics that nothing counts: {gone:?}");
}
