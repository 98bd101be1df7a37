//! What old accounts open to somebody who can come in by a way of their own: nothing, by whatever decision they come to
//! them. What a decision retired opens again once it is taken back, and what anything else retired does not.

use crate::federation;
use crate::legacy_import::{WEAK, bring as bring_rows, house, password};
use crate::legacy_review::{NUMBER, bring, decide, key, mark, matched, official, proof, stored};
use crate::rights_scene::{admin, everywhere};
use crate::support::TestApp;
use crate::support::people::set_password;
use crate::support::records::{count_of, rows_of};
use crate::support::trail::Hand;
use crate::support::upstream::Upstream;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReviewLegacy;
use motlan::model::notice::NoticeKind;
use motlan::service::Origin;
use motlan::service::authority::Units;
use motlan::service::legacy::merge::{self, Pair};
use motlan::service::legacy::review::{self, Apply, BatchAct, Choice, Filter};
use motlan::service::legacy::sources;
use motlan::service::notices;
use motlan::service::old_accounts::{self, Leads, Said};
use motlan::service::provisioning::password as provisioned;
use motlan::service::sign_on::ending::By;
use motlan::store::legacy_accounts::credentials::{self, Credential};
use motlan::store::legacy_reviews::{self, OwnersRow};
use motlan::store::passkeys;
use motlan::store::passwords::{self, StoredPassword};
use serde_json::json;

/// A password of one's own.
const NEW: &str = "Con mèo trèo cây cau 7!";
const WHY: &str = "QĐ 12/UBND";

/// An account with a password.
fn row(id: &str, name: &str, number: &str) -> String {
    format!("{id},u.{id},{name},1986-03-14,{number},,,,,,,{WEAK},active,\n")
}

async fn account(app: &TestApp, id: &str) -> Credential {
    let mut conn = app.services().store.read().await.expect("a connection");
    credentials::find(&mut conn, "bd", id).await.expect("an answer").expect("the account")
}

async fn is_retired(app: &TestApp, id: &str) -> bool {
    account(app, id).await.retired_at.is_some()
}

/// To whom an account leads whose password is right.
async fn leads(app: &TestApp, id: &str) -> Option<PersonId> {
    let services = app.services();
    let source = sources::find(services, "bd").await.expect("an answer").expect("the source");
    let said = Said { level: 1, methods: "pwd".to_owned(), lasting: false, proved_at: None };
    match old_accounts::lead(services, &source, id, said, &Origin::command_line()).await.expect("an answer") {
        Leads::Person(proof) => Some(proof.person),
        Leads::Undecided | Leads::Nobody => None,
    }
}

/// The last decision about an account.
async fn last(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str) -> String {
    let sheet = review::look(app.services(), proof, &key(id), None).await.expect("a sheet");
    sheet.decisions.first().expect("a decision").id.clone()
}

async fn link(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str, person: &PersonId) {
    let seen = mark(app, proof, id).await;
    decide(app, proof, (id, &seen), Choice::Link(person.clone())).await.expect("decided");
    app.advance_seconds(60);
}

/// Takes the last decision about an account back; whether it opens again what it opened.
async fn undo(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str) -> bool {
    let decision = last(app, proof, id).await;
    let undone = review::undo(app.services(), proof, &key(id), (&decision, WHY)).await.expect("undone");
    app.advance_seconds(60);
    undone.opens_again
}

/// What enrolment does in its transaction.
async fn enrol(app: &TestApp, person: &PersonId) {
    let services = app.services();
    let origin = Origin::command_line();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(passkeys::hold_person(&mut tx, person).await.expect("held"));
    let own = StoredPassword { hash: "x".to_owned(), changed_at: services.clock.now(), must_change: false };
    passwords::set(&mut tx, person, &own).await.expect("a password");
    let by = By { actor: person.as_str(), origin: &origin };
    let ended = old_accounts::retire(&mut tx, services, person, None, by).await.expect("retired");
    tx.commit().await.expect("committed");
    ended.tell(services);
}

