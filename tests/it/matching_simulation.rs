//! Matching over messy populations of known truth: no two people become one, the strongly evidenced are joined, and
//! whoever has no counterpart becomes a person. `MOTLAN_TEST_POPULATION` tells how many persons there are. A smaller one
//! is brought in and matched page by page, and comes to what the rules say of all accounts at once.

use crate::support::TestApp;
use motlan::app::cli::bench::matching::class::Class;
use motlan::app::cli::bench::matching::population::{Draw, Population, Row};
use motlan::base::date;
use motlan::base::digest::sha256;
use motlan::model::legacy_account::{AccountKey, AccountStatus, Facts, FoldedName, LegacyAccount, Number, NumberToken};
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::model::matching::{Block, Decision, Kind, Whom, decide_all};
use motlan::service::Origin;
use motlan::service::legacy::import;
use motlan::service::legacy::matching::report::Report;
use motlan::service::legacy::matching::{self, Request};
use motlan::service::legacy::sources::{self, NewSource};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Cursor;
use time::macros::date;

const SEED: u64 = 2025;

fn persons() -> u64 {
    std::env::var("MOTLAN_TEST_POPULATION").map_or(6_000, |count| count.parse().expect("a number of persons"))
}

fn rows() -> Vec<Row> {
    Population::new(SEED, persons()).flatten().collect()
}

fn key(row: &Row) -> AccountKey {
    AccountKey { source: row.source.to_owned(), legacy_id: row.legacy_id.clone() }
}

fn account(row: &Row) -> LegacyAccount {
    let number = Number::read(&row.personal_number, |digits| NumberToken(sha256(digits.as_bytes())));
    LegacyAccount {
        key: key(row),
        facts: Facts::new(&row.full_name, date::parse(&row.date_of_birth), number).with_contacts(&row.email, &row.phone),
        status: AccountStatus::Active,
        settled: None,
    }
}

fn decided(accounts: Vec<LegacyAccount>) -> Vec<(AccountKey, Decision)> {
    decide_all(&Block { persons: Vec::new(), accounts })
}

/// The account that makes the person to whom an account belongs; nothing while somebody is asked.
fn owner(key: &AccountKey, decision: &Decision) -> Option<AccountKey> {
    match &decision.kind {
        Kind::Create => Some(key.clone()),
        Kind::Link(Whom::Account(first)) => Some(first.clone()),
        Kind::Link(Whom::Person(_)) | Kind::Review(_) | Kind::Reject => None,
    }
}

/// How many of a class there are, and how many of them were joined, created and asked about.
#[derive(Default)]
struct Share {
    all: usize,
    joined: usize,
    created: usize,
    asked: usize,
}

#[test]
fn no_two_people_become_one_and_each_class_is_answered_as_it_should_be() {
    let rows = rows();
    let by_key: HashMap<AccountKey, &Row> = rows.iter().map(|row| (key(row), row)).collect();
    assert_eq!(by_key.len(), rows.len(), "every account has a key of its own");

    let mut shares: BTreeMap<Class, Share> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (key, decision) in decided(rows.iter().map(account).collect()) {
        let row = by_key[&key];
        let owner = owner(&key, &decision);
        if let Some(first) = owner.as_ref().filter(|first| by_key[*first].truth != row.truth) {
            wrong.push(format!("{key} was joined with {first}"));
        }
        let share = shares.entry(row.class).or_default();
        share.all += 1;
        match decision.kind {
            Kind::Link(_) => share.joined += 1,
            Kind::Create => share.created += 1,
            Kind::Review(_) => share.asked += 1,
            Kind::Reject => wrong.push(format!("{key} was rejected")),
        }
    }

    println!("| class | accounts | joined | created | asked |\n| --- | ---: | ---: | ---: | ---: |");
    for (class, Share { all, joined, created, asked }) in &shares {
        println!("| {class:?} | {all} | {joined} | {created} | {asked} |");
    }
    assert_eq!(wrong, Vec::<String>::new());
    let at_least = |part: usize, share: &Share| assert!(part * 100 >= share.all * 99, "{part} of {}", share.all);
    let of = |class: Class| shares.get(&class).unwrap_or_else(|| panic!("no row is {class:?}"));
    // Whoever is the first of a person makes it; the others of the class are linked to it.
    at_least(of(Class::Joined).joined + of(Class::Joined).created, of(Class::Joined));
    assert!(of(Class::Joined).joined * 2 >= of(Class::Joined).all, "a person of this class has two accounts or more");
    at_least(of(Class::Alone).created, of(Class::Alone));
    for class in [Class::Disputed, Class::Alike, Class::Asking] {
        at_least(of(class).asked, of(class));
        assert_eq!(of(class).joined, 0, "{class:?}");
    }
    assert_eq!(of(Class::Unasked).joined, 0);
}

