//! What is promised of the units of legacy accounts: decided by rule, as of the day of their source, until a human decides.

use crate::support::TestApp;
use crate::support::registry::{FIRST_DAY, bring};
use crate::support::trail::Hand;
use motlan::base::id::UnitId;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::model::legacy_unit::Reason;
use motlan::model::unit_code::GSO;
use motlan::service::known;
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::legacy::units::{self, UnitCounts};
use motlan::service::registry::files::Source;
use motlan::store::legacy_units::{self, DecidedUnit, ToldUnit};
use time::Date;

/// A source; as of the last day of its province when no day is given.
async fn source(app: &TestApp, id: &str, province: &str, as_of: Option<Date>) {
    let new = NewSource {
        id: id.to_owned(),
        name: None,
        province: Some(province.to_owned()),
        as_of,
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), new, "os:test").await.expect("a source");
}

/// Accounts that say these codes, names and districts.
async fn accounts(app: &TestApp, source: &str, said: &[(&str, &str, &str)]) {
    let rows: Vec<String> = said
        .iter()
        .enumerate()
        .map(|(place, (code, name, district))| {
            format!(
                "('{source}', '{place:05}', 'u{place}', 'u{place}', 'Nguyễn Văn An', 'an nguyen van', '', 'missing', '', '', \
                 '{code}', '{name}', '{district}', '', '', '', '\\x00', 'i', 1, 1)"
            )
        })
        .collect();
    let statement = format!(
        "INSERT INTO legacy_accounts
             (source, legacy_id, username, username_folded, full_name, name_sorted, born_text, number_kind, email, phone,
              unit_code, unit_name, district_name, title, status, last_login_at, row_digest, import_id, added_at, changed_at)
         VALUES {}",
        rows.join(", ")
    );
    Hand::of(app).execute(&statement).await;
}

/// What is written of the accounts of a source that no human decided: reason, and the code of the unit.
async fn written(app: &TestApp, source: &str) -> Vec<(String, String)> {
    let registry = app.services().known.registry();
    let mut conn = app.services().store.read().await.expect("a connection");
    let open = legacy_units::list_open(&mut conn, source, None, 10_000).await.expect("accounts");
    let of = |account: legacy_units::OpenUnit| {
        let unit =
            account.unit.and_then(|id| registry.unit(&id).and_then(|unit| registry.last_code(unit, GSO)).map(str::to_owned));
        if let Some(reason) = Reason::from_word(&account.reason) {
            assert_eq!(account.decision, reason.decision().word());
        }
        (account.reason, unit.unwrap_or_default())
    };
    open.into_iter().map(of).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(reason, code)| ((*reason).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test]
async fn each_account_is_decided_as_of_the_day_of_its_source_and_again_changes_nothing() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    source(&app, "moi", "79", Some(FIRST_DAY)).await;
    let said = [
        ("26740", "", ""),
        ("", "phuong ben nghe", "quan 1"),
        ("27022", "", ""),
        ("760", "", ""),
        ("27022", "Phường Phú Thọ Hòa", "Quận Tân Phú"),
        ("", "Phường 1", ""),
        ("99999", "", ""),
        ("", "", ""),
    ];
    accounts(&app, "cu", &said).await;
    accounts(&app, "moi", &[("27022", "", ""), ("27022", "Phường Phú Thọ Hòa", "Quận Tân Phú")]).await;

    let counts = units::resolve_all(app.services(), None).await.expect("resolved");

    assert_eq!(counts, UnitCounts { mapped: 4, review: 4, unknown: 2, changed: 10 });
    let old = [
        ("whole_succession", "26740"),
        ("name_and_district", "26740"),
        ("divided", ""),
        ("district_office", ""),
        ("code_and_name_disagree", ""),
        ("ambiguous_name", ""),
        ("unknown_code", ""),
        ("missing", ""),
    ];
    assert_eq!(written(&app, "cu").await, pairs(&old));
    assert_eq!(written(&app, "moi").await, pairs(&[("current_code", "27022"), ("current_code", "27022")]));
    let again = units::resolve_all(app.services(), None).await.expect("resolved again");
    assert_eq!(again, UnitCounts { changed: 0, ..counts });
}

#[tokio::test]
async fn one_source_is_resolved_alone_and_an_unknown_one_is_none() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    source(&app, "bd", "74", None).await;
    accounts(&app, "cu", &[("26740", "", "")]).await;
    accounts(&app, "bd", &[("25747", "", "")]).await;

    let counts = units::resolve_all(app.services(), Some("bd")).await.expect("resolved");
    let none = units::resolve_all(app.services(), Some("khong-co")).await.expect("resolved");

    assert_eq!((counts.mapped, counts.changed), (1, 1));
    assert_eq!(none, UnitCounts::default());
    assert_eq!(written(&app, "bd").await, pairs(&[("whole_succession", "25747")]));
    assert_eq!(written(&app, "cu").await, pairs(&[("", "")]), "the other source is not touched");
}

