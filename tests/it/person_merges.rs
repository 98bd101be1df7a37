//! What merging two persons promises: everything of both comes together, nobody gains what neither held, nothing that
//! opens the other account moves, and an undo makes both whole again.

mod erased;
mod since;
mod subjects;

use crate::rights_scene::{SAI_GON, TAN_DINH, admin, appoint, everywhere, within};
use crate::support::flows::sub_of;
use crate::support::people::HEADER;
use crate::support::races::at_once;
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::app::cli::person;
use motlan::base::id::{ChangeSetId, PersonId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::SubjectType;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::service::legacy::merge::{self, Done, Later, MergeError, Pair, Refusal, UndoError, UndoRefusal, Undone};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::legacy::{import, matching};
use motlan::service::provisioning::{roles, status};
use motlan::service::{Origin, audit, directory};
use motlan::store::{methods, passwords, person_merges, persons, positions, role_grants};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Cursor;
use time::macros::date;

const NUMBER: &str = "079186098092";
const OTHER_NUMBER: &str = "079186098093";
const REASON: &str = "Cùng một người, đối chiếu hồ sơ gốc";

/// A row of the people file.
fn row(username: &str, number: &str, born: &str, code: &str, unit: &str, title: &str) -> String {
    format!(
        "{HEADER}{username},Nguyễn Thị Kim,{born},{number},{username}@vi-du.vn,0900000000,{code},{unit},Văn phòng,{title},cong_chuc,true,1/QĐ,2025-07-01,\n"
    )
}

/// Two accounts of one official: one that is known by little, and one with a number, an old account and roles.
struct Two {
    app: TestApp,
    kept: Official,
    merged: Official,
}

impl Two {
    async fn set() -> Self {
        let app = TestApp::with_registry().await;
        let kept = app.official_of(&row("kim.nt", "", "", "", SAI_GON, "Chuyên viên"), "kim.nt").await;
        let known = row("kim.moi", NUMBER, "1986-08-05", "NV1", TAN_DINH, "Phó trưởng phòng");
        let merged = app.official_of(&known, "kim.moi").await;
        app.client("tthc", |settings| settings.roles = vec!["tiep_nhan".to_owned(), "xem".to_owned()]).await;
        grant(&app, "kim.moi", "tiep_nhan").await;
        old_account(&app).await;
        Self { app, kept, merged }
    }

    fn pair(&self) -> Pair {
        pair(&self.kept, &self.merged)
    }

    async fn merge(&self) -> Done {
        merged(&self.app, &self.pair()).await.expect("a merge")
    }

    async fn undo(&self, id: &str) -> Result<Undone, UndoError> {
        undo(&self.app, &self.pair(), id).await
    }

    /// All that is known of both, as it would be compared byte by byte.
    async fn documents(&self) -> (String, String) {
        (document(&self.app, &self.kept).await, document(&self.app, &self.merged).await)
    }
}

fn pair(kept: &Official, merged: &Official) -> Pair {
    Pair::at_command_line(kept.id.clone(), merged.id.clone(), "os:test", &Origin::command_line())
}

async fn merged(app: &TestApp, pair: &Pair) -> Result<Done, MergeError> {
    let done = merge::merge(app.services(), pair, REASON, None).await;
    app.sync().await;
    done
}

async fn undo(app: &TestApp, pair: &Pair, id: &str) -> Result<Undone, UndoError> {
    let undone = merge::undo(app.services(), pair, id, "Nhầm người").await;
    app.sync().await;
    undone
}

async fn grant(app: &TestApp, username: &str, role: &str) {
    assert!(roles::grant(app.services(), &role_of(username, role, &Origin::command_line())).await.expect("an answer"));
}

fn role_of<'a>(username: &'a str, role: &'a str, origin: &'a Origin) -> roles::Request<'a> {
    roles::Request { username, client_id: "tthc", role, position: None, actor: "os:test", origin }
}

