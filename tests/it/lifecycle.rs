//! Accounts follow posts: whoever begins later waits, whoever left is out within seconds, whoever does not come is told
//! and then out; and each of it can be taken back.

use crate::rights_scene::{admin, appoint, everywhere};
use crate::support::flows::{OFFLINE, tokens_of};
use crate::support::introspection::{ask, nothing};
use crate::support::people::{HEADER, bring, person};
use crate::support::phones::enrol;
use crate::support::post::{deliver, stage_with_post};
use crate::support::records::{count_of, has_ended, outbox, rows_of, sign_on_of};
use crate::support::registry;
use crate::support::requests::text;
use crate::support::trail::run as line_up;
use crate::support::{Official, START, TestApp, TestClient, stage};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::DisablePeople;
use motlan::model::notice::NoticeKind;
use motlan::service::lifecycle::{self, Memory, restore};
use motlan::service::provisioning::status;
use motlan::service::{Origin, administrators, known, notices};
use motlan::store::{audit_chain, lifecycles};
use std::collections::BTreeSet;

const DAY: i64 = 86_400;
/// From where the stage begins until midnight in Vietnam: the clock shows 08:00 on 22/11/2026.
const UNTIL_MIDNIGHT: i64 = 16 * 3_600;
const SAI_GON: &str = "26740";

/// The job, until nothing is left to do.
async fn run(app: &TestApp) {
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
}

/// A row with a post of some days.
fn row(username: &str, title: &str, from: &str, to: &str) -> String {
    format!(
        "{username},Nguyễn Thị {username},1980-02-03,,{username}@vi-du.vn,0900000000,,{SAI_GON},Văn phòng,{title},cong_chuc,true,1/QĐ,{from},{to}\n"
    )
}

/// Somebody with one post.
async fn official(app: &TestApp, username: &str, from: &str, to: &str) -> Official {
    app.official_of(&format!("{HEADER}{}", row(username, "Chuyên viên", from, to)), username).await
}

/// The registry, on a stage with other settings.
async fn bring_units(app: &TestApp) {
    registry::bring(app.services(), &registry::all_files(), false).await.expect("units");
    known::reload_registry(app.services()).await.expect("the registry is read");
}

async fn is_disabled(app: &TestApp, username: &str) -> bool {
    person(app, username).await.expect("a person").disabled_at.is_some()
}

/// Whether somebody gets into a system by signing in.
async fn gets_in(app: &TestApp, client: &TestClient, official: &Official) -> bool {
    app.browser().sign_in(official, &app.authorize_path(client, &[])).await.param("code").is_some()
}

async fn told_at(app: &TestApp, id: &str, address: String) -> TestClient {
    app.client(id, |settings| settings.backchannel_logout_uri = Some(address)).await
}

