//! What matching legacy accounts promises: one person each, no weak link, the same end in whatever order sources came,
//! and nothing that a human decided or that somebody uses is touched.

use crate::support::TestApp;
use crate::support::people::{HEADER as PEOPLE, people, person};
use crate::support::records::{count_of, rows_of};
use crate::support::trail::Hand;
use motlan::base::id::PersonId;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::model::person::Person;
use motlan::service::Origin;
use motlan::service::legacy::import;
use motlan::service::legacy::matching::report::Report;
use motlan::service::legacy::matching::{self, MatchError, Request, Seen, Summary};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::provisioning::person_import;
use motlan::store::persons;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use time::macros::date;

const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone,unit_code,title,status\n";
const NUMBER: &str = "074086000001";
const BORN: &str = "14/03/1986";

/// A provider with the units and three old systems.
async fn house() -> TestApp {
    let app = TestApp::with_registry().await;
    for (id, province) in [("bd", "74"), ("hcm", "79"), ("vt", "77")] {
        let source = NewSource {
            id: id.to_owned(),
            name: None,
            province: Some(province.to_owned()),
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
async fn bring(app: &TestApp, source: &str, rows: &[String]) {
    let origin = Origin::command_line();
    let text = format!("{HEADER}{}", rows.concat());
    let request =
        import::Request { source, encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
}

/// An account without a unit.
fn account(id: &str, username: &str, name: &str, born: &str, number: &str) -> String {
    format!("{id},{username},{name},{born},{number},,,,,\n")
}

/// An account in a unit.
fn placed(id: &str, name: &str, number: &str, unit: &str) -> String {
    format!("{id},u.{id},{name},{BORN},{number},,,{unit},Chuyên viên,active\n")
}

async fn try_to_match(app: &TestApp, source: Option<&str>) -> Result<Summary, MatchError> {
    let origin = Origin::command_line();
    matching::run(app.services(), &Request { source, actor: "os:test", origin: &origin }, |_| {}).await
}

async fn matched(app: &TestApp) -> Summary {
    try_to_match(app, None).await.expect("a summary")
}

/// The lines of the report by `source/legacy_id`.
async fn lines(app: &TestApp) -> BTreeMap<String, [String; 9]> {
    let mut report = Report::begin(app.services(), None);
    let mut lines = BTreeMap::new();
    loop {
        let page = report.next_lines().await.expect("lines");
        if page.is_empty() {
            return lines;
        }
        lines.extend(page.into_iter().map(|line| (format!("{}/{}", line[0], line[1]), line)));
    }
}

/// What was decided of an account, by which rule.
async fn decided(app: &TestApp, key: &str) -> (String, String) {
    let line = lines(app).await.remove(key).expect("an account");
    (line[2].clone(), line[4].clone())
}

fn as_words(decision: &str, rule: &str) -> (String, String) {
    (decision.to_owned(), rule.to_owned())
}

/// Whose an account is.
async fn owner(app: &TestApp, key: &str) -> Option<PersonId> {
    let line = lines(app).await.remove(key).expect("an account");
    (!line[3].is_empty()).then(|| PersonId(line[3].clone()))
}

async fn person_of(app: &TestApp, key: &str) -> Person {
    let id = owner(app, key).await.expect("an owner");
    let mut conn = app.services().store.read().await.expect("a connection");
    persons::find(&mut conn, &id).await.expect("an answer").expect("a person")
}

/// Somebody who is in the directory by a file of people.
async fn official(app: &TestApp, username: &str, name: &str, number: &str) -> PersonId {
    let origin = Origin::command_line();
    let request = person_import::Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let text = format!("{PEOPLE}{username},{name},1986-03-14,{number},,,,,,,,,,,\n");
    let report = person_import::import(app.services(), text.as_bytes(), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    person(app, username).await.expect("a person").id
}

#[tokio::test]
async fn accounts_of_one_number_and_name_become_one_person_and_a_second_run_changes_nothing() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "BD\\An.NV", "NGUYEN VAN AN", "", NUMBER)]).await;
    bring(&app, "vt", &[account("9", "annguyen", "Nguyễn Văn An", BORN, NUMBER)]).await;

    let first = matched(&app).await;

    assert_eq!((first.created, first.linked, first.review, first.persons_new), (1, 1, 0, 1));
    assert_eq!(owner(&app, "bd/1").await, owner(&app, "vt/9").await);
    let an = person_of(&app, "vt/9").await;
    assert_eq!((an.username.as_str(), an.full_name.as_str()), ("an.nv", "Nguyễn Văn An"), "the best that is told");
    assert_eq!((an.date_of_birth, an.has_personal_number), (Some(date!(1986 - 03 - 14)), true));
    assert_eq!(decided(&app, "vt/9").await, as_words("linked", "strong_number_name"));
    let (before, events) = (lines(&app).await, app.audit_events().await);
    app.advance_seconds(60);
    let again = matched(&app).await;
    assert_eq!((again.changed, again.persons_new, again.positions_new), (0, 0, 0));
    assert_eq!((lines(&app).await, app.audit_events().await), (before, events));
}

#[tokio::test]
async fn everybody_who_is_made_and_every_account_that_is_linked_is_on_record() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, NUMBER), account("2", "be", "Trần Thị Bé", "", "")]).await;
    bring(&app, "vt", &[account("9", "an", "Nguyễn Văn An", BORN, NUMBER)]).await;

    matched(&app).await;

    assert_eq!(count_of(&app, "legacy.matched").await, 1);
    assert_eq!(count_of(&app, "legacy.person_created").await, 2);
    let linked = rows_of(&app, "legacy.account_linked").await;
    assert_eq!(linked.len(), 3);
    let an = owner(&app, "bd/1").await.expect("an owner");
    assert_eq!(linked.iter().filter(|row| row.person_id.as_deref() == Some(an.as_str())).count(), 2);
    assert!(linked.iter().all(|row| !row.detail.contains(NUMBER)), "no number is on record");
}

