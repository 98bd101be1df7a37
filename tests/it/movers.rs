//! Movers: a system that asked for it is told once, within seconds, when the post is over in which somebody entered it; and
//! nobody is told of those who go on.

use crate::support::flows::{enter, tokens_of};
use crate::support::people::{HEADER, bring, lock, person};
use crate::support::plans::{NAME, apply, approved, rollback, town, town_plan};
use crate::support::races::together;
use crate::support::records::{count_of, has_ended, outbox, rows_of, sign_on_of};
use crate::support::requests::text;
use crate::support::{Browser, Official, TestApp, TestClient};
use motlan::base::date::iso;
use motlan::base::id::{ChangeSetId, PositionId};
use motlan::model::position::Position;
use motlan::service::forget;
use motlan::service::movers::{self, Memory};
use motlan::store::changes::Kind;
use motlan::store::delegations::{self, Delegation};
use motlan::store::{change_sets, positions};
use serde_json::Value;
use std::collections::BTreeSet;
use time::Date;
use time::macros::date;

const SAI_GON: &str = "26740";
/// The stage begins on 22/11/2026, at 08:00 in Vietnam.
const TODAY: Date = date!(2026 - 11 - 22);
const YESTERDAY: Date = date!(2026 - 11 - 21);
const UNTIL_MIDNIGHT: i64 = 16 * 3_600;
/// The second look comes so late.
const LATE: i64 = 61;

/// The job, until nothing is left to do.
pub async fn run(app: &TestApp) {
    let mut memory = Memory::default();
    while movers::run(app.services(), &mut memory).await.expect("the job runs") {}
    app.sync().await;
}

/// The job at once, and a minute later.
pub async fn run_twice(app: &TestApp) {
    run(app).await;
    app.advance_seconds(LATE);
    run(app).await;
}

/// A row of somebody with a post.
fn row(username: &str, title: &str, is_main: bool, to: Option<Date>) -> String {
    let to = to.map(iso).unwrap_or_default();
    format!(
        "{username},Nguyễn Văn {username},1980-02-03,,{username}@vi-du.vn,0900000000,,{SAI_GON},Văn phòng,{title},cong_chuc,{is_main},1/QĐ,2025-07-01,{to}\n"
    )
}

/// Somebody with two posts, the first of them the main one, which lasts until a day.
pub async fn official(app: &TestApp, username: &str, to: Option<Date>) -> Official {
    let rows = row(username, "Chuyên viên", true, to) + &row(username, "Trợ lý", false, None);
    let official = app.official_of(&format!("{HEADER}{rows}"), username).await;
    assert_eq!(official.positions.len(), 2, "two posts");
    official
}

/// Says that the main post of somebody was over yesterday.
async fn end_main_post(app: &TestApp, username: &str) {
    let report = bring(app, &row(username, "Chuyên viên", true, Some(YESTERDAY))).await;
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    app.sync().await;
}

/// Somebody signs in to a system in one of their posts; answers their browser, and what the system got.
pub async fn entered(app: &TestApp, official: &Official, client: &TestClient, position: &PositionId) -> (Browser, Value) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, &app.authorize_path(client, &[("position", position.as_str())])).await;
    let tokens = tokens_of(app, client, &arrived).await;
    (browser, tokens)
}

/// A system that is told of moves.
pub async fn told(app: &TestApp, id: &str, address: String) -> TestClient {
    app.client(id, |settings| {
        settings.backchannel_logout_uri = Some(address);
        settings.told_of_moves = true;
    })
    .await
}

/// Enters without a page, in a post or in the one that is left; answers what the system got.
async fn again(app: &TestApp, browser: &mut Browser, client: &TestClient, position: Option<&PositionId>) -> Value {
    let mut changes = vec![("prompt", "none")];
    changes.extend(position.map(|position| ("position", position.as_str())));
    let silent = browser.get(&app.authorize_path(client, &changes)).await;
    tokens_of(app, client, &silent).await
}

