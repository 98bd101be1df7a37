//! Removing what is known of a person: two people, a long wait, everything or nothing; and the records stay readable.

use crate::legacy_import::{WEAK, account, bring as bring_legacy, decide_for, house, password};
use crate::legacy_review::{decide as decide_by_hand, key, mark, proof};
use crate::rights_scene::{Admin, admin, everywhere, within};
use crate::support::TestApp;
use crate::support::people::{HEADER, bring, person, places};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::legacy::review::{self, Choice, ReviewError};
use motlan::service::lifecycle::erase::NAMELESS;
use motlan::service::provisioning::status;
use motlan::service::{Origin, audit};
use motlan::store::legacy_reviews::{self, DecisionRow};
use motlan::store::{methods, persons};

const DAY: i64 = 86_400;
const NUMBER: &str = "079186098092";
const ROW: &str = "kim.nt,Nguyễn Thị Kim,1986-08-05,079186098092,kim.nt@vi-du.vn,0900111222,NV1,26740,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,\n";

fn page(id: &PersonId) -> String {
    format!("/admin/people/{id}/erase")
}

const ASK: [(&str, &str); 2] = [("reason", "Theo yêu cầu của người đã nghỉ hưu"), ("sure", "1")];

async fn disable(app: &TestApp) {
    let origin = Origin::command_line();
    let request = status::Request { username: "kim.nt", actor: "os:test", origin: &origin };
    assert!(status::disable(app.services(), &request).await.expect("an answer").is_some());
    app.sync().await;
}

async fn enable(app: &TestApp) -> bool {
    let origin = Origin::command_line();
    let request = status::Request { username: "kim.nt", actor: "os:test", origin: &origin };
    let enabled = status::enable(app.services(), &request).await.expect("an answer");
    app.sync().await;
    enabled
}

/// Asks a second person; answers where the request is.
async fn ask(by: &mut Admin, id: &PersonId) -> String {
    let sent = by.post(&page(id), &ASK).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (here, said) = sent.location().split_once('?').expect("a line");
    assert_eq!(said, "done=asked");
    here.to_owned()
}

#[tokio::test]
async fn what_is_known_goes_after_a_year_by_two_people_and_the_records_stay_readable() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    app.browser().sign_in(&kim, "/signin").await;
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;

    let seen = first.browser.get(&page(&kim.id)).await;
    assert_eq!((seen.status, seen.page()), (200, Some("admin-erase")), "{}", seen.body);
    assert!(seen.body.contains("erase-ask") && !seen.body.contains(NUMBER), "{}", seen.body);
    for (fields, case) in [(&ASK[..1], "not ticked"), (&ASK[1..], "no reason")] {
        let refused = first.post(&page(&kim.id), fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-erase")), "{case}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "approval.requested").await, 0);
    let here = ask(&mut first, &kim.id).await;
    assert_eq!(first.post(&here, &[("act", "approve")]).await.status, 422, "one's own");
    assert_eq!(person(&app, "kim.nt").await.expect("a person").full_name, "Nguyễn Thị Kim");
    let records = app.audit_events().await.len();

    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(done.status, 303, "{}", done.body);

    let left = person(&app, "kim.nt").await.expect("whoever had the name");
    assert_eq!((left.id.as_str(), left.full_name.as_str()), (kim.id.as_str(), NAMELESS));
    assert_eq!((left.email, left.phone, left.employee_code, left.date_of_birth), (None, None, None, None));
    assert!(!left.has_personal_number && left.disabled_at.is_some() && left.claims.is_empty());
    assert_eq!(left.positions.len(), 1, "the posts are the city's history");
    let mut conn = app.services().store.read().await.expect("a connection");
    let ways = methods::find(&mut conn, &kim.id).await.expect("methods");
    assert!(ways.password_set_at.is_none() && ways.passkeys == 0);
    drop(conn);
    assert!(app.audit_events().await.len() > records, "nothing of the records went");
    let row = rows_of(&app, "person.erased").await.pop().expect("a row");
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(second.official.id.as_str()), Some(kim.id.as_str())));
    assert!(row.detail.contains(first.official.id.as_str()), "{}", row.detail);
    for row in rows_of(&app, "sign_in.succeeded").await.iter().chain(&rows_of(&app, "person.disabled").await) {
        assert!(audit::verify(app.services(), row), "{}", row.event);
    }
    assert_eq!(second.post(&here, &[("act", "approve")]).await.status, 409, "once");
    let again = first.browser.get(&page(&kim.id)).await;
    assert!(again.status == 200 && !again.body.contains("erase-ask"), "{}", again.body);

    assert!(!enable(&app).await, "nobody is let in under a name of which nothing is known");
    let taken =
        bring(&app, "kim.nt,Trần Kim,1990-01-01,,kim2@vi-du.vn,0900000000,,26740,Văn phòng,CV,cong_chuc,true,1/QĐ,2025-07-01,\n")
            .await;
    assert_eq!(places(&taken), [(2, "username")], "the name stays taken for ever");
    let number = bring(&app, &ROW.replace("kim.nt", "kim.moi")).await;
    assert_eq!(number.rows_bad, 0, "and the number is free: {:?}", number.errors);
}