#[tokio::test]
async fn less_than_a_number_asks_and_makes_nobody_one() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, ""), account("2", "be", "Trần Thị Bé", BORN, NUMBER)]).await;
    bring(&app, "vt", &[account("9", "an", "Nguyễn Văn An", BORN, ""), account("8", "tu", "Lê Văn Tư", BORN, NUMBER)]).await;

    let summary = matched(&app).await;

    assert_eq!((summary.review, summary.created, summary.linked), (4, 0, 0));
    assert_eq!(people(&app).await, 0);
    assert_eq!(decided(&app, "bd/1").await, as_words("review", "no_number_agreement"));
    assert_eq!(decided(&app, "vt/8").await, as_words("review", "name_differs"));
    assert_eq!(count_of(&app, "legacy.person_created").await, 0);
}

#[tokio::test]
async fn the_order_in_which_sources_come_does_not_change_the_outcome() {
    let accounts = [
        ("bd", vec![account("1", "an", "Nguyễn Văn An", BORN, NUMBER), account("2", "be", "Trần Thị Bé", BORN, "")]),
        ("hcm", vec![account("1", "an", "An Nguyễn Văn", "", NUMBER), account("3", "cu", "Lê Văn Cư", BORN, "")]),
        ("vt", vec![account("1", "x", "nguyen van an", "", NUMBER), account("2", "be", "Trần Thị Bé", BORN, "")]),
    ];
    let mut ends = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        for between in [false, true] {
            let app = house().await;
            for place in order {
                bring(&app, accounts[place].0, &accounts[place].1).await;
                if between {
                    matched(&app).await;
                }
            }
            matched(&app).await;
            let lines = lines(&app).await;
            let mut households: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (key, line) in &lines {
                households.entry(line[3].clone()).or_default().insert(key.clone());
            }
            let words: Vec<(String, String, String)> =
                lines.iter().map(|(key, line)| (key.clone(), line[2].clone(), line[4].clone())).collect();
            ends.push((words, households.into_values().collect::<BTreeSet<_>>()));
        }
    }

    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
    let (words, households) = &ends[0];
    assert_eq!(words.iter().filter(|(_, decision, _)| decision == "review").count(), 2);
    let of_an: BTreeSet<String> = ["bd/1", "hcm/1", "vt/1"].map(str::to_owned).into();
    assert!(households.contains(&of_an), "{households:?}");
}