#[tokio::test]
async fn a_system_that_asked_for_it_is_told_once_and_the_sign_on_goes_on() {
    let app = TestApp::with_registry().await;
    let receiver = app.receiver().await;
    let tthc = told(&app, "tthc", receiver.url("/tthc")).await;
    let address = receiver.url("/quiet");
    let quiet = app.client("quiet", |settings| settings.backchannel_logout_uri = Some(address)).await;
    let kim = official(&app, "kim", None).await;
    let (mut browser, tokens) = entered(&app, &kim, &tthc, &kim.positions[0]).await;
    let sid = sign_on_of(&app, &tokens);
    enter(&app, &mut browser, &kim, &quiet).await;
    let (_, beside) = entered(&app, &kim, &tthc, &kim.positions[1]).await;
    run(&app).await;
    assert!(outbox(&app, &sid).await.is_empty(), "nobody moved");

    end_main_post(&app, "kim").await;
    run(&app).await;
    app.deliver_logouts().await;

    let waiting = outbox(&app, &sid).await;
    let systems: Vec<&str> = waiting.iter().map(|delivery| delivery.client_id.as_str()).collect();
    assert_eq!(systems, ["tthc"], "the other one did not ask");
    let received = receiver.received();
    let [(path, body)] = received.as_slice() else { panic!("one token: {received:?}") };
    assert_eq!(path, "/tthc");
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let (claims, of_id_token) = (app.claims(&fields[0].1), app.claims(text(&tokens, "id_token")));
    assert_eq!((&claims["sid"], &claims["sub"]), (&of_id_token["sid"], &of_id_token["sub"]));
    assert!(!has_ended(&app, &sid).await, "the sign-on goes on");
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 401, "what was given in that post is over");
    assert!(outbox(&app, &sign_on_of(&app, &beside)).await.is_empty(), "they hold the other post");
    assert_eq!(app.userinfo(text(&beside, "access_token")).await.status, 200);
    let rows = rows_of(&app, "client.told_of_move").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].person_id.as_deref(), rows[0].client_id.as_deref()), (Some(kim.id.as_str()), Some("tthc")));

    let anew = again(&app, &mut browser, &tthc, None).await;
    run_twice(&app).await;
    assert_eq!(outbox(&app, &sid).await.len(), 1, "they are in a post that they hold");
    assert_eq!(app.userinfo(text(&anew, "access_token")).await.status, 200);
    assert_eq!(count_of(&app, "client.told_of_move").await, 1);
}

#[tokio::test]
async fn a_post_that_ends_by_its_day_is_over_at_midnight_in_vietnam() {
    let app = TestApp::with_registry().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let kim = official(&app, "kim", Some(TODAY)).await;
    run(&app).await;
    app.advance_seconds(UNTIL_MIDNIGHT - 60);
    let (_, tokens) = entered(&app, &kim, &tthc, &kim.positions[0]).await;
    let sid = sign_on_of(&app, &tokens);
    app.advance_seconds(59);
    run(&app).await;
    assert!(outbox(&app, &sid).await.is_empty(), "the last day is a whole day");

    app.advance_seconds(1);
    run(&app).await;

    assert_eq!(outbox(&app, &sid).await.len(), 1);
    run_twice(&app).await;
    assert_eq!(outbox(&app, &sid).await.len(), 1, "once");
    assert_eq!(count_of(&app, "client.told_of_move").await, 1);
}

#[tokio::test]
async fn whoever_signed_out_before_is_not_told_of_a_second_time() {
    let app = TestApp::with_registry().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let kim = official(&app, "kim", None).await;
    let (mut browser, tokens) = entered(&app, &kim, &tthc, &kim.positions[0]).await;
    let sid = sign_on_of(&app, &tokens);
    let address = format!("/oauth2/logout?id_token_hint={}", text(&tokens, "id_token"));
    browser.get(&address).await;
    assert_eq!(outbox(&app, &sid).await.len(), 1, "of the sign-out");

    end_main_post(&app, "kim").await;
    run_twice(&app).await;

    assert_eq!((outbox(&app, &sid).await.len(), count_of(&app, "client.told_of_move").await), (1, 0));
}

