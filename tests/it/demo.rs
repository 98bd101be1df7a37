//! The demo's own administrators reach the console with what the demo tells, and see what their role lets them see. The
//! accounts of its old systems find their people, but for one, which waits for a human.

use crate::support::people::{How, bring_as, house};
use crate::support::phones::{asked, give};
use crate::support::records::count_of;
use crate::support::{Browser, Official, TestApp};
use motlan::app::demo::administrators::{Administrator, seat};
use motlan::app::demo::binh_duong::{Upstream, furnish};
use motlan::app::demo::legacy::{self, BINH_DUONG, VUNG_TAU};
use motlan::app::demo::{OLD_PASSWORD, PASSWORD};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::legacy::matching::Summary;
use motlan::service::legacy::sign_in;
use motlan::service::legacy::sources;
use motlan::service::old_accounts::Leads;
use motlan::store::legacy_accounts::credentials::{self, Credential};
use motlan::store::persons;

/// Whom the demo tells of, as somebody who signs in.
async fn official(app: &TestApp, one: &Administrator) -> Official {
    let mut conn = app.services().store.read().await.expect("a connection");
    let id = persons::find_id_by_username(&mut conn, &one.username).await.expect("an answer").expect("the person");
    Official { id, username: one.username.clone(), password: PASSWORD.to_owned(), positions: Vec::new() }
}

/// A browser in which they signed in by the sample password and a printed code.
async fn enter(app: &TestApp, one: &Administrator, code: &str) -> Browser {
    let official = official(app, one).await;
    let (mut browser, page) = asked(app, &official, "/signin").await;
    let given = give(&mut browser, &page, code, &[]).await;
    let arrived = browser.follow(given).await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

#[tokio::test]
async fn each_of_the_three_reaches_the_console_by_the_password_and_a_code_and_is_asked_for_nothing_more() {
    let app = house().await;
    let seated = seat(app.services()).await.expect("the administrators");
    let roles: Vec<AdminRole> = seated.iter().map(|one| one.role).collect();
    assert_eq!(roles, [AdminRole::System, AdminRole::Unit, AdminRole::Auditor]);

    // Page, and what it answers to each of the three.
    let table = [("/admin/people", [200, 200, 200]), ("/admin/audit", [200, 403, 200]), ("/admin/people/new", [200, 200, 403])];
    for (place, one) in seated.iter().enumerate() {
        assert!(one.app.is_some() && one.codes.len() == 10, "{one:?}");
        let mut browser = enter(&app, one, &one.codes[0]).await;
        let first = browser.get("/admin").await;
        let first = browser.follow(first).await;
        assert!(first.status == 200 && first.page().is_some_and(|page| page.starts_with("admin-")), "{}", first.body);
        for (path, expected) in table {
            let answer = browser.get(path).await;
            let shut = if answer.status == 404 { 403 } else { answer.status };
            assert_eq!(shut, expected[place], "{} {path}", one.username);
        }
    }
    assert_eq!(count_of(&app, "admin_role.granted").await, 3);
}

#[tokio::test]
async fn on_a_kept_directory_the_codes_are_new_and_nothing_else_is() {
    let app = house().await;
    let first = seat(app.services()).await.expect("the administrators");
    app.advance_seconds(60);

    let again = seat(app.services()).await.expect("the administrators");

    assert_eq!(count_of(&app, "admin_role.granted").await, 3, "no role twice");
    for (before, now) in first.iter().zip(&again) {
        assert_eq!(before.username, now.username);
        assert!(now.app.is_none(), "the app of before is still theirs");
        assert!(now.codes.iter().all(|code| !before.codes.contains(code)));
    }
    enter(&app, &again[0], &again[0].codes[0]).await;
    let old = official(&app, &again[1]).await;
    let (mut browser, page) = asked(&app, &old, "/signin").await;
    let refused = give(&mut browser, &page, &first[1].codes[0], &[]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("second-factor")), "{}", refused.body);
    let shut = browser.get("/admin").await;
    assert_ne!(shut.status, 200, "a code of the sheet before opens nothing");
}