#[tokio::test]
async fn somebody_of_the_directory_is_linked_by_their_number_and_asked_about_by_their_name() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring(&app, "bd", &[account("1", "kim", "NGUYEN THI KIM", BORN, NUMBER), account("2", "kim2", "Nguyễn Thị Kim", BORN, "")])
        .await;

    let summary = matched(&app).await;

    assert_eq!((summary.linked, summary.review, summary.persons_new), (1, 1, 0));
    assert_eq!((owner(&app, "bd/1").await, owner(&app, "bd/2").await), (Some(kim.clone()), None));
    let kept = evidence(&app, "bd", "2").await;
    assert_eq!(kept.candidates.first().and_then(|candidate| candidate.person.clone()), Some(kim));
    assert_eq!(people(&app).await, 1);
}

/// What is kept of a decision.
async fn evidence(app: &TestApp, source: &str, legacy_id: &str) -> Seen {
    let mut conn = app.services().store.read().await.expect("a connection");
    let after = motlan::model::legacy_account::AccountKey { source: String::new(), legacy_id: String::new() };
    let rows = motlan::store::legacy_matching::list_report(&mut conn, source, &after, 100).await.expect("rows");
    let row = rows.into_iter().find(|row| row.legacy_id == legacy_id).expect("an account");
    Seen::read(&row.evidence)
}

#[tokio::test]
async fn what_a_human_decided_stays_and_counts() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(
        &app,
        "bd",
        &[
            account("1", "kim", "Nguyễn Thị Kim", BORN, NUMBER),
            account("2", "an", "Lê Văn An", BORN, ""),
            account("3", "be", "Trần Thị Bé", BORN, ""),
        ],
    )
    .await;
    bring(&app, "vt", &[account("1", "kimnt", "Nguyễn Thị Kim", BORN, NUMBER)]).await;
    let hand = Hand::of(&app);
    for (id, decision, owner) in
        [("1", "linked", format!("'{kim}'")), ("2", "rejected", "NULL".into()), ("3", "review", "NULL".into())]
    {
        hand.execute(&format!(
            "UPDATE legacy_accounts SET decision = '{decision}', rule = 'by_hand', person_id = {owner}, decided_by = '{kim}'
              WHERE source = 'bd' AND legacy_id = '{id}'"
        ))
        .await;
    }

    let summary = matched(&app).await;

    assert_eq!((summary.changed, summary.persons_new), (1, 0), "only the account that nobody decided");
    for (id, decision) in [("bd/1", "linked"), ("bd/2", "rejected"), ("bd/3", "review")] {
        assert_eq!(decided(&app, id).await, as_words(decision, "by_hand"), "{id}");
    }
    assert_eq!(owner(&app, "vt/1").await, Some(kim), "through the number of the account that is hers");
}

#[tokio::test]
async fn an_account_that_its_owner_uses_keeps_them_whoever_comes_later() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, "")]).await;
    matched(&app).await;
    let an = owner(&app, "bd/1").await;
    Hand::of(&app).execute("UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 1").await;

    bring(&app, "vt", &[account("9", "an", "Nguyễn Văn An", BORN, "")]).await;
    matched(&app).await;

    assert_eq!((decided(&app, "bd/1").await.0, owner(&app, "bd/1").await), ("created".to_owned(), an.clone()));
    assert_eq!((decided(&app, "vt/9").await.0, owner(&app, "vt/9").await), ("review".to_owned(), None));
    assert_eq!(evidence(&app, "vt", "9").await.candidates.first().and_then(|seen| seen.person.clone()), an);
}

#[tokio::test]
async fn whoever_becomes_a_question_is_the_same_person_again_when_it_is_answered() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, "")]).await;
    matched(&app).await;
    let an = owner(&app, "bd/1").await;
    bring(&app, "vt", &[account("9", "an", "Nguyễn Văn An", BORN, "")]).await;
    matched(&app).await;
    assert_eq!((decided(&app, "bd/1").await.0, owner(&app, "bd/1").await), ("review".to_owned(), None));
    assert_eq!(evidence(&app, "bd", "1").await.before, an);
    assert_eq!(count_of(&app, "legacy.account_released").await, 1);

    Hand::of(&app)
        .execute("UPDATE legacy_accounts SET decision = 'rejected', rule = 'by_hand', decided_by = 'p' WHERE source = 'vt'")
        .await;
    matched(&app).await;

    assert_eq!((decided(&app, "bd/1").await.0, owner(&app, "bd/1").await), ("created".to_owned(), an));
    assert_eq!(people(&app).await, 1, "nobody is made twice");
}