#[tokio::test]
async fn what_matching_links_to_somebody_with_a_way_of_their_own_opens_nothing_and_to_anybody_else_it_does() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let be = official(&app, "be.tt", "Trần Thị Bé", "074186000002").await;
    let tu = official(&app, "tu.lv", "Lê Văn Tư", "074086000003").await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");
    let origin = Origin::command_line();
    let temporary =
        provisioned::Request { username: "tu.lv", password: NEW.into(), temporary: true, actor: "os:test", origin: &origin };
    provisioned::set(app.services(), temporary).await.expect("a password that somebody else set");
    let rows =
        [row("1", "Nguyễn Thị Kim", NUMBER), row("2", "Trần Thị Bé", "074186000002"), row("3", "Lê Văn Tư", "074086000003")];
    bring_rows(&app, &rows.concat()).await;

    matched(&app).await;

    for (id, owner, retired) in [("1", &kim, true), ("2", &be, false), ("3", &tu, false)] {
        let account = account(&app, id).await;
        assert_eq!((account.person_id.as_deref(), account.retired_at.is_some()), (Some(owner.as_str()), retired), "{id}");
        let kept = password(&app, id).await.expect("a password");
        assert!(kept.sealed.is_some(), "{id}: matching may find out that it is somebody else's");
    }
    let records = rows_of(&app, "legacy_account.retired").await;
    let [record] = records.as_slice() else { panic!("one row: {records:?}") };
    assert_eq!((record.actor.as_deref(), record.person_id.as_deref()), (Some("os:test"), Some(kim.as_str())));
    assert!(record.detail.contains("\"legacy_id\":\"1\""), "{}", record.detail);
    matched(&app).await;
    assert_eq!(count_of(&app, "legacy_account.retired").await, 1, "once");
    assert_eq!([leads(&app, "1").await, leads(&app, "2").await, leads(&app, "3").await], [None, Some(be), Some(tu)]);
}

#[tokio::test]
async fn an_account_of_a_source_that_stays_is_not_retired() {
    let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
    federation::source(&app, &upstream, "lasting = true\n").await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");

    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,074086000001,,,,,"]).await;

    let account = account(&app, "1").await;
    assert_eq!((account.person_id, account.retired_at), (Some(kim.0), None));
    assert_eq!(count_of(&app, "legacy_account.retired").await, 0);
}

#[tokio::test]
async fn whoever_comes_by_an_account_that_is_theirs_and_has_a_way_of_their_own_does_not_come_in_by_it() {
    let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
    federation::source(&app, &upstream, "[claims]\npersonal_number = \"SoDinhDanh\"\n").await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");
    upstream.userinfo(json!({ "name": "Nguyễn Thị Kim", "SoDinhDanh": NUMBER, "birthdate": "1986-03-14" }));
    let mut browser = app.browser();

    let answer = upstream.sign_in(&app, &mut browser, federation::START, &json!({ "sub": "moi" })).await;

    assert_eq!(answer.page(), Some("old-account"), "{}", answer.body);
    assert!(federation::sign_on_of(&app, &browser).await.is_none());
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 0);
    let came = account(&app, "moi").await;
    assert_eq!((came.decision.as_str(), came.person_id.as_deref()), ("linked", Some(kim.as_str())));
    assert!(came.retired_at.is_some());
    let records = rows_of(&app, "legacy_account.retired").await;
    let [record] = records.as_slice() else { panic!("one row: {records:?}") };
    assert_eq!((record.actor.as_deref(), record.person_id.as_deref()), (Some("system:arrival"), Some(kim.as_str())));
}

#[tokio::test]
async fn a_link_by_hand_to_somebody_with_a_way_of_their_own_retires_the_account_until_it_is_taken_back() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", "")).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", &kim).await;

    assert!(is_retired(&app, "1").await);
    assert_eq!(leads(&app, "1").await, None);
    let records = rows_of(&app, "legacy_account.retired").await;
    let [record] = records.as_slice() else { panic!("one row: {records:?}") };
    assert_eq!((record.actor.as_deref(), record.person_id.as_deref()), (Some(root.official.id.as_str()), Some(kim.as_str())));

    assert!(undo(&app, &proof, "1").await);
    let back = account(&app, "1").await;
    assert_eq!((back.decision.as_str(), back.person_id, back.retired_at), ("review", None, None));
    let undone = rows_of(&app, "legacy.decision_undone").await;
    assert!(undone.iter().all(|row| row.detail.contains("\"opens_again\":true")), "{undone:?}");
    link(&app, &proof, "1", &lan).await;
    assert_eq!(leads(&app, "1").await, Some(lan), "whose password was kept all the while");
    assert_eq!(count_of(&app, "legacy_account.retired").await, 1);
}

#[tokio::test]
async fn what_an_enrolment_retired_since_stays_retired_when_the_decision_is_taken_back() {
    let app = house().await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring_rows(&app, &row("1", "Nguyễn Thị Lan", "")).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    link(&app, &proof, "1", &lan).await;
    assert!(!is_retired(&app, "1").await);
    enrol(&app, &lan).await;

    assert!(!undo(&app, &proof, "1").await);

    let left = account(&app, "1").await;
    assert_eq!((left.decision.as_str(), left.person_id), ("review", None));
    assert!(left.retired_at.is_some());
}

