//! Promises about old months of records: they lie in sealed files, nothing of them is lost, and nothing that still
//! counts goes.

use crate::support::flows::OFFLINE;
use crate::support::records::grant_of;
use crate::support::trail::{Hand, keys, own, run};
use crate::support::{TestApp, stage};
use motlan::service::trail::report::Wrong;
use motlan::service::trail::segments::{archive, path_of};
use motlan::service::trail::verify::{self, Means};
use motlan::store::{audit_seals, grants};
use std::path::PathBuf;

const DAY: i64 = 86_400;

struct Scene {
    app: TestApp,
    file: PathBuf,
    /// Of a token that can be renewed still.
    living: String,
    /// Of one that cannot.
    over: String,
}

/// Records of November 2026 and of February 2027, one month kept, and nothing moved yet.
async fn scene() -> Scene {
    let app = stage(|config| config.audit.keep_months = 1).await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let living = grant_of(&app, &app.tokens(&tthc, &kim, &OFFLINE).await);
    let over = grant_of(&app, &app.tokens(&tthc, &kim, &[]).await);
    app.advance_seconds(60);
    run(&app, "one").await;
    app.advance_seconds(75 * DAY);
    app.official("lan").await;
    app.advance_seconds(60);
    run(&app, "one").await;
    let dir = app.services().settings.audit_dir.clone().expect("a folder");
    Scene { app, file: path_of(&dir, "2026-11"), living, over }
}

async fn is_there(app: &TestApp, grant: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    grants::find(&mut conn, grant).await.expect("an answer").is_some()
}

#[tokio::test]
async fn an_old_month_is_moved_into_a_sealed_file_and_is_still_gone_through() {
    let Scene { app, file, living, over } = scene().await;
    let all = own(&app).await;
    let events = app.audit_events().await.len();

    assert_eq!(archive(app.services(), "one").await.expect("moved").as_deref(), Some("2026-11"));
    assert_eq!(archive(app.services(), "one").await.expect("an answer"), None, "once");
    assert_eq!(archive(app.services(), "another node").await.expect("an answer"), None, "one node at a time");

    assert!(file.is_file());
    assert!(app.audit_events().await.len() < events, "they are no longer in the database");
    assert!(is_there(&app, &living).await, "a token lives on it");
    assert!(!is_there(&app, &over).await);
    let report = own(&app).await;
    assert!(report.whole, "{}", report.sentence());
    assert_eq!((report.segments, report.entries, report.first), (1, all.entries, Some(1)), "all of them are gone through");
    let means = Means { keys: keys(&app).await, ..Means::default() };
    assert!(verify::file(&file, &means).await.expect("an answer").whole, "the file is an export of its own");

    app.official("minh").await;
    app.advance_seconds(60);
    assert!(run(&app, "one").await >= 1, "the chain goes on behind it");
    assert!(own(&app).await.whole);
}

#[tokio::test]
async fn what_is_done_to_a_moved_month_is_found() {
    let Scene { app, file, living, .. } = scene().await;
    archive(app.services(), "one").await.expect("moved");
    let hand = Hand::of(&app);
    hand.remember().await;
    let bytes = std::fs::read(&file).expect("the file");

    std::fs::remove_file(&file).expect("removed");
    let finding = own(&app).await.finding.expect("found");
    assert_eq!((finding.wrong, finding.seq), (Wrong::Missing, Some(1)), "{}", finding.sentence());
    assert!(finding.place.is_some_and(|place| place.contains("2026-11")));

    for at in [0, 12, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        std::fs::write(&file, &flipped).expect("written");
        assert!(own(&app).await.finding.is_some(), "byte {at}");
    }
    std::fs::write(&file, &bytes).expect("written");
    assert!(own(&app).await.whole);

    for (statement, wrong) in [
        ("DELETE FROM audit_segments".to_owned(), Wrong::Missing),
        ("UPDATE audit_segments SET last_seq = last_seq - 1".to_owned(), Wrong::Altered),
        ("UPDATE audit_segments SET seal = replace(seal, '.', '.A')".to_owned(), Wrong::Seal),
        (format!("UPDATE grants SET acr = 'x' WHERE id = '{living}'"), Wrong::Altered),
        (format!("DELETE FROM grants WHERE id = '{living}'"), Wrong::Missing),
    ] {
        hand.execute(&statement).await;
        let finding = own(&app).await.finding.unwrap_or_else(|| panic!("{statement}"));
        assert_eq!(finding.wrong, wrong, "{statement}: {}", finding.sentence());
        hand.put_back().await;
    }
    assert!(own(&app).await.whole);
}

#[tokio::test]
async fn a_month_that_is_not_whole_stays_where_it_is() {
    let Scene { app, .. } = scene().await;
    let hand = Hand::of(&app);
    hand.execute("UPDATE audit SET actor = 'somebody' WHERE id = (SELECT row_id FROM audit_chain WHERE kind = 'audit' ORDER BY seq LIMIT 1)")
        .await;
    let events = app.audit_events().await.len();

    let refused = archive(app.services(), "one").await.expect_err("refused").to_string();

    assert!(refused.contains("2026-11") && refused.contains("altered"), "{refused}");
    assert_eq!(app.audit_events().await.len(), events, "nothing was removed");
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(audit_seals::list_segments(&mut conn).await.expect("months").is_empty());
}

#[tokio::test]
async fn removing_that_was_broken_off_goes_on_and_loses_nothing() {
    let Scene { app, over, .. } = scene().await;
    let hand = Hand::of(&app);
    hand.remember().await;
    archive(app.services(), "one").await.expect("moved");
    // As after a kill between the note and the removal: the rows are there again.
    for table in ["audit", "grants", "audit_chain", "audit_seals"] {
        hand.execute(&format!("DELETE FROM {table}")).await;
        hand.execute(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
    }
    assert!(own(&app).await.whole, "{}", own(&app).await.sentence());
    assert!(is_there(&app, &over).await);

    assert_eq!(archive(app.services(), "one").await.expect("an answer"), None);

    assert!(!is_there(&app, &over).await, "the rest was removed");
    assert!(own(&app).await.whole);
}