#[tokio::test]
async fn a_corrected_row_leads_to_the_same_person_and_the_next_owner_of_its_key_to_another() {
    let app = house().await;
    bring(
        &app,
        "bd",
        &[account("1", "an", "Nguyen Van An", BORN, NUMBER), account("2", "be", "Trần Thị Bé", BORN, "074186000002")],
    )
    .await;
    matched(&app).await;
    let (an, be) = (owner(&app, "bd/1").await, owner(&app, "bd/2").await);

    bring(
        &app,
        "bd",
        &[account("1", "an", "Nguyễn Văn Ân", BORN, NUMBER), account("2", "tu", "Lê Văn Tư", "02/09/1990", "074090000003")],
    )
    .await;
    matched(&app).await;

    assert_eq!(owner(&app, "bd/1").await, an);
    let tu = person_of(&app, "bd/2").await;
    assert_ne!(Some(&tu.id), be.as_ref(), "a key that is given out again is another person's");
    assert_eq!(tu.full_name, "Lê Văn Tư");
}

#[tokio::test]
async fn user_names_are_those_of_the_old_accounts_as_far_as_they_are_free() {
    let app = house().await;
    official(&app, "an", "Phạm Văn An", "").await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, ""), account("2", "Thảo Lê", "Lê Thị Thảo", "", "")]).await;
    bring(&app, "vt", &[account("1", "AN", "Trần Hoài An", BORN, "")]).await;

    matched(&app).await;

    assert_eq!(person_of(&app, "bd/1").await.username, "an.bd");
    assert_eq!(person_of(&app, "bd/2").await.username, "thao.le");
    assert_eq!(person_of(&app, "vt/1").await.username, "an.vt");
}

#[tokio::test]
async fn an_address_of_an_office_is_nobodys_own() {
    let app = house().await;
    let row = |id: &str, name: &str, email: &str| format!("{id},u{id},{name},,,{email},0274 123 456,,,\n");
    let rows = [
        row("1", "Nguyễn Văn An", "vanphong@bd.vn"),
        row("2", "Trần Thị Bé", "VanPhong@bd.vn"),
        row("3", "Lê Văn Tư", "tu@bd.vn"),
    ];
    bring(&app, "bd", &rows).await;

    let summary = matched(&app).await;

    assert_eq!(summary.created, 3, "an address links nobody");
    assert_eq!(person_of(&app, "bd/1").await.email, None);
    assert_eq!(person_of(&app, "bd/3").await.email.as_deref(), Some("tu@bd.vn"));
    assert_eq!(person_of(&app, "bd/1").await.phone.as_deref(), Some("0274 123 456"));
}

#[tokio::test]
async fn a_person_who_is_made_gets_a_position_where_the_unit_is_certain_and_once() {
    let app = house().await;
    let rows = [
        placed("1", "Nguyễn Văn An", NUMBER, "25747"),
        placed("2", "Trần Thị Bé", "074186000002", "25741"),
        placed("3", "Lê Văn Tư", "074086000003", "25747").replace("active", "disabled"),
    ];
    bring(&app, "bd", &rows).await;

    let first = matched(&app).await;

    assert_eq!((first.created, first.positions_new), (3, 1));
    let an = person_of(&app, "bd/1").await;
    let held = an.positions.first().expect("a position");
    let line = lines(&app).await.remove("bd/1").expect("an account");
    assert_eq!((line[5].as_str(), line[6].as_str(), line[7].as_str()), ("mapped", held.unit.as_str(), "25747"));
    assert_eq!((held.title.as_str(), held.primary, held.valid_from), ("Chuyên viên", true, date!(2025 - 07 - 01)));
    assert!(person_of(&app, "bd/2").await.positions.is_empty(), "a divided commune is a human's to decide");
    assert!(person_of(&app, "bd/3").await.positions.is_empty(), "the account could not be used any more");

    Hand::of(&app)
        .execute(&format!(
            "UPDATE legacy_accounts SET unit_decision = 'mapped', unit_id = '{}', unit_decided_by = 'p' WHERE legacy_id = '2'",
            held.unit
        ))
        .await;
    assert_eq!(matched(&app).await.positions_new, 1);
    assert_eq!(person_of(&app, "bd/2").await.positions.len(), 1);
    let again = matched(&app).await;
    assert_eq!((again.positions_new, again.changed), (0, 0));
}