#[tokio::test]
async fn an_account_that_goes_back_to_somebody_who_has_enrolled_meanwhile_opens_nothing() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    link(&app, &proof, "1", &lan).await;
    enrol(&app, &kim).await;
    assert!(!is_retired(&app, "1").await, "it is hers no more");

    assert!(!undo(&app, &proof, "1").await);

    let back = account(&app, "1").await;
    assert_eq!(back.person_id.as_deref(), Some(kim.as_str()));
    assert!(back.retired_at.is_some());
    let records = rows_of(&app, "legacy_account.retired").await;
    assert_eq!(records.iter().map(|row| row.person_id.clone()).collect::<Vec<_>>(), [Some(kim.0)]);
}

#[tokio::test]
async fn an_account_that_is_taken_from_whoever_enrolled_is_the_next_ones_anew() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    let retired_at = account(&app, "1").await.retired_at;
    assert!(retired_at.is_some());
    app.advance_seconds(60);
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", &lan).await;
    assert!(!is_retired(&app, "1").await, "she has no other way in");
    undo(&app, &proof, "1").await;

    let back = account(&app, "1").await;
    assert_eq!((back.person_id.as_deref(), back.retired_at), (Some(kim.as_str()), retired_at), "as it stood");
}

#[tokio::test]
async fn a_batch_retires_what_it_links_to_whoever_has_a_way_of_their_own_and_each_is_taken_back_alone() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    set_password(&app, "kim.nt", NEW).await.expect("a password");
    bring_rows(&app, &(row("1", "Nguyễn Thị Kim", "") + &row("2", "Trần Thị Bé", ""))).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let filter = Filter { source: "bd".to_owned(), ..Filter::default() };
    let shown = review::preview(app.services(), &proof, &filter, BatchAct::Link).await.expect("a preview");

    let now = Apply { act: BatchAct::Link, digest: &shown.digest, reason: WHY };
    assert_eq!(review::apply(app.services(), &proof, &filter, now).await.expect("decided"), 2);
    app.advance_seconds(60);

    assert_eq!((is_retired(&app, "1").await, is_retired(&app, "2").await), (true, false));
    assert_eq!(count_of(&app, "legacy_account.retired").await, 1);
    assert!(undo(&app, &proof, "1").await);
    assert!(!is_retired(&app, "1").await);
    assert_eq!(account(&app, "2").await.decision, "linked", "and nothing else");
}

#[tokio::test]
async fn a_merge_into_somebody_with_a_way_of_their_own_retires_what_comes_with_it_until_it_is_undone() {
    let app = house().await;
    let kept = app.official("kim").await;
    let merged = official(&app, "kim.moi", "Nguyễn Thị Kim", NUMBER).await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    assert!(!is_retired(&app, "1").await);
    app.advance_seconds(60);
    let pair = Pair::at_command_line(kept.id.clone(), merged.clone(), "os:test", &Origin::command_line());

    let done = merge::merge(app.services(), &pair, "Cùng một người", None).await.expect("a merge");

    let moved = account(&app, "1").await;
    assert_eq!((moved.person_id.as_deref(), moved.retired_at.is_some()), (Some(kept.id.as_str()), true));
    let records = rows_of(&app, "legacy_account.retired").await;
    let [record] = records.as_slice() else { panic!("one row: {records:?}") };
    assert_eq!((record.actor.as_deref(), record.person_id.as_deref()), (Some("os:test"), Some(kept.id.as_str())));
    app.advance_seconds(60);
    merge::undo(app.services(), &pair, &done.id, "Nhầm người").await.expect("undone");
    app.sync().await;
    let back = account(&app, "1").await;
    assert_eq!((back.person_id.as_deref(), back.retired_at), (Some(merged.as_str()), None));
    assert_eq!(leads(&app, "1").await, Some(merged));
}

#[tokio::test]
async fn of_a_decision_and_an_enrolment_at_once_none_leaves_the_account_open() {
    let app = house().await;
    let mut people = Vec::new();
    for place in 0..4 {
        people.push(official(&app, &format!("kim.{place}"), "Nguyễn Thị Kim", "").await);
    }
    let rows: Vec<String> = (0..4).map(|place| row(&place.to_string(), "Nguyễn Thị Kim", "")).collect();
    bring_rows(&app, &rows.concat()).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    for (place, person) in people.iter().enumerate() {
        let id = place.to_string();
        let seen = mark(&app, &proof, &id).await;

        let (decided, ()) = tokio::join!(decide(&app, &proof, (&id, &seen), Choice::Link(person.clone())), enrol(&app, person));

        decided.expect("decided");
        let account = account(&app, &id).await;
        assert_eq!((account.person_id.as_deref(), account.retired_at.is_some()), (Some(person.as_str()), true));
    }
}

async fn own_password(app: &TestApp, person: &PersonId) -> Option<StoredPassword> {
    let mut conn = app.services().store.read().await.expect("a connection");
    passwords::find(&mut conn, person).await.expect("an answer")
}