#[tokio::test]
async fn a_leaver_is_out_of_three_systems_and_each_of_them_is_told_once() {
    let app = TestApp::with_registry().await;
    let kim = official(&app, "kim", "2025-07-01", "2026-11-22").await;
    let receiver = app.receiver().await;
    let mut clients = Vec::new();
    for id in ["mot", "hai", "ba"] {
        clients.push(told_at(&app, id, receiver.url(&format!("/{id}"))).await);
    }
    app.advance_seconds(UNTIL_MIDNIGHT - 60);
    run(&app).await;
    let mut browser = app.browser();
    let mut tokens = Vec::new();
    for client in &clients {
        let arrived = browser.sign_in(&kim, &app.authorize_path(client, &OFFLINE)).await;
        tokens.push(tokens_of(&app, client, &arrived).await);
    }
    let sid = sign_on_of(&app, &tokens[0]);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await, "the last day is a whole day");
    for (client, tokens) in clients.iter().zip(&tokens) {
        assert_eq!(ask(&app, client, text(tokens, "access_token")).await.json()["active"], true);
    }
    assert_eq!(count_of(&app, "person.disabled").await, 0);

    app.advance_seconds(60);
    run(&app).await;
    app.deliver_logouts().await;

    let row = rows_of(&app, "person.disabled").await.pop().expect("a row");
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some("job:lifecycle"), Some(kim.id.as_str())));
    assert!(row.detail.contains("\"left\"") && row.detail.contains("2026-11-22"), "{}", row.detail);
    assert_eq!(row.at, START.plus_seconds(UNTIL_MIDNIGHT).0, "at midnight in Vietnam");
    let paths: BTreeSet<String> = receiver.received().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, BTreeSet::from(["/mot", "/hai", "/ba"].map(str::to_owned)), "each was told");
    assert!(outbox(&app, &sid).await.iter().all(|delivery| delivery.delivered_at.is_some()), "and each answered");
    assert!(has_ended(&app, &sid).await);
    for (client, tokens) in clients.iter().zip(&tokens) {
        nothing(&ask(&app, client, text(tokens, "access_token")).await, &client.id);
        nothing(&ask(&app, client, text(tokens, "refresh_token")).await, &client.id);
        assert_eq!(app.userinfo(text(tokens, "access_token")).await.status, 401, "{}", client.id);
        assert_eq!(app.refresh(client, text(tokens, "refresh_token")).await.json()["error"], "invalid_grant");
    }
    let silent = browser.get(&app.authorize_path(&clients[0], &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert!(!gets_in(&app, &clients[0], &kim).await);
    let before = receiver.received().len();
    run(&app).await;
    app.deliver_logouts().await;
    assert_eq!((receiver.received().len(), count_of(&app, "person.disabled").await), (before, 1), "once");
}

#[tokio::test]
async fn a_leaver_is_refused_on_every_node_once_it_looked() {
    let first = TestApp::with_registry().await;
    let Some(second) = first.second_node().await else { return };
    let kim = official(&first, "kim", "2025-07-01", "2026-11-22").await;
    let tthc = first.client("tthc", |_| {}).await;
    first.advance_seconds(UNTIL_MIDNIGHT - 60);
    let tokens = first.tokens(&tthc, &kim, &[]).await;
    second.sync().await;
    assert_eq!(second.userinfo(text(&tokens, "access_token")).await.status, 200);

    first.advance_seconds(60);
    run(&first).await;
    second.sync().await;

    assert_eq!(second.userinfo(text(&tokens, "access_token")).await.status, 401);
    assert!(!gets_in(&second, &tthc, &kim).await);
    let mut memory = Memory::default();
    assert!(!lifecycle::run(second.services(), &mut memory, "another node").await.expect("an answer"), "one node at a time");
}

#[tokio::test]
async fn whoever_has_another_post_now_or_later_or_never_had_one_has_not_left() {
    let app = TestApp::with_registry().await;
    let table = [
        ("an.nv", row("an.nv", "Chuyên viên", "2025-07-01", "2026-11-22") + &row("an.nv", "Phó Trưởng phòng", "2025-07-01", "")),
        ("ba.nv", row("ba.nv", "Chuyên viên", "2025-07-01", "2026-11-22") + &row("ba.nv", "Trưởng phòng", "2026-12-01", "")),
        (
            "chi.nv",
            row("chi.nv", "Chuyên viên", "2025-07-01", "2026-11-22") + &row("chi.nv", "Trợ lý", "2025-07-01", "2026-11-23"),
        ),
    ];
    for (username, rows) in &table {
        app.official_of(&format!("{HEADER}{rows}"), username).await;
    }
    app.official("nobody").await;
    app.advance_seconds(UNTIL_MIDNIGHT);

    run(&app).await;

    for (username, _) in &table {
        assert!(!is_disabled(&app, username).await, "{username}");
    }
    assert!(!is_disabled(&app, "nobody").await);
    assert_eq!(count_of(&app, "person.disabled").await, 0);
    app.advance_seconds(DAY);
    run(&app).await;
    assert!(is_disabled(&app, "chi.nv").await, "the last of several");
    assert!(!is_disabled(&app, "ba.nv").await, "between two posts");
}

#[tokio::test]
async fn what_a_file_says_afterwards_and_days_on_which_nobody_looked_count_too() {
    let app = TestApp::with_registry().await;
    official(&app, "kim", "2025-07-01", "2026-11-23").await;
    official(&app, "lan", "2025-07-01", "2026-11-24").await;
    run(&app).await;

    let report = bring(&app, &row("minh", "Chuyên viên", "2020-01-01", "2024-12-31")).await;
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    run(&app).await;
    assert!(is_disabled(&app, "minh").await, "told after it was over");
    assert!(!is_disabled(&app, "kim").await && !is_disabled(&app, "lan").await);

    // Nobody looked for a week.
    app.advance_seconds(7 * DAY);
    run(&app).await;
    assert!(is_disabled(&app, "kim").await && is_disabled(&app, "lan").await);
    assert_eq!(count_of(&app, "person.disabled").await, 3);
}

#[tokio::test]
async fn a_grace_is_waited_for_and_another_grace_looks_at_everybody_anew() {
    let app = stage(|config| config.lifecycle.grace_days = 3).await;
    bring_units(&app).await;
    official(&app, "kim", "2025-07-01", "2026-11-22").await;
    app.advance_seconds(UNTIL_MIDNIGHT + 2 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await);
    app.advance_seconds(DAY);
    run(&app).await;
    assert!(is_disabled(&app, "kim").await, "on the fourth day");
}

#[tokio::test]
async fn what_the_job_took_is_given_back_while_nobody_did_anything_since_and_is_not_taken_again() {
    let app = TestApp::with_registry().await;
    let kim = official(&app, "kim", "2025-07-01", "2026-11-22").await;
    official(&app, "lan", "2025-07-01", "2026-11-22").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.advance_seconds(UNTIL_MIDNIGHT);
    run(&app).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let authority = root.authority(&app).await;
    let services = app.services();
    let proof = async |id: &PersonId| authority.one::<DisablePeople>(services, id).await.expect("an answer").expect("a proof");

    let kims = proof(&kim.id).await;
    let shut = restore::look(services, &kims).await.expect("an answer").expect("what the job did");
    assert_eq!(shut.why, "left");
    assert!(restore::restore(services, &kims, " ").await.is_err(), "a reason is asked for");
    assert!(is_disabled(&app, "kim").await);
    assert!(restore::restore(services, &kims, "Chờ quyết định gia hạn").await.expect("an answer"));
    assert!(!restore::restore(services, &kims, "Chờ quyết định gia hạn").await.expect("an answer"), "once");
    app.sync().await;
    assert!(gets_in(&app, &tthc, &kim).await);
    run(&app).await;
    app.advance_seconds(10 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await, "whoever was let in again stays in");

    // An administrator let the other one in and out again: that is another act, and not this one's to take back.
    let origin = Origin::command_line();
    let request = status::Request { username: "lan", actor: "os:test", origin: &origin };
    assert!(status::enable(services, &request).await.expect("an answer"));
    app.advance_seconds(1);
    assert!(status::disable(services, &request).await.expect("an answer").is_some());
    let lan = person(&app, "lan").await.expect("a person");
    assert_eq!(restore::look(services, &proof(&lan.id).await).await.expect("an answer"), None);
    assert!(!restore::restore(services, &proof(&lan.id).await, "x").await.expect("an answer"));
    assert!(is_disabled(&app, "lan").await);
}

#[tokio::test]
async fn whoever_begins_later_cannot_sign_in_before_the_day_and_can_from_midnight_on() {
    let app = TestApp::with_registry().await;
    let moi = official(&app, "moi", "2026-11-23", "").await;
    let bare = app.official("bare").await;
    let tthc = app.client("tthc", |_| {}).await;

    assert!(!gets_in(&app, &tthc, &moi).await);
    assert!(gets_in(&app, &tthc, &bare).await, "whoever has no post waits for none");
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 1);
    app.advance_seconds(UNTIL_MIDNIGHT - 1);
    let there = async || app.services().person(&moi.id).await.expect("an answer").is_some();
    assert!(!there().await, "not a second before");
    app.advance_seconds(1);
    assert!(there().await);
    assert!(gets_in(&app, &tthc, &moi).await, "and nothing had to run");
    run(&app).await;
    assert!(!is_disabled(&app, "moi").await);
}