#[tokio::test]
async fn a_plan_ends_the_sessions_of_those_who_go_nowhere_and_of_nobody_else() {
    let app = town().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let whole = app.official_in("tron", &["10001"]).await;
    let divided = app.official_in("chia", &["10003", "10004"]).await;
    approved(&app, &town_plan()).await;
    let (mut browser, tokens) = entered(&app, &whole, &tthc, &whole.positions[0]).await;
    let (_, of_divided) = entered(&app, &divided, &tthc, &divided.positions[0]).await;
    let (whole_sid, divided_sid) = (sign_on_of(&app, &tokens), sign_on_of(&app, &of_divided));
    run(&app).await;
    assert!(outbox(&app, &divided_sid).await.is_empty(), "approved is not applied");

    apply(&app, NAME).await.expect("applied");
    run(&app).await;

    assert_eq!(outbox(&app, &divided_sid).await.len(), 1, "their post goes nowhere");
    assert!(outbox(&app, &whole_sid).await.is_empty(), "theirs goes on");
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200);
    // In the new post, which is gone when the plan is taken back: they are in the one before it again.
    again(&app, &mut browser, &tthc, None).await;
    rollback(&app, NAME, false).await.expect("taken back");
    run_twice(&app).await;
    assert!(outbox(&app, &whole_sid).await.is_empty(), "nobody left");
    assert_eq!(outbox(&app, &divided_sid).await.len(), 1, "nor is anybody told anew");
    assert_eq!(count_of(&app, "client.told_of_move").await, 1);
}