#[tokio::test]
async fn nothing_goes_before_its_time_or_by_whoever_may_not() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let refused = root.post(&page(&kim.id), &ASK).await;
    assert_eq!(refused.status, 422, "in use: {}", refused.body);
    disable(&app).await;
    app.advance_seconds(364 * DAY);
    let mut later = admin(&app, "later", &[], everywhere(AdminRole::System)).await;
    let refused = later.post(&page(&kim.id), &ASK).await;
    assert_eq!(refused.status, 422, "a day too early: {}", refused.body);

    app.advance_seconds(DAY);
    for (name, role) in [("keeper", AdminRole::Directory), ("reader", AdminRole::Auditor), ("desk", AdminRole::HelpDesk)] {
        let mut other = admin(&app, name, &[], everywhere(role)).await;
        assert_eq!(other.browser.get(&page(&kim.id)).await.status, 404, "{name}");
        assert_eq!(other.post(&page(&kim.id), &ASK).await.status, 404, "{name}");
    }
    let mut unit = admin(&app, "unit", &["26740"], within(AdminRole::Unit, "26740")).await;
    assert_eq!(unit.post(&page(&kim.id), &ASK).await.status, 404);
    assert_eq!((count_of(&app, "approval.requested").await, count_of(&app, "person.erased").await), (0, 0));
    assert_eq!(person(&app, "kim.nt").await.expect("a person").full_name, "Nguyễn Thị Kim");
}

#[tokio::test]
async fn whoever_was_let_in_again_meanwhile_keeps_everything() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let here = ask(&mut first, &kim.id).await;
    assert!(enable(&app).await);

    let late = second.post(&here, &[("act", "approve")]).await;

    assert_eq!(late.status, 409, "{}", late.body);
    assert_eq!((count_of(&app, "approval.taken").await, count_of(&app, "person.erased").await), (0, 0), "nothing half-done");
    let kept = person(&app, "kim.nt").await.expect("a person");
    assert!(kept.has_personal_number && kept.email.is_some() && kept.full_name == "Nguyễn Thị Kim");
    let found = persons::find(&mut app.services().store.read().await.expect("a connection"), &kim.id).await;
    assert!(found.expect("an answer").expect("a person").disabled_at.is_none());
}

#[tokio::test]
async fn what_old_systems_told_goes_too_and_no_later_file_brings_it_back() {
    let app = house().await;
    let kim = app.official("kim.nt").await;
    let row = |phone: &str, hash: &str| {
        format!(
            "7,kim.cu,Nguyễn Thị Kim,1986-08-05,{NUMBER},kim@cu.vn,{phone},25747,Phú Mỹ,Thủ Dầu Một,Chuyên viên,{hash},active,2025-01-02\n"
        )
    };
    assert_eq!(bring_legacy(&app, &row("0900000001", WEAK)).await.added, 1);
    decide_for(&app, "7", ("linked", Some(kim.id.clone()))).await;
    assert!(password(&app, "7").await.is_some());
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let here = ask(&mut first, &kim.id).await;

    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(done.status, 303, "{}", done.body);

    let left = account(&app, "7").await;
    let given = &left.given;
    for text in
        [&given.username, &given.full_name, &given.name_sorted, &given.born_text, &given.email, &given.phone, &given.title]
    {
        assert_eq!(text, "");
    }
    assert_eq!((given.number_kind.as_str(), given.date_of_birth, given.number_born), ("missing", None, None));
    assert!(given.number_digest.is_none() && given.number_sealed.is_none() && password(&app, "7").await.is_none());
    assert_eq!(
        (left.decision.as_str(), left.person_id.as_deref()),
        ("linked", Some(kim.id.as_str())),
        "nobody new is made of it"
    );

    let again = bring_legacy(&app, &row("0900000002", WEAK)).await;
    assert_eq!((again.added, again.changed, again.same), (0, 0, 1));
    assert_eq!(account(&app, "7").await, left);
    assert!(password(&app, "7").await.is_none());
}

/// What was decided about an account by hand, the newest first.
async fn decisions(app: &TestApp, id: &str) -> Vec<DecisionRow> {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_reviews::list_decisions(&mut conn, &key(id)).await.expect("decisions")
}

#[tokio::test]
async fn of_what_was_decided_about_their_old_accounts_no_words_and_nothing_of_before_are_left() {
    let app = house().await;
    let (kim, lan) = (app.official("kim.nt").await, app.official("lan.nt").await);
    let row =
        |id: &str, name: &str| format!("{id},u.{id},{name},1986-08-05,,,,25747,Phú Mỹ,Thủ Dầu Một,Chuyên viên,{WEAK},active,\n");
    let rows = [row("7", "Nguyễn Thị Kim"), row("8", "Nguyễn Thị Kim"), row("9", "Nguyễn Thị Lan")];
    assert_eq!(bring_legacy(&app, &rows.concat()).await.added, 3);
    decide_for(&app, "8", ("linked", Some(kim.id.clone()))).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    // One came to her, one was taken from her, and one has nothing to do with her.
    for (id, owner) in [("7", &kim.id), ("8", &lan.id), ("9", &lan.id)] {
        let seen = mark(&app, &proof, id).await;
        decide_by_hand(&app, &proof, (id, &seen), Choice::Link(owner.clone())).await.expect("decided");
    }
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let here = ask(&mut first, &kim.id).await;

    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(done.status, 303, "{}", done.body);

    for (id, is_blank) in [("7", true), ("8", true), ("9", false)] {
        let left = decisions(&app, id).await;
        let [left] = left.as_slice() else { panic!("one decision: {left:?}") };
        assert_eq!((left.before_it.is_empty(), left.reason.is_empty()), (is_blank, is_blank), "{id}");
        assert_eq!((left.act.as_str(), left.decided_by.as_str()), ("linked", root.official.id.as_str()), "{id}: who did what");
    }
    let id = decisions(&app, "8").await[0].id.clone();
    let refused = review::undo(app.services(), &proof, &key("8"), (&id, "Nhầm người")).await;
    assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
    assert_eq!(account(&app, "8").await.person_id.as_deref(), Some(lan.id.as_str()), "it stays whose it is");
}