#[tokio::test]
async fn the_setting_lets_them_in_before() {
    let app = stage(|config| config.lifecycle.joiners_wait = false).await;
    bring_units(&app).await;
    let moi = official(&app, "moi", "2026-11-23", "").await;
    let tthc = app.client("tthc", |_| {}).await;

    assert!(gets_in(&app, &tthc, &moi).await);
}

#[tokio::test]
async fn an_account_that_nobody_signs_in_to_is_warned_of_once_and_then_disabled() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    app.official("never").await;
    let tthc = app.client("tthc", |_| {}).await;
    assert!(gets_in(&app, &tthc, &kim).await);
    deliver(&app).await;
    let warned = async || {
        let letters = post.letters(&app).await;
        letters.iter().filter(|letter| letter.text().contains("vô hiệu hóa")).count()
    };

    app.advance_seconds(30 * DAY - 1);
    run(&app).await;
    assert_eq!(warned().await, 0);
    app.advance_seconds(1);
    run(&app).await;
    run(&app).await;
    let letter = post.letter(&app, "vô hiệu hóa").await;
    assert!(letter.to().contains("kim@vi-du.vn") && letter.text().contains("06/01/2027"), "{}", letter.text());
    assert_eq!((warned().await, count_of(&app, "person.idle_warned").await), (1, 1), "once, and nobody else");
    let told = notices::list(app.services(), &kim.id).await.expect("notices");
    assert!(told.iter().any(|notice| notice.kind == NoticeKind::AccountIdle), "and on their pages");

    app.advance_seconds(15 * DAY - 1);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await);
    app.advance_seconds(1);
    run(&app).await;
    assert!(is_disabled(&app, "kim").await && !is_disabled(&app, "never").await, "whoever never came is not counted");
    let row = rows_of(&app, "person.disabled").await.pop().expect("a row");
    assert!(row.detail.contains("\"idle\""), "{}", row.detail);
    assert!(!gets_in(&app, &tthc, &kim).await);
    assert_eq!(warned().await, 1);
}

