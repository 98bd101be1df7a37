//! What deciding one account promises while its owner waits: it is decided as a whole run decides it, nobody of another name
//! is read or decided, and where more has to be looked at than there is time for, the account asks and is linked to nobody.

use crate::support::TestApp;
use crate::support::people::{bring as bring_people, people};
use crate::support::records::count_of;
use crate::support::trail::Hand;
use motlan::app::cli::bench::matching::class::Class;
use motlan::app::cli::bench::matching::population::{Population, Row, SOURCES};
use motlan::base::date;
use motlan::base::id::PersonId;
use motlan::model::legacy_account::{AccountKey, FoldedName};
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::service::Origin;
use motlan::service::legacy::import;
use motlan::service::legacy::matching::{self, Request, Seen};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::store::{legacy_matching, persons};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Cursor;
use time::macros::date;

const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone\n";
const NUMBER: &str = "074086000001";
const BORN: &str = "14/03/1986";

/// A provider with old systems of which nothing is known yet.
async fn house(ids: &[&str]) -> TestApp {
    let app = TestApp::start().await;
    for id in ids {
        let source = NewSource {
            id: (*id).to_owned(),
            name: None,
            province: None,
            as_of: Some(date!(2025 - 06 - 30)),
            sunset_on: None,
            settings: Settings::Hashes(HashSettings::default()),
            secret: None,
        };
        sources::add(app.services(), source, "os:test").await.expect("a source");
    }
    app
}

/// Brings accounts of a source in.
async fn bring(app: &TestApp, source: &str, rows: &str) {
    let origin = Origin::command_line();
    let request =
        import::Request { source, encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let text = format!("{HEADER}{rows}");
    let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
}

/// Brings people of the directory in.
async fn bring_officials(app: &TestApp, rows: &str) {
    let report = bring_people(app, rows).await;
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
}

async fn match_all(app: &TestApp) {
    let origin = Origin::command_line();
    let request = Request { source: None, actor: "os:test", origin: &origin };
    matching::run(app.services(), &request, |_| {}).await.expect("a summary");
}

/// Decides as for somebody who waits.
async fn decide(app: &TestApp, full_name: &str) {
    let name = FoldedName::read(full_name);
    matching::decide_name(app.services(), name.sorted(), &Origin::command_line()).await.expect("decided");
}

/// What is decided of an account. Ids are others in every database, so people are told by their user names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    decision: String,
    rule: String,
    /// The owner's user name and e-mail address.
    owner: Option<(String, Option<String>)>,
    /// Who may be the owner, with what was seen of them.
    candidates: BTreeSet<(String, Vec<String>)>,
    more: bool,
}

/// What is decided, by `source/legacy_id`.
async fn told(app: &TestApp) -> BTreeMap<String, Told> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let first = AccountKey { source: String::new(), legacy_id: String::new() };
    let rows = legacy_matching::list_report(&mut conn, "", &first, 10_000).await.expect("rows");
    let mut ids: BTreeSet<PersonId> = rows.iter().filter_map(|row| row.person_id.clone().map(PersonId)).collect();
    for row in &rows {
        ids.extend(Seen::read(&row.evidence).candidates.into_iter().filter_map(|seen| seen.person));
    }
    let ids: Vec<PersonId> = ids.into_iter().collect();
    let known = persons::list_with_positions(&mut conn, &ids).await.expect("people");
    let mut told = BTreeMap::new();
    for row in rows {
        let seen = Seen::read(&row.evidence);
        let whom = |person: Option<PersonId>, source: Option<String>, legacy_id: Option<String>| match person {
            Some(person) => known[&person].username.clone(),
            None => format!("{}/{}", source.unwrap_or_default(), legacy_id.unwrap_or_default()),
        };
        let is_owned = matches!(row.decision.as_str(), "linked" | "created");
        let owner = row.person_id.clone().map(PersonId).filter(|_| is_owned);
        let one = Told {
            decision: row.decision,
            rule: row.rule,
            owner: owner.map(|person| (known[&person].username.clone(), known[&person].email.clone())),
            candidates: seen.candidates.into_iter().map(|one| (whom(one.person, one.source, one.legacy_id), one.seen)).collect(),
            more: seen.more,
        };
        told.insert(format!("{}/{}", row.source, row.legacy_id), one);
    }
    told
}

/// Decision and rule of an account.
async fn decided(app: &TestApp, key: &str) -> (String, String) {
    let told = told(app).await.remove(key).expect("an account");
    (told.decision, told.rule)
}

fn as_words(decision: &str, rule: &str) -> (String, String) {
    (decision.to_owned(), rule.to_owned())
}