#[tokio::test]
async fn two_runs_at_once_make_nobody_twice() {
    let app = house().await;
    let number = |place: usize| format!("0740{:02}{place:06}", 70 + place % 30);
    let rows: Vec<String> =
        (0..300).map(|place| account(&place.to_string(), &format!("u{place}"), "Nguyễn Văn An", "", &number(place))).collect();
    bring(&app, "bd", &rows).await;
    bring(&app, "vt", &rows).await;

    let (one, other) = tokio::join!(try_to_match(&app, None), try_to_match(&app, None));

    let (one, other) = (one.expect("a summary"), other.expect("a summary"));
    assert_eq!(one.persons_new + other.persons_new, 300);
    assert_eq!(people(&app).await, 300);
    let end = matched(&app).await;
    assert_eq!((end.created, end.linked, end.changed), (300, 300, 0));
}

#[tokio::test]
async fn one_source_is_matched_with_whoever_shares_its_names() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, NUMBER), account("2", "be", "Trần Thị Bé", "", "")]).await;
    bring(&app, "vt", &[account("9", "an", "Nguyễn Văn An", BORN, NUMBER)]).await;

    let summary = try_to_match(&app, Some("vt")).await.expect("a summary");

    assert_eq!((summary.linked, summary.created, summary.undecided), (1, 0, 0));
    assert_eq!(decided(&app, "bd/1").await, as_words("created", "strong_number_name"));
    assert_eq!(decided(&app, "bd/2").await, as_words("", ""), "nobody in the source has this name");
    let unknown = try_to_match(&app, Some("nowhere")).await;
    assert!(matches!(unknown, Err(MatchError::UnknownSource(source)) if source == "nowhere"));
}

#[tokio::test]
async fn an_account_without_a_name_makes_nobody() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring(&app, "bd", &[account("1", "x1", "--", BORN, NUMBER), account("2", "x2", "--", BORN, "")]).await;

    let summary = matched(&app).await;

    assert_eq!((summary.review, summary.rejected, summary.persons_new), (1, 1, 0));
    assert_eq!(decided(&app, "bd/1").await, as_words("review", "name_missing"));
    assert_eq!(evidence(&app, "bd", "1").await.candidates.first().and_then(|seen| seen.person.clone()), Some(kim));
    assert_eq!(matched(&app).await.changed, 0);
}

#[tokio::test]
async fn the_next_owner_of_a_key_is_nobody_whom_a_human_had_decided_on() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, "bd", &[account("7", "kim", "Nguyễn Thị Kim", BORN, NUMBER)]).await;
    Hand::of(&app)
        .execute(&format!(
            "UPDATE legacy_accounts SET decision = 'linked', rule = 'by_hand', person_id = '{kim}', decided_by = 'x'"
        ))
        .await;

    bring(&app, "bd", &[account("7", "be", "Trần Thị Bé", "02/09/1990", "074190000002")]).await;
    matched(&app).await;

    let be = person_of(&app, "bd/7").await;
    assert_ne!(be.id, kim);
    assert_eq!(be.full_name, "Trần Thị Bé");
    let released = rows_of(&app, "legacy.account_released").await;
    assert_eq!(released.iter().map(|row| row.person_id.clone()).collect::<Vec<_>>(), [Some(kim.0)]);
}

#[tokio::test]
async fn an_account_that_somebody_of_the_directory_uses_stays_theirs_whoever_comes_with_their_number() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring(&app, "bd", &[placed("1", "Nguyễn Thị Kim", NUMBER, "25747")]).await;
    matched(&app).await;
    Hand::of(&app).execute("UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 1").await;

    bring(&app, "vt", &[account("9", "tu", "Lê Văn Tư", BORN, NUMBER)]).await;
    matched(&app).await;

    assert_eq!((decided(&app, "bd/1").await.0, owner(&app, "bd/1").await), ("linked".to_owned(), Some(kim)));
    assert_eq!(decided(&app, "vt/9").await, as_words("review", "name_differs"));
    assert_eq!(count_of(&app, "legacy.account_released").await, 0);
    let positions = person(&app, "kim.nt").await.expect("kim").positions;
    assert!(positions.is_empty(), "an account gives nobody of the directory a position");
}

