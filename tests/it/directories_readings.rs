//! What the reading of a directory leaves as it is, and what it ends: nobody of whom all was removed holds it up or comes back,
//! and an entry that became another person's takes the account, and what was entered through it, from whoever had it.

use crate::directories_hostile::{Does, Fake, entry_of, page_end, read, searched, source_of};
use crate::support::TestApp;
use crate::support::records::{count_of, has_ended, rows_of};
use motlan::base::id::{PersonId, SignOnId};
use motlan::model::device::Device;
use motlan::model::legacy_account::AccountKey;
use motlan::model::sign_on::{Manner, SignOn};
use motlan::service::Origin;
use motlan::service::legacy::directories::sync::Outcome;
use motlan::service::provisioning::status;
use motlan::store::erasures::{self, Blank};
use motlan::store::legacy_accounts::{self, Stored, credentials};
use motlan::store::legacy_matching::{self, Decided};
use motlan::store::legacy_verifiers::{self, Verifier};
use motlan::store::{lifecycles, sign_ons};
use std::sync::{Arc, Mutex};

/// Who is in the directory, as (name, full name).
type People = Arc<Mutex<Vec<(&'static str, &'static str)>>>;

/// A directory whose people change.
async fn directory(people: &People) -> Fake {
    let people = people.clone();
    Fake::start(searched(move |id, _| {
        let people = people.lock().expect("the list");
        let entries: Vec<u8> = people.iter().flat_map(|(name, full_name)| entry_of(id, name, full_name)).collect();
        Does::Says([entries, page_end(id, "")].concat())
    }))
    .await
}

fn those(people: &[(&'static str, &'static str)]) -> People {
    Arc::new(Mutex::new(people.to_vec()))
}

fn become_those(all: &People, people: &[(&'static str, &'static str)]) {
    *all.lock().expect("the list") = people.to_vec();
}

async fn account(app: &TestApp, id: &str) -> Stored {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_accounts::list(&mut conn, "sg", &[id]).await.expect("an answer").pop().expect("the account")
}

/// Decides whose an account is, and lets them use it; the sign-on that they have by it.
async fn in_use(app: &TestApp, id: &str, person: &PersonId) -> SignOnId {
    let known = account(app, id).await;
    let services = app.services();
    let now = services.clock.now();
    let decided = Decided {
        key: AccountKey { source: "sg".to_owned(), legacy_id: id.to_owned() },
        row_digest: known.given.row_digest,
        before: known.decision,
        was: known.person_id,
        decision: "linked",
        rule: "numbers_equal",
        evidence: "[]".to_owned(),
        person: Some(person.clone()),
    };
    let sign_on = SignOn {
        id: SignOnId(format!("qua-{id}")),
        person: person.clone(),
        started_at: now,
        authenticated_at: now,
        last_seen_at: now,
        ends_at: now.plus_seconds(36_000),
        level: 1,
        methods: "pwd".to_owned(),
        device: Device::default(),
        manner: Manner::default(),
        legacy: Some("sg".to_owned()),
        legacy_id: Some(id.to_owned()),
        ended_at: None,
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert_eq!(legacy_matching::decide(&mut tx, &[decided], now).await.expect("decided"), 1);
    let credential = credentials::find(&mut tx, "sg", id).await.expect("an answer").expect("the account");
    assert!(credentials::mark_used(&mut tx, &credential, person, false, now).await.expect("an answer"));
    sign_ons::add(&mut tx, &sign_on, id.as_bytes(), "192.0.2.1").await.expect("a sign-on");
    let verifier = Verifier { legacy_id: id.to_owned(), hash: "$argon2id$x".to_owned() };
    legacy_verifiers::put(&mut tx, "sg", &verifier, now).await.expect("learnt");
    tx.commit().await.expect("committed");
    sign_on.id
}

/// Whether something is known of the password of an account, whatever became of the account.
async fn is_learnt(app: &TestApp) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_verifiers::has_old(&mut conn, app.services().clock.now()).await.expect("an answer")
}