const SEED: u64 = 2025;
/// Persons of the population.
const PERSONS: u64 = 400;
/// Accounts under one number, more than are looked at together.
const FILLERS: u64 = 70;

/// A messy population, and a number that many people gave.
fn population() -> Vec<Row> {
    let mut rows: Vec<Row> = Population::new(SEED, PERSONS).flatten().collect();
    let given = ["An", "Bình", "Chi", "Dung", "Giang"];
    rows.extend((0..FILLERS).map(|place| Row {
        source: SOURCES[1],
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

fn name(row: &Row) -> String {
    FoldedName::read(&row.full_name).sorted().to_owned()
}

fn key(row: &Row) -> String {
    format!("{}/{}", row.source, row.legacy_id)
}

fn text(rows: &[&Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let Row { legacy_id, full_name, date_of_birth, personal_number, email, phone, .. } = row;
        let _ = writeln!(text, "{legacy_id},u{legacy_id},{full_name},{date_of_birth},{personal_number},{email},{phone}");
    }
    text
}

/// Every so-manyth row, one a name that is not taken yet.
fn some_of<'r>(rows: &[&'r Row], every: usize, taken: &mut BTreeSet<String>) -> Vec<&'r Row> {
    rows.iter().step_by(every).copied().filter(|row| taken.insert(name(row))).collect()
}

/// A population of which the first source was matched, some whose accounts were used since, some people of the directory,
/// and two more sources that nobody has looked at.
async fn stage(rows: &[Row]) -> TestApp {
    let app = house(&SOURCES).await;
    let mut taken = BTreeSet::new();
    let dated: Vec<&Row> = rows.iter().filter(|row| date::parse(&row.date_of_birth).is_some()).collect();
    let (mut officials, mut numbers) = (String::new(), BTreeSet::new());
    for row in some_of(&dated, 9, &mut taken) {
        let born = date::parse(&row.date_of_birth).map(date::iso).unwrap_or_default();
        let number = row.personal_number.as_str();
        let is_number = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit()) && numbers.insert(number);
        let number = if is_number { number } else { "" };
        let _ = writeln!(officials, "official.{},{},{born},{number},,,,,,,,,,,", row.legacy_id, row.full_name);
    }
    bring_officials(&app, &officials).await;

    let of = |source: &str| rows.iter().filter(|row| row.source == source).collect::<Vec<&Row>>();
    let first = of(SOURCES[0]);
    bring(&app, SOURCES[0], &text(&first)).await;
    match_all(&app).await;
    let used: Vec<String> = some_of(&first, 7, &mut taken).iter().map(|row| format!("'{}'", row.legacy_id)).collect();
    Hand::of(&app)
        .execute(&format!(
            "UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 1
              WHERE source = '{}' AND decision = 'created' AND legacy_id IN ({})",
            SOURCES[0],
            used.join(", ")
        ))
        .await;
    for source in SOURCES.into_iter().skip(1) {
        bring(&app, source, &text(&of(source))).await;
    }
    app
}

#[tokio::test]
async fn an_account_that_is_decided_alone_is_decided_as_in_a_whole_run() {
    let rows = population();
    let (alone, whole) = (stage(&rows).await, stage(&rows).await);
    let before = told(&alone).await;
    assert_eq!(before, told(&whole).await, "both begin alike");
    match_all(&whole).await;
    let expected = told(&whole).await;
    let later: Vec<&Row> = rows.iter().filter(|row| row.source != SOURCES[0]).collect();
    let sample: Vec<&Row> = later.iter().step_by(9).copied().collect();
    let kinds: BTreeSet<&str> = sample.iter().map(|row| expected[&key(row)].decision.as_str()).collect();
    assert_eq!((sample.len() >= 50, kinds), (true, BTreeSet::from(["created", "linked", "review"])));

    let mut names = BTreeSet::new();
    for row in &sample {
        decide(&alone, &row.full_name).await;
        assert_eq!(told(&alone).await[&key(row)], expected[&key(row)], "{row:?}");
        names.insert(name(row));
    }

    let after = told(&alone).await;
    for row in &rows {
        let (key, is_decided) = (key(row), names.contains(&name(row)));
        let wanted = if is_decided { &expected[&key] } else { &before[&key] };
        assert_eq!(&after[&key], wanted, "{key}: {}", if is_decided { "of a decided name" } else { "of another name" });
    }
    match_all(&alone).await;
    assert_eq!(told(&alone).await, expected, "and the next run comes to the same end");
}