async fn notices_of(app: &TestApp, person: &PersonId) -> Vec<NoticeKind> {
    let all = notices::list(app.services(), person).await.expect("notices");
    all.into_iter().map(|notice| notice.kind).collect()
}

#[tokio::test]
async fn what_was_enrolled_since_an_account_was_used_goes_with_it_and_its_owner_is_told() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    assert_eq!(leads(&app, "1").await, Some(kim.clone()));
    app.advance_seconds(60);
    enrol(&app, &kim).await;
    assert!(own_password(&app, &kim).await.is_some());
    app.advance_seconds(60);
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", &lan).await;

    assert!(own_password(&app, &kim).await.is_none());
    assert_eq!(notices_of(&app, &kim).await, [NoticeKind::MethodsRemoved]);
    assert!(notices_of(&app, &lan).await.is_empty());
    let released = rows_of(&app, "legacy.account_released").await;
    let [record] = released.as_slice() else { panic!("one row: {released:?}") };
    assert_eq!(record.person_id.as_deref(), Some(kim.as_str()));
    assert!(record.detail.contains("\"methods_removed\":[\"password\"]"), "{}", record.detail);
    let sheet = review::look(app.services(), &proof, &key("1"), None).await.expect("a sheet");
    assert!(sheet.is_password_gone, "an enrolment takes what was kept: whoever has it now has to reset it");
}

#[tokio::test]
async fn what_somebody_had_before_they_used_an_account_stays_when_it_is_taken_from_them() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    let origin = Origin::command_line();
    let temporary =
        provisioned::Request { username: "kim.nt", password: NEW.into(), temporary: true, actor: "os:test", origin: &origin };
    provisioned::set(app.services(), temporary).await.expect("a password that somebody else set");
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    app.advance_seconds(60);
    assert_eq!(leads(&app, "1").await, Some(kim.clone()));
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", &lan).await;

    assert!(own_password(&app, &kim).await.is_some());
    assert!(!notices_of(&app, &kim).await.contains(&NoticeKind::MethodsRemoved));
}

async fn owners_of(app: &TestApp, id: &str) -> OwnersRow {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_reviews::find_owners(&mut conn, &key(id)).await.expect("an answer").expect("the account")
}

#[tokio::test]
async fn the_wish_to_come_in_while_the_directory_is_away_is_of_whoever_had_it() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    Hand::of(&app).execute("UPDATE legacy_accounts SET offline_since = 5 WHERE legacy_id = '1'").await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", &lan).await;
    assert_eq!(owners_of(&app, "1").await.offline_since, None);
    undo(&app, &proof, "1").await;

    assert_eq!(owners_of(&app, "1").await.offline_since, Some(5), "as it stood");
}

#[tokio::test]
async fn who_came_while_their_account_was_looked_at_loses_what_they_came_in_with() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let seen = mark(&app, &proof, "1").await;
    let read = stored(&app, "1").await;
    assert_eq!(leads(&app, "1").await, Some(kim.clone()));

    let set = legacy_reviews::OwnerSet {
        decision: "linked",
        rule: "by_hand",
        evidence: &read.evidence,
        person: Some(lan.as_str()),
        at: Some(1),
        by: Some(root.official.id.as_str()),
        why: WHY,
        used: [None; 3],
        retired: [None; 2],
        offline: None,
    };
    let mut tx = app.services().store.write().await.expect("a unit of work");
    assert!(!legacy_reviews::set_owner(&mut tx, &read, &set).await.expect("an answer"), "it was read before they came");
    tx.commit().await.expect("committed");
    let after = stored(&app, "1").await;
    assert_eq!((after.person_id.as_deref(), after.first_used_at.is_some()), (Some(kim.as_str()), true), "nothing happened");

    decide(&app, &proof, ("1", &seen), Choice::Link(lan.clone())).await.expect("decided");
    let records = rows_of(&app, "legacy.account_released").await;
    assert!(records.iter().all(|row| row.detail.contains("methods_removed")) && records.len() == 1, "{records:?}");
    assert_eq!(stored(&app, "1").await.first_used_at, None, "she begins anew");
}

#[tokio::test]
async fn that_an_owner_who_stays_came_meanwhile_is_not_taken_back_with_the_decision() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring_rows(&app, &row("1", "Nguyễn Thị Kim", NUMBER)).await;
    matched(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    link(&app, &proof, "1", &kim).await;
    assert_eq!(leads(&app, "1").await, Some(kim.clone()));

    undo(&app, &proof, "1").await;

    let after = stored(&app, "1").await;
    assert_eq!((after.person_id, after.decided_by), (Some(kim.0), None));
    assert!(after.first_used_at.is_some() && after.last_used_at.is_some());
    assert_eq!(count_of(&app, "legacy.account_released").await, 0);
}