/// How often somebody was told.
async fn warned(app: &TestApp, official: &Official) -> usize {
    let rows = rows_of(app, "person.idle_warned").await;
    rows.iter().filter(|row| row.person_id.as_deref() == Some(official.id.as_str())).count()
}

#[tokio::test]
async fn whoever_signs_in_or_was_let_in_again_is_counted_anew_and_the_account_for_the_worst_day_never() {
    let app = TestApp::start().await;
    let (kim, lan, worst) = (app.official("kim").await, app.official("lan").await, app.official("worst").await);
    let tthc = app.client("tthc", |_| {}).await;
    enrol(&app, &worst).await;
    let origin = Origin::command_line();
    let given = administrators::break_glass(app.services(), "worst", "Phong bì số 1", "os:test", &origin).await;
    assert!(given.expect("an answer").is_some());
    for official in [&kim, &lan] {
        assert!(gets_in(&app, &tthc, official).await, "{}", official.username);
    }
    app.advance_seconds(30 * DAY);
    run(&app).await;
    assert_eq!((warned(&app, &kim).await, warned(&app, &lan).await, warned(&app, &worst).await), (1, 1, 0));
    assert!(gets_in(&app, &tthc, &kim).await);

    app.advance_seconds(15 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await && is_disabled(&app, "lan").await && !is_disabled(&app, "worst").await);
    let request = status::Request { username: "lan", actor: "os:test", origin: &origin };
    assert!(status::enable(app.services(), &request).await.expect("an answer"));
    run(&app).await;
    app.advance_seconds(29 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "lan").await, "counted from then on");
    assert_eq!(warned(&app, &lan).await, 1, "nor told before");
    app.advance_seconds(2 * DAY);
    run(&app).await;
    assert_eq!(warned(&app, &lan).await, 2);
    app.advance_seconds(15 * DAY);
    run(&app).await;
    assert!(is_disabled(&app, "lan").await && !is_disabled(&app, "worst").await);
}

#[tokio::test]
async fn whoever_was_let_in_again_is_counted_from_then_on_also_when_the_records_are_moved_away() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    assert!(gets_in(&app, &tthc, &kim).await);
    app.advance_seconds(30 * DAY);
    run(&app).await;
    app.advance_seconds(15 * DAY);
    run(&app).await;
    assert!(is_disabled(&app, "kim").await);
    let origin = Origin::command_line();
    let request = status::Request { username: "kim", actor: "os:test", origin: &origin };
    assert!(status::enable(app.services(), &request).await.expect("an answer"));
    app.advance_seconds(600);
    line_up(&app, "one").await;
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let last = audit_chain::ends(&mut tx).await.expect("ends").chained.expect("a chain");
    audit_chain::remove(&mut tx, 1, last).await.expect("moved");
    tx.commit().await.expect("committed");
    assert_eq!((count_of(&app, "person.enabled").await, warned(&app, &kim).await), (0, 0));

    run(&app).await;
    app.advance_seconds(29 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await);
    assert_eq!(warned(&app, &kim).await, 0, "nor told before");
    app.advance_seconds(2 * DAY);
    run(&app).await;
    assert_eq!(warned(&app, &kim).await, 1);
}

#[tokio::test]
async fn no_job_shuts_the_last_one_out_who_runs_the_service() {
    let app = TestApp::with_registry().await;
    official(&app, "mot", "2025-07-01", "2026-11-22").await;
    official(&app, "hai", "2025-07-01", "2026-11-22").await;
    for username in ["mot", "hai"] {
        appoint(&app, username, everywhere(AdminRole::System)).await;
    }

    app.advance_seconds(UNTIL_MIDNIGHT);
    run(&app).await;

    let shut = [is_disabled(&app, "mot").await, is_disabled(&app, "hai").await];
    assert_eq!(shut.into_iter().filter(|shut| *shut).count(), 1, "one of them goes on");
    assert_eq!(count_of(&app, "person.disabled").await, 1);
}

#[tokio::test]
async fn nobody_is_disabled_who_was_not_told_before() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    assert!(gets_in(&app, &tthc, &kim).await);

    app.advance_seconds(200 * DAY);
    run(&app).await;
    assert!(!is_disabled(&app, "kim").await);
    assert_eq!(count_of(&app, "person.idle_warned").await, 1);
    app.advance_seconds(15 * DAY);
    run(&app).await;
    assert!(is_disabled(&app, "kim").await);
    let kept = lifecycles::find(&mut app.services().store.read().await.expect("a connection"), &kim.id).await;
    assert_eq!(kept.expect("an answer").expect("a row").disabled_why.as_deref(), Some("idle"));
}