#[tokio::test]
async fn an_account_of_another_name_that_cannot_be_read_keeps_nobody_waiting() {
    let app = house(&["bd"]).await;
    bring(&app, "bd", &format!("1,an,Nguyễn Văn An,{BORN},{NUMBER},,\n2,be,Trần Thị Bé,{BORN},,,\n")).await;
    Hand::of(&app).execute("UPDATE legacy_accounts SET number_kind = 'unreadable' WHERE legacy_id = '2'").await;

    decide(&app, "Nguyễn Văn An").await;

    assert_eq!(decided(&app, "bd/1").await, as_words("created", "no_counterpart"));
    assert_eq!(decided(&app, "bd/2").await, as_words("", ""));
    let origin = Origin::command_line();
    let request = Request { source: None, actor: "os:test", origin: &origin };
    assert!(matching::run(app.services(), &request, |_| {}).await.is_err(), "whoever reads it stops");
}

#[tokio::test]
async fn a_name_that_too_many_have_to_be_looked_at_meanwhile_asks_and_links_nobody_until_a_whole_run() {
    let app = house(&["bd", "vt"]).await;
    bring_officials(&app, &format!("an.nv,Nguyễn Văn An,1986-03-14,{NUMBER},,,,,,,,,,,\n")).await;
    bring(&app, "bd", "1,an,Nguyễn Văn An,,,,\n").await;
    Hand::of(&app)
        .execute(
            "INSERT INTO legacy_accounts
                 (source, legacy_id, username, username_folded, full_name, name_sorted, born_text, number_kind, email, phone,
                  unit_code, unit_name, district_name, title, status, last_login_at, row_digest, import_id, added_at, changed_at)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
             SELECT a.source, 'x' || n.i, a.username, a.username_folded, a.full_name, a.name_sorted, a.born_text, a.number_kind,
                    a.email, a.phone, a.unit_code, a.unit_name, a.district_name, a.title, a.status, a.last_login_at,
                    a.row_digest, a.import_id, a.added_at, a.changed_at
               FROM legacy_accounts a CROSS JOIN n
              WHERE a.legacy_id = '1'",
        )
        .await;
    app.advance_seconds(60);
    bring(&app, "vt", &format!("9,an,Nguyễn Văn An,{BORN},{NUMBER},,\n")).await;

    decide(&app, "Nguyễn Văn An").await;

    let meanwhile = told(&app).await;
    let (arrived, asked) = (&meanwhile["vt/9"], meanwhile.values().filter(|one| one.decision == "review").count());
    assert_eq!((arrived.decision.as_str(), arrived.rule.as_str(), &arrived.owner), ("review", "name_too_common", &None));
    assert_eq!(asked, 20, "the newest of the name");
    assert!(meanwhile.values().all(|one| one.decision == "review" || one.decision.is_empty()));
    assert_eq!(people(&app).await, 1, "nobody is made");
    for event in ["legacy.account_linked", "legacy.person_created"] {
        assert_eq!(count_of(&app, event).await, 0, "{event}");
    }

    match_all(&app).await;
    let end = told(&app).await;
    assert_eq!(end["vt/9"].rule, "strong_number_name");
    assert_eq!(end["vt/9"].owner.as_ref().map(|(username, _)| username.as_str()), Some("an.nv"));
}

#[tokio::test]
async fn somebody_whose_name_was_told_before_names_could_be_found_is_found() {
    let app = house(&["bd"]).await;
    bring_officials(&app, "kim.nt,Nguyễn Thị Kim,1986-03-14,,,,,,,,,,,,\n").await;
    Hand::of(&app).execute("UPDATE person_facts SET name_sorted = NULL").await;
    bring(&app, "bd", &format!("1,kim,KIM NGUYEN THI,{BORN},,,\n")).await;

    decide(&app, "KIM NGUYEN THI").await;

    assert_eq!(decided(&app, "bd/1").await, as_words("review", "no_number_agreement"));
    let candidates = told(&app).await.remove("bd/1").expect("an account").candidates;
    assert_eq!(candidates.into_iter().map(|(whom, _)| whom).collect::<Vec<_>>(), ["kim.nt"]);
    assert_eq!(people(&app).await, 1, "nobody is made twice");
}

#[tokio::test]
async fn an_account_without_a_name_waits_for_a_whole_run() {
    let app = house(&["bd"]).await;
    bring(&app, "bd", &format!("1,x1,--,{BORN},{NUMBER},,\n")).await;

    decide(&app, "--").await;

    assert_eq!(decided(&app, "bd/1").await, as_words("", ""));
    assert_eq!(people(&app).await, 0);
    match_all(&app).await;
    assert_eq!(decided(&app, "bd/1").await, as_words("review", "name_missing"));
}