#[tokio::test]
async fn whoever_loses_an_account_by_a_corrected_row_has_it_on_record() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyen Van An", BORN, NUMBER)]).await;
    matched(&app).await;
    let an = owner(&app, "bd/1").await;

    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", BORN, NUMBER)]).await;
    bring(&app, "vt", &[account("9", "be", "Trần Thị Bé", BORN, NUMBER)]).await;
    matched(&app).await;

    assert_eq!(decided(&app, "bd/1").await, as_words("review", "name_differs"));
    let released = rows_of(&app, "legacy.account_released").await;
    assert_eq!(released.iter().map(|row| row.person_id.clone()).collect::<Vec<_>>(), [an.map(|an| an.0)]);
    assert_eq!(count_of(&app, "legacy.account_linked").await, 1, "it was linked once");
}

#[tokio::test]
async fn accounts_that_tell_nothing_hide_nobody_who_contradicts() {
    let app = house().await;
    let filler = |from: usize, name: &str| -> Vec<String> {
        (from..from + 64).map(|id| account(&format!("{id:03}"), &format!("u{id}"), name, "", NUMBER)).collect()
    };
    bring(&app, "bd", &[filler(0, "Phạm Văn Không"), filler(100, "--")].concat()).await;
    Hand::of(&app)
        .execute("UPDATE legacy_accounts SET decision = 'rejected', rule = 'by_hand', decided_by = 'x' WHERE legacy_id < '064'")
        .await;
    bring(&app, "hcm", &[account("1", "be", "Trần Thị Bé", "", NUMBER)]).await;
    bring(&app, "vt", &[account("1", "an", "Nguyễn Văn An", "", NUMBER)]).await;

    matched(&app).await;

    for key in ["hcm/1", "vt/1"] {
        assert_eq!(decided(&app, key).await, as_words("review", "name_differs"), "{key}");
    }
    assert_eq!(people(&app).await, 0, "nobody is made of a number that two people have");
}

#[tokio::test]
async fn a_personal_number_becomes_nobodys_user_name() {
    let app = house().await;
    let rows = [account("1", NUMBER, "Nguyễn Văn An", BORN, NUMBER), account(NUMBER, "074 086 000 001", "Lê Văn Tư", BORN, "")];
    bring(&app, "bd", &rows).await;

    matched(&app).await;

    assert_eq!(person_of(&app, "bd/1").await.username, "an.nv");
    assert_eq!(person_of(&app, &format!("bd/{NUMBER}")).await.username, "tu.lv");
}

#[tokio::test]
async fn a_user_name_that_hundreds_have_gives_each_a_name_of_its_own() {
    let app = house().await;
    let number = |place: usize| format!("0740{:02}{place:06}", 70 + place % 30);
    let rows: Vec<String> =
        (0..150).map(|place| account(&place.to_string(), "admin", "Nguyễn Văn An", "", &number(place))).collect();
    bring(&app, "bd", &rows).await;

    let summary = matched(&app).await;

    assert_eq!((summary.created, summary.persons_new, summary.undecided), (150, 150, 0));
    let names: BTreeSet<String> = [person_of(&app, "bd/7").await, person_of(&app, "bd/8").await, person_of(&app, "bd/149").await]
        .into_iter()
        .map(|person| person.username)
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.starts_with("admin")), "{names:?}");
}

/// The units of the positions that somebody holds.
fn held(person: &Person) -> Vec<&str> {
    person.positions.iter().filter(|held| held.valid_to.is_none()).map(|held| held.unit.as_str()).collect()
}

#[tokio::test]
async fn a_position_ends_when_no_account_gives_it_and_comes_back_with_it() {
    let app = house().await;
    let rows = |unit: &str, status: &str| placed("1", "Nguyễn Văn An", NUMBER, unit).replace("active", status);
    bring(&app, "bd", &[rows("25747", "active")]).await;
    matched(&app).await;
    let before = person_of(&app, "bd/1").await;

    bring(&app, "bd", &[rows("25744", "active")]).await;
    let moved = matched(&app).await;

    assert_eq!((moved.positions_new, moved.positions_ended), (1, 1));
    let after = person_of(&app, "bd/1").await;
    assert_eq!(after.id, before.id);
    assert_eq!((held(&after).len(), after.positions.len()), (1, 2), "the one that ended stays on record");
    assert_ne!(held(&after), held(&before));
    let open = after.positions.iter().find(|held| held.valid_to.is_none()).expect("a position");
    assert!(open.primary);
    assert_eq!(count_of(&app, "legacy.positions_ended").await, 1);
    let again = matched(&app).await;
    assert_eq!((again.changed, again.positions_new, again.positions_ended), (0, 0, 0));

    bring(&app, "bd", &[rows("25744", "locked")]).await;
    let closed = matched(&app).await;
    assert_eq!((closed.positions_new, closed.positions_ended, closed.changed), (0, 1, 0));
    assert!(held(&person_of(&app, "bd/1").await).is_empty());

    bring(&app, "bd", &[rows("25747", "active")]).await;
    let back = matched(&app).await;
    assert_eq!((back.positions_new, back.positions_ended), (1, 0));
    assert_eq!(held(&person_of(&app, "bd/1").await), held(&before));
}