#[tokio::test]
async fn two_nodes_that_look_at_the_same_moment_tell_once() {
    let first = TestApp::with_registry().await;
    let Some(second) = first.second_node().await else { return };
    let tthc = told(&first, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let mut sign_ons = Vec::new();
    for number in 0..5 {
        let one = official(&first, &format!("nguoi{number}"), None).await;
        let (_, tokens) = entered(&first, &one, &tthc, &one.positions[0]).await;
        sign_ons.push(sign_on_of(&first, &tokens));
    }
    let rows: String = (0..5).map(|number| row(&format!("nguoi{number}"), "Chuyên viên", true, Some(YESTERDAY))).collect();
    assert_eq!(bring(&first, &rows).await.rows_bad, 0);

    together([first.clone(), second.clone()].map(|node| async move { run(&node).await })).await;

    for sid in &sign_ons {
        assert_eq!(outbox(&first, sid).await.len(), 1);
    }
    assert_eq!(count_of(&first, "client.told_of_move").await, 5);
}

#[tokio::test]
async fn what_a_node_gave_that_had_not_heard_of_it_is_found_a_minute_later() {
    let first = TestApp::with_registry().await;
    let Some(second) = first.second_node().await else { return };
    let tthc = told(&first, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let kim = official(&first, "kim", None).await;
    let main = &kim.positions[0];
    let (browser, tokens) = entered(&first, &kim, &tthc, main).await;
    let sid = sign_on_of(&first, &tokens);
    let mut there = second.browser();
    there.cookies.clone_from(&browser.cookies);
    second.sync().await;
    again(&second, &mut there, &tthc, Some(main)).await;

    end_main_post(&first, "kim").await;
    run(&first).await;
    assert_eq!(outbox(&first, &sid).await.len(), 1);
    again(&second, &mut there, &tthc, Some(main)).await;
    second.sync().await;
    run(&first).await;
    assert_eq!(outbox(&first, &sid).await.len(), 1, "it was looked at already");
    first.advance_seconds(LATE);
    run(&first).await;

    assert_eq!(outbox(&first, &sid).await.len(), 2, "it entered once more in the old post");
}

/// Hands the main post of one to another; answers the post in which that one acts.
async fn lend(app: &TestApp, of: &Official, to: &Official) -> PositionId {
    let services = app.services();
    let (now, entropy) = (services.clock.now(), services.entropy.as_ref());
    let lender = person(app, &of.username).await.expect("a person");
    let own = lender.positions.into_iter().find(|post| post.id == of.positions[0]).expect("the main post");
    let (id, set) = (PositionId::new(now, entropy), ChangeSetId::new(now, entropy));
    let post = Position { id: id.clone(), primary: false, delegated_by: Some(of.id.clone()), valid_from: TODAY, ..own };
    let delegation = Delegation {
        position: id.clone(),
        of_position: of.positions[0].clone(),
        of_person: of.id.clone(),
        to_person: to.id.clone(),
        valid_from: TODAY,
        valid_to: date!(2027 - 06 - 30),
        decision_no: "5/QĐ".to_owned(),
        created_at: now,
        ended_at: None,
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    change_sets::add(&mut tx, &set, "test", "os:test", now).await.expect("a set");
    positions::add(&mut tx, &set, &[(to.id.clone(), post)]).await.expect("staged");
    assert!(change_sets::replace_people_version(&mut tx, &set, now).await.expect("a version"));
    assert!(change_sets::mark_applied(&mut tx, &set, now).await.expect("applied"));
    delegations::add(&mut tx, &delegation).await.expect("kept");
    forget(&mut tx, services, Kind::Person, to.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
    id
}

/// Ends a delegation, and says so.
async fn take_back(app: &TestApp, lent: &PositionId, to: &Official) {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(delegations::mark_ended(&mut tx, lent, services.clock.now()).await.expect("an answer"));
    forget(&mut tx, services, Kind::Person, to.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}

#[tokio::test]
async fn whoever_acts_for_somebody_has_moved_when_that_counts_no_more() {
    for case in ["nothing", "taken back", "their post is over", "they are shut out"] {
        let app = TestApp::with_registry().await;
        let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
        let lan = official(&app, "lan", None).await;
        let kim = official(&app, "kim", None).await;
        let lent = lend(&app, &lan, &kim).await;
        let (_, for_lan) = entered(&app, &kim, &tthc, &lent).await;
        let (_, for_kim) = entered(&app, &kim, &tthc, &kim.positions[0]).await;
        let (for_lan, for_kim) = (sign_on_of(&app, &for_lan), sign_on_of(&app, &for_kim));
        run(&app).await;
        assert!(outbox(&app, &for_lan).await.is_empty(), "{case}: it counts");

        match case {
            "nothing" => {}
            "taken back" => take_back(&app, &lent, &kim).await,
            "their post is over" => end_main_post(&app, "lan").await,
            _ => lock(&app, &lan).await,
        }
        run(&app).await;

        let systems: BTreeSet<String> = outbox(&app, &for_lan).await.into_iter().map(|delivery| delivery.client_id).collect();
        let expected = if case == "nothing" { BTreeSet::new() } else { BTreeSet::from(["tthc".to_owned()]) };
        assert_eq!(systems, expected, "{case}");
        assert!(outbox(&app, &for_kim).await.is_empty(), "{case}: their own post is theirs");
        run_twice(&app).await;
        assert_eq!(outbox(&app, &for_lan).await.len(), expected.len(), "{case}: once");
    }
}

/// One step of the job; whether there is more to do at once.
async fn step(app: &TestApp, memory: &mut Memory) -> bool {
    movers::run(app.services(), memory).await.expect("the job runs")
}

#[tokio::test]
async fn that_somebody_acts_for_another_one_no_more_is_told_before_all_else_that_there_is_to_look_at() {
    let app = TestApp::with_registry().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let lan = official(&app, "lan", None).await;
    let kim = official(&app, "kim", None).await;
    let lent = lend(&app, &lan, &kim).await;
    run(&app).await;
    // The job was away, and each of these days is a step of its own.
    app.advance_seconds(30 * 86_400);
    app.sync().await;
    let (_, tokens) = entered(&app, &kim, &tthc, &lent).await;
    let sid = sign_on_of(&app, &tokens);
    let mut memory = Memory::default();
    assert!(step(&app, &mut memory).await, "there is more to do");
    assert!(outbox(&app, &sid).await.is_empty(), "it counts");

    take_back(&app, &lent, &kim).await;
    app.advance_seconds(1);
    app.sync().await;

    assert!(step(&app, &mut memory).await, "there is more to do");
    assert_eq!(outbox(&app, &sid).await.len(), 1);
    assert!(step(&app, &mut memory).await, "there is still more to do");
    run_twice(&app).await;
    assert_eq!(outbox(&app, &sid).await.len(), 1, "once");
    assert_eq!(count_of(&app, "client.told_of_move").await, 1);
}