/// An account of an old system, which matching gives to whoever has the number.
async fn old_account(app: &TestApp) {
    let origin = Origin::command_line();
    let source = NewSource {
        id: "bd".to_owned(),
        name: None,
        province: Some("74".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source");
    let header = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone,unit_code,title,status\n";
    let text = format!("{header}1,kim,Nguyễn Thị Kim,05/08/1986,{NUMBER},,,,,\n");
    let request =
        import::Request { source: "bd", encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    rematch(app).await;
}

async fn rematch(app: &TestApp) {
    let origin = Origin::command_line();
    let request = matching::Request { source: None, actor: "os:test", origin: &origin };
    matching::run(app.services(), &request, |_| {}).await.expect("a summary");
}

/// All that is known of somebody but the records.
async fn document(app: &TestApp, official: &Official) -> String {
    let shown = person::described(app.services(), &official.username).await.expect("a person");
    let nothing = ChangeSetId(String::new());
    let id = &official.id;
    let mut conn = app.services().store.read().await.expect("a connection");
    let facts = persons::list_facts(&mut conn, &nothing, std::slice::from_ref(id)).await.expect("facts");
    let held = positions::list_versions(&mut conn, &nothing, std::slice::from_ref(id)).await.expect("positions");
    let ways = methods::find(&mut conn, id).await.expect("methods");
    let password = passwords::find(&mut conn, id).await.expect("an answer").map(|password| password.changed_at);
    let subjects = person_merges::list_subjects(&mut conn, id).await.expect("subjects");
    let accounts = person_merges::list_accounts(&mut conn, id).await.expect("accounts");
    let grants = role_grants::list_of_person(&mut conn, id).await.expect("roles");
    let standing = person_merges::standing(&mut conn, id).await.expect("an answer").expect("a row");
    let access = (standing.disabled_at, standing.merged_into, standing.erased_at);
    format!("{shown}\n{facts:?}\n{held:?}\n{ways:?}\n{password:?}\n{subjects:?}\n{accounts:?}\n{grants:?}\n{access:?}")
}

/// The ids of the records about somebody.
async fn history(app: &TestApp, official: &Official) -> BTreeSet<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = motlan::store::audit::list_after(&mut conn, "", 10_000).await.expect("records");
    let theirs = rows.into_iter().filter(|row| row.person_id.as_deref() == Some(official.id.as_str()));
    theirs.map(|row| row.id).collect()
}

async fn accounts_of(app: &TestApp, id: &PersonId) -> usize {
    let mut conn = app.services().store.read().await.expect("a connection");
    person_merges::list_accounts(&mut conn, id).await.expect("accounts").len()
}

#[tokio::test]
async fn an_undo_makes_both_whole_again_byte_by_byte() {
    let two = Two::set().await;
    let app = &two.app;
    let both = app.client("ca-hai", |settings| settings.subject_type = SubjectType::Pairwise).await;
    let one = app.client("mot", |settings| settings.subject_type = SubjectType::Pairwise).await;
    let (of_kept, of_merged) = (sub_of(app, &both, &two.kept).await, sub_of(app, &both, &two.merged).await);
    let alone = sub_of(app, &one, &two.merged).await;
    let before = two.documents().await;
    let (kept_history, merged_history) = (history(app, &two.kept).await, history(app, &two.merged).await);
    assert_eq!((accounts_of(app, &two.kept.id).await, accounts_of(app, &two.merged.id).await), (0, 1));

    let done = two.merge().await;

    assert_eq!((done.counts.accounts, done.counts.positions, done.counts.roles, done.counts.facts), (1, 1, 1, 3));
    let shown = person::described(app.services(), "kim.nt").await.expect("a person");
    assert_eq!(shown["positions"].as_array().map(Vec::len), Some(2));
    assert_eq!((&shown["roles"][0]["role"], &shown["has_personal_number"]), (&json!("tiep_nhan"), &json!(true)));
    assert_eq!((accounts_of(app, &two.kept.id).await, accounts_of(app, &two.merged.id).await), (1, 0));
    assert_eq!(sub_of(app, &one, &two.kept).await, alone, "the system still knows them");
    assert_eq!(sub_of(app, &both, &two.kept).await, of_kept);
    let gone = person::described(app.services(), "kim.moi").await.expect("a person");
    assert_eq!(gone["status"], "disabled");
    assert_eq!(gone["methods"], json!(["password"]), "kept, and opening nothing");
    let refused = app.browser().sign_in(&two.merged, "/signin").await;
    assert_ne!(refused.page(), Some("portal"), "{}", refused.body);
    rematch(app).await;
    assert_eq!(accounts_of(app, &two.kept.id).await, 1, "matching leaves what a human decided");

    two.undo(&done.id).await.expect("undone");

    assert_eq!(two.documents().await, before);
    assert!(history(app, &two.kept).await.is_superset(&kept_history), "what was on record stays");
    assert!(history(app, &two.merged).await.is_superset(&merged_history), "of both");
    assert_eq!(sub_of(app, &one, &two.merged).await, alone);
    assert_eq!(sub_of(app, &both, &two.merged).await, of_merged);
    assert_ne!(sub_of(app, &one, &two.kept).await, alone, "and nobody else is known by it");
    for event in ["person.merged", "person.merge_undone"] {
        let rows = rows_of(app, event).await;
        assert_eq!(rows.len(), 2, "one for each of them");
        assert!(rows.iter().all(|row| audit::verify(app.services(), row) && !row.detail.contains(NUMBER)), "{event}");
    }
}

#[tokio::test]
async fn the_sessions_of_the_merged_one_end_and_nothing_lets_them_in_but_an_undo() {
    let two = Two::set().await;
    let app = &two.app;
    let client = app.client("so", |_| {}).await;
    let tokens = app.tokens(&client, &two.merged, &[]).await;

    let done = two.merge().await;

    assert_eq!(done.counts.sign_ons, 1);
    let refreshed = app.userinfo(tokens["access_token"].as_str().expect("a token")).await;
    assert_eq!(refreshed.status, 401, "{}", refreshed.body);
    let origin = Origin::command_line();
    let request = status::Request { username: "kim.moi", actor: "os:test", origin: &origin };
    assert!(!status::enable(app.services(), &request).await.expect("an answer"), "not by the way");
    two.undo(&done.id).await.expect("undone");
    assert_eq!(app.browser().sign_in(&two.merged, "/signin").await.page(), Some("portal"));
}

#[tokio::test]
async fn whoever_cannot_be_merged_stays_as_they_are() {
    let two = Two::set().await;
    let app = &two.app;
    let third = app.official_of(&row("an.nv", OTHER_NUMBER, "1990-01-01", "", SAI_GON, "CV"), "an.nv").await;
    let locked = app.official("khoa").await;
    let boss = app.official("sep").await;
    appoint(app, "sep", everywhere(AdminRole::System)).await;
    crate::support::people::lock(app, &locked).await;
    let before = (two.documents().await, document(app, &third).await);

    let table = [
        ("oneself", pair(&two.kept, &two.kept), Refusal::Oneself),
        ("two numbers", pair(&third, &two.merged), Refusal::NumbersDiffer),
        ("into somebody disabled", pair(&locked, &two.merged), Refusal::KeptDisabled),
        ("whoever runs the service", pair(&two.kept, &boss), Refusal::RunsService),
    ];
    for (case, pair, expected) in table {
        let refused = merged(app, &pair).await;
        assert!(matches!(refused, Err(MergeError::Refused(why)) if why == expected), "{case}: {refused:?}");
    }
    for reason in ["", "  ", "hai\ndòng"] {
        let refused = merge::merge(app.services(), &two.pair(), reason, None).await;
        assert!(matches!(refused, Err(MergeError::Reason)), "{reason:?}: {refused:?}");
    }
    let changed = merge::merge(app.services(), &two.pair(), REASON, Some("something else")).await;
    assert!(matches!(changed, Err(MergeError::Changed)), "{changed:?}");

    assert_eq!((two.documents().await, document(app, &third).await), before);
    assert_eq!(count_of(app, "person.merged").await, 0);
}

#[tokio::test]
async fn merges_one_after_another_are_undone_the_other_way_round() {
    let two = Two::set().await;
    let app = &two.app;
    let third = app.official_in("an", &[TAN_DINH]).await;
    let fourth = app.official_in("binh", &[]).await;
    let before = (two.documents().await, document(app, &third).await, document(app, &fourth).await);

    let first = two.merge().await;
    let again = merged(app, &two.pair()).await;
    assert!(matches!(again, Err(MergeError::Refused(Refusal::MergedAlready))), "{again:?}");
    let into = merged(app, &pair(&two.merged, &third)).await;
    assert!(matches!(into, Err(MergeError::Refused(Refusal::KeptWasMerged))), "{into:?}");
    let beside = merged(app, &pair(&two.kept, &fourth)).await.expect("a merge");
    let chained = merged(app, &pair(&third, &two.kept)).await.expect("a merge");
    assert_eq!(accounts_of(app, &third.id).await, 1, "accounts go all the way");

    let refused = two.undo(&first.id).await;
    assert!(matches!(refused, Err(UndoError::Refused(UndoRefusal::KeptWasMerged))), "{refused:?}");
    undo(app, &pair(&third, &two.kept), &chained.id).await.expect("undone");
    let refused = two.undo(&first.id).await;
    assert!(matches!(refused, Err(UndoError::Refused(UndoRefusal::Later))), "{refused:?}");
    undo(app, &pair(&two.kept, &fourth), &beside.id).await.expect("undone");
    two.undo(&first.id).await.expect("undone");
    let again = two.undo(&first.id).await;
    assert!(matches!(again, Err(UndoError::Refused(UndoRefusal::NotThere))), "{again:?}");

    assert_eq!((two.documents().await, document(app, &third).await, document(app, &fourth).await), before);
}

#[tokio::test]
async fn what_was_changed_since_stays_and_is_told() {
    let two = Two::set().await;
    let app = &two.app;
    let done = two.merge().await;
    app.advance_seconds(60);
    let origin = Origin::command_line();
    assert!(roles::revoke(app.services(), &role_of("kim.nt", "tiep_nhan", &origin)).await.expect("an answer"));
    grant(app, "kim.nt", "xem").await;

    let undone = two.undo(&done.id).await.expect("undone");

    let role = |role: &str| ("tthc".to_owned(), role.to_owned());
    let ((client, taken), (of, given)) = (role("tiep_nhan"), role("xem"));
    assert!(undone.stayed.contains(&Later::RoleTakenBack { client, role: taken }), "{:?}", undone.stayed);
    assert!(undone.stayed.contains(&Later::NewRole { client: of, role: given }), "{:?}", undone.stayed);
    let kept = person::described(app.services(), "kim.nt").await.expect("a person");
    assert_eq!(kept["roles"].as_array().map(Vec::len), Some(1), "what was given since stays");
    let merged = person::described(app.services(), "kim.moi").await.expect("a person");
    assert_eq!(merged["roles"], json!([]), "what was taken back does not come back by the way");
}

#[tokio::test]
async fn of_many_who_merge_the_same_two_at_once_one_does() {
    let two = Two::set().await;
    let services = two.app.services().clone();
    let (kept, merged) = (two.kept.id.clone(), two.merged.id.clone());

    let outcomes = at_once(|| {
        let (services, kept, merged) = (services.clone(), kept.clone(), merged.clone());
        async move {
            let pair = Pair::at_command_line(kept, merged, "os:test", &Origin::command_line());
            merge::merge(&services, &pair, REASON, None).await.is_ok()
        }
    })
    .await;

    assert_eq!(outcomes.iter().filter(|done| **done).count(), 1);
    assert_eq!(count_of(&two.app, "person.merged").await, 2, "one merge, on record with both");
    assert_eq!(accounts_of(&two.app, &two.kept.id).await, 1);
}

#[tokio::test]
async fn at_the_console_both_are_compared_merged_and_made_two_again() {
    let two = Two::set().await;
    let app = &two.app;
    directory::catch_up(app.services()).await.expect("the list of people");
    let mut keeper = admin(app, "danhba", &[], everywhere(AdminRole::Directory)).await;
    let here = format!("/admin/people/{}/merge", two.kept.id);
    let beside = format!("{here}?other={}", two.merged.id);

    let found = keeper.browser.get(&format!("{here}?q=kim.moi")).await;
    assert_eq!((found.status, found.page()), (200, Some("admin-merge")), "{}", found.body);
    assert!(found.body.contains(two.merged.id.as_str()), "{}", found.body);
    let page = keeper.browser.get(&beside).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-merge")), "{}", page.body);
    assert!(page.body.contains("bd/1 kim") && page.body.contains("tiep_nhan") && page.body.contains("merge-do"), "{}", page.body);
    assert!(!page.body.contains(NUMBER), "no whole number is shown");
    let seen = page.hidden("seen");
    let fields = [("other", two.merged.id.as_str()), ("seen", seen.as_str()), ("reason", REASON), ("sure", "1")];
    for (sent, case) in [(&fields[..3], "not sure"), (&fields[1..], "nobody chosen")] {
        let refused = keeper.post(&here, sent).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-merge")), "{case}: {}", refused.body);
    }
    let stale = [fields[0], ("seen", "x"), fields[2], fields[3]];
    assert_eq!(keeper.post(&here, &stale).await.status, 422, "something else than what was shown");
    assert_eq!(count_of(app, "person.merged").await, 0);

    let done = keeper.post(&here, &fields).await;

    assert_eq!((done.status, done.location()), (303, "/admin/merges?done=merged"), "{}", done.body);
    app.sync().await;
    let row = rows_of(app, "person.merged").await.pop().expect("a record");
    assert_eq!(row.actor.as_deref(), Some(keeper.official.id.as_str()));
    assert!(row.detail.contains(REASON), "{}", row.detail);
    let page = keeper.browser.get(&format!("/admin/people/{}", two.merged.id)).await;
    assert!(page.body.contains("id=\"merged\"") && page.body.contains(two.kept.id.as_str()), "{}", page.body);
    directory::catch_up(app.services()).await.expect("the list of people");
    let list = keeper.browser.get("/admin/people?q=kim").await;
    assert!(list.body.contains(two.kept.id.as_str()) && !list.body.contains(two.merged.id.as_str()), "{}", list.body);
    let merges = keeper.browser.get("/admin/merges").await;
    let away = format!("/admin/people/{}/unmerge", two.merged.id);
    assert!(merges.body.contains(&away) && merges.body.contains(REASON), "{}", merges.body);

    assert_eq!(keeper.post(&away, &[("reason", "")]).await.status, 422);
    assert_eq!(count_of(app, "person.merge_undone").await, 0);
    let undone = keeper.post(&away, &[("reason", "Nhầm người")]).await;
    assert_eq!((undone.status, undone.location()), (303, "/admin/merges?done=undone"), "{}", undone.body);
    let merges = keeper.browser.get("/admin/merges").await;
    assert!(!merges.body.contains(&away) && merges.body.contains("Nhầm người"), "{}", merges.body);
}

#[tokio::test]
async fn whoever_does_not_reach_both_merges_nobody_and_gives_no_more_than_they_may() {
    let two = Two::set().await;
    let app = &two.app;
    let here = format!("/admin/people/{}/merge", two.kept.id);
    let fields = [("other", two.merged.id.as_str()), ("seen", ""), ("reason", REASON), ("sure", "1")];
    let mut one = admin(app, "mot-don-vi", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut reader = admin(app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    assert_eq!(one.browser.get(&here).await.status, 200, "one of the two");
    assert_eq!(one.browser.get(&format!("{here}?other={}", two.merged.id)).await.status, 404);
    assert_eq!(one.post(&here, &fields).await.status, 404);
    assert_eq!(reader.post(&here, &fields).await.status, 404);
    assert_eq!(reader.browser.get("/admin/merges").await.status, 404);
    assert_eq!(count_of(app, "person.merged").await, 0);

    let inside = app.official_of(&row("kim.cu", "", "", "", SAI_GON, "Văn thư"), "kim.cu").await;
    grant(app, "kim.cu", "xem").await;
    let page = one.browser.get(&format!("{here}?other={}", inside.id)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let seen = page.hidden("seen");
    let fields = [("other", inside.id.as_str()), ("seen", seen.as_str()), ("reason", REASON), ("sure", "1")];
    assert_eq!(one.post(&here, &fields).await.status, 303);
    app.sync().await;
    let kept = person::described(app.services(), "kim.nt").await.expect("a person");
    assert_eq!(kept["roles"], json!([]), "a role that the system does not leave to units is not theirs to give");
    assert_eq!(kept["positions"].as_array().map(Vec::len), Some(2));

    appoint(app, "kim.moi", within(AdminRole::HelpDesk, TAN_DINH)).await;
    let mut keeper = admin(app, "danhba", &[], everywhere(AdminRole::Directory)).await;
    let refused = keeper.browser.get(&format!("{here}?other={}", two.merged.id)).await;
    assert!(refused.status == 200 && !refused.body.contains("merge-do"), "an administrator: {}", refused.body);
    let fields = [("other", two.merged.id.as_str()), ("seen", ""), ("reason", REASON), ("sure", "1")];
    assert_eq!(keeper.post(&here, &fields).await.status, 422);
    assert_eq!(count_of(app, "person.merged").await, 2, "the one before, on record with both");
}
