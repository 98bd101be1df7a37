//! Every obligation of the specifications that concerns this provider has a test that exists, or a reason why not.
//!
//! `tests/musts.csv` is read as it is; tests are found by their names in the
//! sources, so that one that was renamed or removed is missed here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const HEADER: [&str; 5] = ["specification", "section", "sentence", "test", "reason"];
/// Specifications that must be there, so that the file cannot shrink unnoticed.
const SPECIFICATIONS: [&str; 31] = [
    "OpenID Connect Core 1.0",
    "OpenID Connect Discovery 1.0",
    "RP-Initiated Logout 1.0",
    "Back-Channel Logout 1.0",
    "RFC 6749",
    "RFC 6750",
    "RFC 7636",
    "RFC 8252",
    "RFC 9207",
    "RFC 9700",
    "Front-Channel Logout 1.0",
    "RFC 9470",
    "RFC 7591",
    "RFC 7592",
    "OpenID Connect Dynamic Client Registration 1.0",
    "RFC 8414",
    "RFC 9126",
    "RFC 9101",
    "JWT Secured Authorization Response Mode (JARM)",
    "OAuth 2.0 Multiple Response Types",
    "FAPI 2.0 Security Profile",
    "FAPI 2.0 Message Signing",
    "RFC 9449",
    "RFC 8705",
    "RFC 7662",
    "RFC 9701",
    "RFC 7009",
    "RFC 8707",
    "RFC 9396",
    "RFC 9068",
    "RFC 7523",
];

/// The source file and the function that a row names: `file::name` in `tests/it`, or `src/….rs::name`.
fn place_of(test: &str) -> Option<(String, &str)> {
    let (file, name) = test.rsplit_once("::")?;
    let whole = if file.starts_with("src/") { file.to_owned() } else { format!("tests/it/{file}.rs") };
    (!name.is_empty() && std::path::Path::new(&whole).extension().is_some_and(|end| end == "rs")).then_some((whole, name))
}

/// True when a text holds a test function of that very name.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(number, line)| {
        let declared = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.strip_prefix(name));
        let above = lines[..number].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
        let ignored = above.clone().any(|line| line.starts_with("#[ignore"));
        let is_test = above.clone().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        declared.is_some_and(|rest| rest.starts_with('(')) && is_test && !ignored
    })
}

/// What is wrong with a table, whose tests are looked up by `source`.
fn faults(table: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table.as_bytes());
    let mut wrong = Vec::new();
    if reader.headers().ok().is_none_or(|header| header != HEADER.as_slice()) {
        wrong.push(format!("the header is {}", HEADER.join(",")));
    }
    let mut seen = BTreeSet::new();
    for record in reader.records() {
        let Ok(record) = record else {
            wrong.push("a row cannot be read".to_owned());
            continue;
        };
        let line = record.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = record.iter().collect();
        let &[specification, section, sentence, test, reason] = fields.as_slice() else {
            wrong.push(format!("line {line}: {} columns instead of five", fields.len()));
            continue;
        };
        if [specification, section, sentence].iter().any(|field| field.trim().is_empty()) {
            wrong.push(format!("line {line}: specification, section and sentence are never empty"));
        }
        if !seen.insert([specification.to_owned(), section.to_owned(), sentence.to_owned()]) {
            wrong.push(format!("line {line}: the sentence stands there twice"));
        }
        if test.is_empty() == reason.trim().is_empty() {
            wrong.push(format!("line {line}: either a test or a reason, and not both"));
        }
        if test.is_empty() {
            continue;
        }
        let found = place_of(test).and_then(|(file, name)| Some(has_test(&source(&file)?, name)));
        if found != Some(true) {
            wrong.push(format!("line {line}: there is no test {test}"));
        }
    }
    wrong
}

#[test]
fn every_row_names_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("tests/musts.csv")).expect("tests/musts.csv");

    let mut wrong = faults(&table, |file| fs::read_to_string(root.join(file)).ok());

    for specification in SPECIFICATIONS {
        if !table.contains(&format!("\n{specification},")) {
            wrong.push(format!("{specification} has no rows"));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_missing_is_found() {
    let source = |file: &str| {
        (file == "tests/it/token.rs").then(|| {
            "#[tokio::test]\nasync fn a_code_ends() {\n}\nfn a_helper() {}\n#[test]\n#[ignore]\nfn asleep() {}\n".to_owned()
        })
    };
    let table = [
        ("RFC 6749,4.1,A code ends.,token::a_code_ends,", None),
        ("RFC 6749,4.1,TLS is used.,,operator", None),
        ("RFC 6749,4.1,A code ends.,token::a_code_end,", Some("no test")),
        ("RFC 6749,4.1,A code ends.,token::a_helper,", Some("no test")),
        ("RFC 6749,4.1,A code ends.,token::asleep,", Some("no test")),
        ("RFC 6749,4.1,A code ends.,codes::a_code_ends,", Some("no test")),
        ("RFC 6749,4.1,A code ends.,a_code_ends,", Some("no test")),
        ("RFC 6749,4.1,A code ends.,,", Some("either a test or a reason")),
        ("RFC 6749,4.1,A code ends.,token::a_code_ends,none", Some("either a test or a reason")),
        ("RFC 6749,,A code ends.,token::a_code_ends,", Some("never empty")),
        ("RFC 6749,4.1,A code ends.,token::a_code_ends", Some("4 columns")),
    ];
    for (row, expected) in table {
        let found = faults(&format!("{}\n{row}\n", HEADER.join(",")), source);
        match expected {
            None => assert_eq!(found, Vec::<String>::new(), "{row}"),
            Some(words) => assert!(found.iter().any(|fault| fault.contains(words)), "{row}: {found:?}"),
        }
    }
}

#[test]
fn a_row_that_stands_there_twice_is_found() {
    let row = "RFC 6749,4.1,TLS is used.,,operator\n";

    let found = faults(&format!("{}\n{row}{row}", HEADER.join(",")), |_| None);

    assert_eq!(found, ["line 3: the sentence stands there twice"]);
}