/// The city with the sample people and the old systems, but for the directory; and the old provider of Bình Dương.
async fn city() -> (TestApp, TestApp) {
    let (app, old) = (TestApp::with_registry().await, TestApp::start().await);
    let people = include_str!("../../data/demo/people.csv");
    bring_as(app.services(), people.as_bytes(), How::default()).await.expect("the sample people");
    (app, old)
}

/// Does with the old systems what the demo does each time it starts.
async fn begun(app: &TestApp, old: &TestApp) -> (Upstream, Summary) {
    let upstream = furnish(old.services(), app.issuer()).await.expect("the old provider");
    legacy::register(app.services(), &upstream, None).await.expect("the sources");
    let summary = legacy::bring(app.services(), &upstream, false).await.expect("the accounts");
    (upstream, summary)
}

async fn id_of(app: &TestApp, username: &str) -> PersonId {
    let mut conn = app.services().store.read().await.expect("a connection");
    persons::find_id_by_username(&mut conn, username).await.expect("an answer").expect("the person")
}

/// The old accounts of somebody.
async fn accounts_of(app: &TestApp, username: &str) -> Vec<Credential> {
    let id = id_of(app, username).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    credentials::list_of_person(&mut conn, &id).await.expect("an answer")
}

#[tokio::test]
async fn old_accounts_find_their_people_and_one_waits_for_a_human() {
    let (app, old) = city().await;

    let (upstream, summary) = begun(&app, &old).await;

    assert_eq!((summary.linked, summary.created, summary.review), (5, 5, 1), "{summary:?}");
    assert_eq!(summary.units_unknown, 0, "every unit is real: {summary:?}");
    let mut sources: Vec<String> = accounts_of(&app, "haiau.nt").await.into_iter().map(|account| account.source).collect();
    sources.sort();
    assert_eq!(sources, [BINH_DUONG, VUNG_TAU], "one person of two systems");
    let hanh = accounts_of(&app, "hanh.lt").await;
    assert_eq!(hanh.len(), 1);
    assert!(upstream.accounts.contains(&hanh[0].legacy_id), "known by what the old provider calls her");
    assert!(accounts_of(&app, "thuydung.lt").await.is_empty(), "a number alone links nobody");
}

#[tokio::test]
async fn on_a_kept_directory_old_accounts_stay_as_they_are_and_the_secret_is_new() {
    let (app, old) = city().await;
    let (first, _) = begun(&app, &old).await;
    app.advance_seconds(60);
    old.advance_seconds(60);

    let (again, summary) = begun(&app, &old).await;

    assert_eq!((summary.changed, summary.persons_new, summary.positions_new), (0, 0, 0), "{summary:?}");
    assert_eq!(first.accounts, again.accounts, "everybody is called as before");
    assert_eq!(count_of(&app, "legacy_source.added").await, 2);
}

#[tokio::test]
async fn the_old_password_opens_an_exported_account_and_not_one_whose_hash_nobody_can_check() {
    let (app, old) = city().await;
    begun(&app, &old).await;
    let origin = Origin::command_line();
    let source = sources::find(app.services(), VUNG_TAU).await.expect("an answer").expect("the source");

    // Strong and weak hashes alike.
    for (typed, username) in [(r"vt\lan.dtp", "lan.dtp"), (r"vt\hai.tv", "hai.tv"), ("haiau.nt@vt", "haiau.nt")] {
        let tried = sign_in::password(app.services(), &source, typed, OLD_PASSWORD.into(), None, &origin).await;
        let Ok(Leads::Person(proof)) = tried else { panic!("{typed} does not come in") };
        assert_eq!(proof.person, id_of(&app, username).await);
        assert_eq!((proof.level, proof.legacy.map(|account| account.source).as_deref()), (1, Some(VUNG_TAU)));
    }
    let unknown = sign_in::password(app.services(), &source, r"vt\loc.mv", OLD_PASSWORD.into(), None, &origin).await;
    assert!(unknown.is_err(), "he sets a new one");
    let own = sign_in::password(app.services(), &source, r"vt\haiau.nt", PASSWORD.into(), None, &origin).await;
    assert!(own.is_err(), "the own password is no old one");
}
