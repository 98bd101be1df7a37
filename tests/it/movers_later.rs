//! Movers who are signed on no more: a system is told while its own session may go on, or while a refresh token does; and
//! those who lose a post because a plan was taken back.

use crate::movers::{entered, official, run, run_twice, told};
use crate::support::flows::{OFFLINE, tokens_of};
use crate::support::people::{HEADER, row};
use crate::support::plans::{NAME, applied, rollback, town, town_plan};
use crate::support::records::{count_of, grant_of, has_ended, outbox, sign_on_of};
use crate::support::requests::text;
use crate::support::{Browser, Official, TestApp, TestClient};
use motlan::service::reorganization::ReorganizationError;
use motlan::store::grants;
use serde_json::Value;
use time::Date;
use time::macros::date;

const HOUR: i64 = 3_600;
/// The stage begins on 22/11/2026, at 08:00 in Vietnam; most posts end two days later.
const LAST_DAY: Date = date!(2026 - 11 - 24);
/// Six weeks later: no refresh token of the first day counts any more.
const LAST_DAY_OF_ALL: Date = date!(2027 - 01 - 05);

/// Somebody signs in to a system in their main post, for longer than the sign-on.
async fn entered_offline(app: &TestApp, official: &Official, client: &TestClient) -> (Browser, Value) {
    let mut browser = app.browser();
    let changes = [("position", official.positions[0].as_str()), OFFLINE[0]];
    let arrived = browser.sign_in(official, &app.authorize_path(client, &changes)).await;
    let tokens = tokens_of(app, client, &arrived).await;
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
    (browser, tokens)
}

/// Whether what a system got counts for nothing any more.
async fn is_revoked(app: &TestApp, tokens: &Value) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    grants::find(&mut conn, &grant_of(app, tokens)).await.expect("an answer").expect("a grant").revoked_at.is_some()
}

#[tokio::test]
async fn a_system_is_told_too_where_the_sign_on_has_run_out_and_its_own_session_may_go_on() {
    let app = TestApp::with_registry().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    run(&app).await;
    let long_ago = official(&app, "xa", Some(LAST_DAY)).await;
    let for_long = official(&app, "ben", Some(LAST_DAY)).await;
    let signed_out = official(&app, "ra", Some(LAST_DAY)).await;
    let too_long = official(&app, "lau", Some(LAST_DAY_OF_ALL)).await;
    let today = official(&app, "gan", Some(LAST_DAY)).await;
    let (_, of_long_ago) = entered(&app, &long_ago, &tthc, &long_ago.positions[0]).await;
    let (_, of_for_long) = entered_offline(&app, &for_long, &tthc).await;
    let (mut browser, of_signed_out) = entered_offline(&app, &signed_out, &tthc).await;
    browser.get(&format!("/oauth2/logout?id_token_hint={}", text(&of_signed_out, "id_token"))).await;
    let (_, of_too_long) = entered_offline(&app, &too_long, &tthc).await;
    app.advance_seconds(49 * HOUR);
    app.sync().await;
    let (_, of_today) = entered(&app, &today, &tthc, &today.positions[0]).await;
    let cases = [
        ("two days ago", &of_long_ago, (0, false)),
        ("for longer than the sign-on", &of_for_long, (1, true)),
        ("signed out since", &of_signed_out, (1, false)),
        ("their post goes on", &of_too_long, (0, false)),
        ("in the morning", &of_today, (1, true)),
    ];
    app.advance_seconds(15 * HOUR - 1);
    run(&app).await;
    assert_eq!(count_of(&app, "client.told_of_move").await, 0, "the last day is a whole day");
    assert_eq!(outbox(&app, &sign_on_of(&app, &of_signed_out)).await.len(), 1, "of the sign-out");

    app.advance_seconds(1);
    app.sync().await;
    run(&app).await;

    for again in [false, true] {
        for (case, tokens, expected) in &cases {
            let deliveries = outbox(&app, &sign_on_of(&app, tokens)).await.len();
            assert_eq!((deliveries, is_revoked(&app, tokens).await), *expected, "{case}, again: {again}");
        }
        assert_eq!(count_of(&app, "client.told_of_move").await, 2, "again: {again}");
        run_twice(&app).await;
    }
    assert!(!has_ended(&app, &sign_on_of(&app, &of_today)).await, "it ran out, and nobody ended it");
}

#[tokio::test]
async fn a_refresh_token_that_has_run_out_is_nothing_to_be_told_of() {
    let app = TestApp::with_registry().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    run(&app).await;
    let early = official(&app, "som", Some(LAST_DAY_OF_ALL)).await;
    let late = official(&app, "muon", Some(LAST_DAY_OF_ALL)).await;
    let (_, of_early) = entered_offline(&app, &early, &tthc).await;
    app.advance_seconds(30 * 24 * HOUR);
    app.sync().await;
    let (_, of_late) = entered_offline(&app, &late, &tthc).await;
    // To midnight after the last day.
    app.advance_seconds(14 * 24 * HOUR + 16 * HOUR);
    app.sync().await;

    run_twice(&app).await;

    for (case, tokens, expected) in [("run out", &of_early, (0, false)), ("it goes on", &of_late, (1, true))] {
        let deliveries = outbox(&app, &sign_on_of(&app, tokens)).await.len();
        assert_eq!((deliveries, is_revoked(&app, tokens).await), expected, "{case}");
    }
}

#[tokio::test]
async fn whoever_loses_a_post_because_a_plan_was_taken_back_has_moved() {
    let app = town().await;
    let tthc = told(&app, "tthc", "http://127.0.0.1:9/out".to_owned()).await;
    let stays = app.official_in("an", &["10001"]).await;
    applied(&app, &town_plan()).await;
    // Nobody knew them before: their one post is in a unit that goes with the plan.
    let told = row("moi", "Vũ Thị Mới", "", "20001", "Văn thư").replace("2025-07-01", "2027-01-01");
    let new = app.official_of(&format!("{HEADER}{told}"), "moi").await;
    app.sync().await;
    let (_, of_new) = entered(&app, &new, &tthc, &new.positions[0]).await;
    let of_stays = app.tokens(&tthc, &stays, &[]).await;
    let sid = sign_on_of(&app, &of_new);
    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::EditsSince { people: 1 })), "{refused:?}");
    run_twice(&app).await;
    assert!(outbox(&app, &sid).await.is_empty(), "they hold it");

    rollback(&app, NAME, true).await.expect("taken back");
    run(&app).await;

    assert_eq!((outbox(&app, &sid).await.len(), is_revoked(&app, &of_new).await), (1, true));
    run_twice(&app).await;
    assert_eq!((outbox(&app, &sid).await.len(), count_of(&app, "client.told_of_move").await), (1, 1), "once");
    assert!(outbox(&app, &sign_on_of(&app, &of_stays)).await.is_empty() && !is_revoked(&app, &of_stays).await, "in one again");
}