/// Removes all that is known of somebody, as a year after they left.
async fn erase(app: &TestApp, username: &str, person: &PersonId) {
    let (services, origin) = (app.services(), Origin::command_line());
    let request = status::Request { username, actor: "os:test", origin: &origin };
    assert!(status::disable(services, &request).await.expect("an answer").is_some());
    let now = services.clock.now();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(lifecycles::mark_erased(&mut tx, person, now, now).await.expect("an answer"));
    let blank = Blank { name: "-", key: "-", folded: "-" };
    erasures::wipe(&mut tx, person, blank, now).await.expect("wiped");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn somebody_of_whom_all_was_removed_holds_no_reading_up_and_does_not_come_back() {
    let app = TestApp::start().await;
    let people = those(&[("an", "Nguyễn Văn An"), ("binh", "Lê Thị Bình")]);
    let fake = directory(&people).await;
    source_of(&app, &fake, "").await;
    assert_eq!(read(&app).await.told.outcome, Outcome::Done);
    let kim = app.official("kim").await;
    in_use(&app, "an", &kim.id).await;
    erase(&app, "kim", &kim.id).await;
    become_those(&people, &[("an", "Nguyễn Văn An"), ("binh", "Lê Thị Bình"), ("chi", "Phạm Thị Chi")]);
    app.advance_seconds(60);

    let report = read(&app).await;

    assert_eq!((report.told.outcome, report.seen), (Outcome::Done, 3), "{}", report.told.why);
    assert_eq!((report.told.tally.added, report.told.tally.same, report.told.tally.gone), (1, 2, 0));
    assert_eq!(account(&app, "an").await.given.full_name, "", "what was removed stays so");
    assert_eq!(account(&app, "chi").await.given.full_name, "Phạm Thị Chi");
}

#[tokio::test]
async fn an_entry_that_became_another_persons_takes_the_account_from_whoever_had_it() {
    let app = TestApp::start().await;
    let people = those(&[("kim", "Nguyễn Thị Kim"), ("an", "Nguyễn Văn An")]);
    let fake = directory(&people).await;
    source_of(&app, &fake, "[attributes]\nlegacy_id = \"uid\"\n").await;
    read(&app).await;
    let (kim, lan) = (app.official("kim").await, app.official("lan").await);
    let through = in_use(&app, "kim", &kim.id).await;
    let other = in_use(&app, "an", &lan.id).await;
    become_those(&people, &[("kim", "Trần Văn Tư"), ("an", "Nguyễn Văn An")]);
    app.advance_seconds(60);

    let report = read(&app).await;

    assert_eq!((report.told.outcome, report.told.tally.changed), (Outcome::Done, 1));
    assert_eq!(account(&app, "kim").await.decision, "review");
    assert!(has_ended(&app, &through).await && !has_ended(&app, &other).await);
    let doubted = rows_of(&app, "legacy_account.doubted").await;
    assert_eq!(doubted.len(), 1);
    assert_eq!(doubted[0].person_id.as_deref(), Some(kim.id.as_str()));
    assert_eq!(account(&app, "an").await.decision, "linked", "nobody else loses anything");
}

#[tokio::test]
async fn whoever_comes_back_after_a_gap_is_believed_only_where_names_of_accounts_are_given_once() {
    for (settings, expected) in [("[attributes]\nlegacy_id = \"uid\"\n", "review"), ("", "linked")] {
        let app = TestApp::start().await;
        let people = those(&[("kim", "Nguyễn Thị Kim"), ("an", "Nguyễn Văn An")]);
        let fake = directory(&people).await;
        source_of(&app, &fake, &format!("{settings}[sync]\nmost_gone_percent = 100\n")).await;
        read(&app).await;
        let kim = app.official("kim").await;
        let through = in_use(&app, "kim", &kim.id).await;
        become_those(&people, &[("an", "Nguyễn Văn An")]);
        app.advance_seconds(60);
        assert_eq!(read(&app).await.told.tally.gone, 1);
        assert!(has_ended(&app, &through).await);
        app.advance_seconds(60);
        assert!(!is_learnt(&app).await);

        become_those(&people, &[("kim", "Nguyễn Thị Kim"), ("an", "Nguyễn Văn An")]);
        assert_eq!(read(&app).await.told.outcome, Outcome::Done);

        let back = account(&app, "kim").await;
        assert_eq!((back.decision.as_str(), back.gone_at), (expected, None), "{settings}");
        assert_eq!(count_of(&app, "legacy_account.doubted").await, usize::from(expected == "review"), "{settings}");
    }
}