#[tokio::test]
async fn whoever_loses_their_account_loses_its_position_and_whoever_others_vouch_for_keeps_theirs() {
    let app = house().await;
    let rows = [placed("1", "Nguyễn Văn An", NUMBER, "25747"), placed("2", "Lê Văn Tư", "074086000002", "25747")];
    bring(&app, "bd", &rows).await;
    matched(&app).await;
    let (an, tu) = (person_of(&app, "bd/1").await, person_of(&app, "bd/2").await);
    Hand::of(&app).execute("UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 1 WHERE legacy_id = '2'").await;

    let next = placed("1", "Trần Thị Bé", "074190000003", "25747").replace(BORN, "02/09/1990");
    bring(&app, "bd", &[next, placed("2", "Lê Văn Tư", "074086000002", "25744")]).await;
    matched(&app).await;

    let mut conn = app.services().store.read().await.expect("a connection");
    let an = persons::find(&mut conn, &an.id).await.expect("an answer").expect("he is there");
    assert!(held(&an).is_empty());
    drop(conn);
    assert_eq!(held(&person_of(&app, "bd/1").await).len(), 1, "the next owner has one of her own");
    assert_eq!(held(&person_of(&app, "bd/2").await).len(), 2, "{}: somebody knows better", tu.username);
}

#[tokio::test]
async fn a_name_that_a_whole_file_has_asks_and_keeps_nobody_else_from_being_decided() {
    let app = house().await;
    bring(&app, "bd", &[account("1", "an", "Nguyễn Văn An", "", ""), account("2", "be", "Trần Thị Bé", "", "")]).await;
    Hand::of(&app)
        .execute(
            "INSERT INTO legacy_accounts
                 (source, legacy_id, username, username_folded, full_name, name_sorted, born_text, number_kind, email, phone,
                  unit_code, unit_name, district_name, title, status, last_login_at, row_digest, import_id, added_at, changed_at)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             SELECT a.source, 'x' || n.i, a.username, a.username_folded, a.full_name, a.name_sorted, a.born_text, a.number_kind,
                    a.email, a.phone, a.unit_code, a.unit_name, a.district_name, a.title, a.status, a.last_login_at,
                    a.row_digest, a.import_id, a.added_at, a.changed_at
               FROM legacy_accounts a CROSS JOIN n
              WHERE a.legacy_id = '1'",
        )
        .await;

    let first = matched(&app).await;

    assert_eq!((first.review, first.created, first.undecided, first.persons_new), (20_001, 1, 0, 1));
    let lines = lines(&app).await;
    assert!(lines.values().filter(|line| line[2] == "review").all(|line| line[4] == "name_too_common"));
    assert_eq!(lines["bd/2"][2], "created");
    assert_eq!(matched(&app).await.changed, 0);
}

#[tokio::test]
async fn a_file_that_comes_in_beside_a_run_leads_to_the_same_end() {
    let number = |place: usize| format!("0740{:02}{place:06}", 70 + place % 30);
    let rows: Vec<String> =
        (0..300).map(|place| account(&place.to_string(), &format!("u{place}"), "Nguyễn Văn An", "", &number(place))).collect();
    let (beside, after) = (house().await, house().await);
    for app in [&beside, &after] {
        bring(app, "bd", &rows).await;
    }

    let (run, ()) = tokio::join!(try_to_match(&beside, None), bring(&beside, "vt", &rows));
    run.expect("a summary");
    bring(&after, "vt", &rows).await;
    let ends = [matched(&beside).await, matched(&after).await].map(|end| (end.created, end.linked, end.review, end.undecided));

    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], (300, 300, 0, 0));
    assert_eq!((people(&beside).await, people(&after).await), (300, 300));
}