#[tokio::test]
async fn what_a_human_decided_stays() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    accounts(&app, "cu", &[("26740", "", ""), ("26740", "", "")]).await;
    let hand = Hand::of(&app);
    hand.execute(
        "UPDATE legacy_accounts SET unit_decision = 'mapped', unit_id = 'chosen', unit_reason = 'by_hand', unit_decided_by = 'kim'
          WHERE legacy_id = '00000'",
    )
    .await;

    let counts = units::resolve_all(app.services(), None).await.expect("resolved");

    assert_eq!(counts, UnitCounts { mapped: 1, review: 0, unknown: 0, changed: 1 });
    hand.execute("UPDATE legacy_accounts SET unit_decided_by = NULL WHERE legacy_id = '00000'").await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = legacy_units::list_open(&mut conn, "cu", None, 10).await.expect("accounts");
    assert_eq!(rows[0].unit.as_ref().map(UnitId::as_str), Some("chosen"));
    assert_eq!((rows[0].reason.as_str(), rows[1].reason.as_str()), ("by_hand", "whole_succession"));
}

#[tokio::test]
async fn nothing_is_written_over_an_account_that_was_decided_or_says_something_else_meanwhile() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    accounts(&app, "cu", &[("26740", "", ""), ("26740", "", ""), ("26740", "", "")]).await;
    let hand = Hand::of(&app);
    hand.execute("UPDATE legacy_accounts SET unit_code = '27022' WHERE legacy_id = '00000'").await;
    hand.execute("UPDATE legacy_accounts SET unit_decided_by = 'kim' WHERE legacy_id = '00001'").await;
    let read = ToldUnit { code: "26740".to_owned(), name: String::new(), district: String::new() };
    let decided = ["00000", "00001", "00002"].map(|legacy_id| DecidedUnit {
        legacy_id,
        told: &read,
        decision: "review",
        unit: None,
        from: None,
        reason: "divided",
    });

    let mut tx = app.services().store.write().await.expect("a unit of work");
    let written_rows = legacy_units::mark_decided(&mut tx, "cu", &decided).await.expect("written");
    tx.commit().await.expect("committed");

    assert_eq!(written_rows, 1);
    assert_eq!(written(&app, "cu").await, pairs(&[("", ""), ("divided", "")]));
}

#[tokio::test]
async fn what_becomes_known_is_written_at_the_next_run() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    accounts(&app, "cu", &[("H29.99", "", ""), ("000.00.99.H29", "", ""), ("26740", "", "")]).await;
    let before = units::resolve_all(app.services(), None).await.expect("resolved");
    assert_eq!((before.mapped, before.unknown), (1, 2));

    let codes = "gso_code,scheme,code,valid_from,valid_to\n26743,agency,H29.99,2025-07-01,\n";
    let file = Source { name: "codes.csv".to_owned(), bytes: codes.as_bytes().to_vec() };
    bring(app.services(), &[file], false).await.expect("imported");
    known::reload_registry(app.services()).await.expect("the registry is read");
    let after = units::resolve_all(app.services(), None).await.expect("resolved");

    assert_eq!(after, UnitCounts { mapped: 3, review: 0, unknown: 0, changed: 2 });
    let expected = [("agency_code", "26743"), ("agency_old_form", "26743"), ("whole_succession", "26740")];
    assert_eq!(written(&app, "cu").await, pairs(&expected));
}

#[tokio::test]
async fn thousands_of_accounts_are_decided_in_batches() {
    let app = TestApp::with_registry().await;
    source(&app, "cu", "79", None).await;
    let sayings = [("26740", "", ""), ("27022", "", ""), ("", "Phường Bến Nghé", "Quận 1")];
    let said: Vec<(&str, &str, &str)> = sayings.iter().copied().cycle().take(1_501).collect();
    accounts(&app, "cu", &said).await;

    let counts = units::resolve_all(app.services(), None).await.expect("resolved");

    assert_eq!(counts, UnitCounts { mapped: 1_001, review: 500, unknown: 0, changed: 1_501 });
    let again = units::resolve_all(app.services(), None).await.expect("resolved again");
    assert_eq!(again.changed, 0);
}

#[tokio::test]
async fn who_has_to_decide_is_shown_the_candidates() {
    let app = TestApp::with_registry().await;
    let registry = app.services().known.registry();
    let row = |code: &str, name: &str, district: &str| {
        let told = ToldUnit { code: code.to_owned(), name: name.to_owned(), district: district.to_owned() };
        (told, time::macros::date!(2025 - 06 - 30))
    };
    let rows = [row("27022", "", ""), row("", "Phường Bến Ngé", "Quận 1"), row("26740", "", "")];

    let explained = units::explain(app.services(), &rows);

    let codes = |place: usize| -> Vec<&str> {
        let known = explained[place].candidates.iter().filter_map(|id| registry.unit(id));
        known.filter_map(|unit| registry.last_code(unit, GSO)).collect()
    };
    assert_eq!(codes(0), ["27019", "27022", "27031"]);
    assert!(codes(1).contains(&"26740"), "a name with a slip comes with the one that is near");
    assert_eq!((explained[2].reason, codes(2).len()), (Reason::WholeSuccession, 0));
}