#[test]
fn the_order_of_import_does_not_change_the_outcome() {
    let mut accounts: Vec<LegacyAccount> = rows().iter().map(account).collect();
    let expected = decided(accounts.clone());
    for seed in 1..=2 {
        Draw(seed).shuffle(&mut accounts);
        assert!(decided(accounts.clone()) == expected, "the order of seed {seed} was answered otherwise");
    }
}

/// Persons of the population that is brought in.
const BROUGHT_IN: u64 = 400;
/// Accounts under one number, more than are looked at together.
const FILLERS: u64 = 70;

/// A small population, and a number that many people gave.
fn with_a_filler() -> Vec<Row> {
    let mut rows: Vec<Row> = Population::new(SEED, BROUGHT_IN).flatten().collect();
    let (source, given) = (rows[0].source, ["An", "Bình", "Chi", "Dung", "Giang"]);
    rows.extend((0..FILLERS).map(|place| Row {
        source,
        legacy_id: format!("filler-{place}"),
        full_name: format!("Quách {}", given[usize::try_from(place).unwrap_or_default() % given.len()]),
        date_of_birth: String::new(),
        personal_number: "079080999999".to_owned(),
        email: String::new(),
        phone: String::new(),
        truth: 1_000_000 + place,
        class: Class::Disputed,
    }));
    rows
}

/// The sources of some rows with these rows, brought in.
async fn brought_in(rows: &[Row]) -> TestApp {
    let app = TestApp::start().await;
    let origin = Origin::command_line();
    let all: BTreeSet<&str> = rows.iter().map(|row| row.source).collect();
    for id in all {
        let source = NewSource {
            id: id.to_owned(),
            name: None,
            province: None,
            as_of: Some(date!(2025 - 06 - 30)),
            sunset_on: None,
            settings: Settings::Hashes(HashSettings::default()),
            secret: None,
        };
        sources::add(app.services(), source, "os:test").await.expect("a source");
        let mut text = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone\n".to_owned();
        for row in rows.iter().filter(|row| row.source == id) {
            let Row { legacy_id, full_name, date_of_birth, personal_number, email, phone, .. } = row;
            let _ = writeln!(text, "{legacy_id},u{legacy_id},{full_name},{date_of_birth},{personal_number},{email},{phone}");
        }
        let request =
            import::Request { source: id, encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
        let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    }
    app
}

/// What was decided of each account, by which rule, and the account that made its person.
type Told = BTreeMap<String, (String, String, Option<String>)>;

async fn matched(app: &TestApp, source: Option<&str>) -> Told {
    let origin = Origin::command_line();
    let request = Request { source, actor: "os:test", origin: &origin };
    matching::run(app.services(), &request, |_| {}).await.expect("a summary");
    let mut report = Report::begin(app.services(), None);
    let mut lines = Vec::new();
    loop {
        let page = report.next_lines().await.expect("lines");
        if page.is_empty() {
            break;
        }
        lines.extend(page);
    }
    let key = |line: &[String; 9]| format!("{}/{}", line[0], line[1]);
    let makers: HashMap<String, String> =
        lines.iter().filter(|line| line[2] == "created").map(|line| (line[3].clone(), key(line))).collect();
    lines.iter().map(|line| (key(line), (line[2].clone(), line[4].clone(), makers.get(&line[3]).cloned()))).collect()
}

#[tokio::test]
async fn a_run_by_pages_comes_to_what_the_rules_say_of_all_accounts_at_once() {
    let rows = with_a_filler();
    let expected: Told = decided(rows.iter().map(account).collect())
        .into_iter()
        .map(|(key, decision)| {
            let owner = owner(&key, &decision).map(|first| first.to_string());
            (key.to_string(), (decision.kind.word().to_owned(), decision.rule.word().to_owned(), owner))
        })
        .collect();
    let app = brought_in(&rows).await;
    let source = rows[0].source;
    let name = |row: &Row| FoldedName::read(&row.full_name).sorted().to_owned();
    let names: BTreeSet<String> = rows.iter().filter(|row| row.source == source).map(name).collect();

    let of_one = matched(&app, Some(source)).await;
    let of_all = matched(&app, None).await;

    for row in &rows {
        let key = key(row).to_string();
        let nothing = (String::new(), String::new(), None);
        let wanted = if names.contains(&name(row)) { &expected[&key] } else { &nothing };
        assert_eq!(&of_one[&key], wanted, "{key} in the run of {source}");
        assert_eq!(of_all[&key], expected[&key], "{key} in the whole run");
    }
}
