//! What nobody can use and no record needs is forgotten in time, and nothing else.

use crate::support::TestApp;
use crate::support::clients::public;
use crate::support::flows::{OFFLINE, successor};
use crate::support::people::set_password;
use crate::support::records::{grant_of, sign_on_of};
use crate::support::requests::text;
use motlan::base::digest::sha256;
use motlan::base::id::SignOnId;
use motlan::model::lifetimes::Lifetimes;
use motlan::service::retention;
use motlan::store::logout_deliveries::{self, Delivery};
use motlan::store::{grants, refresh_tokens, sign_ons};
use std::collections::BTreeSet;

const DAY: i64 = 86_400;

#[tokio::test]
async fn only_what_nobody_can_use_and_no_record_needs_is_removed_in_time() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (tthc, phone) = (app.client("tthc", |_| {}).await, app.client("phone", public).await);
    let services = app.services();
    let (used, over) = (app.tokens(&phone, &kim, &OFFLINE).await, app.tokens(&tthc, &kim, &[]).await);
    let mut tokens = vec![text(&used, "refresh_token").to_owned()];
    let old = deliveries(&app, &sign_on_of(&app, &over), "old").await;
    for _ in 0..3 {
        app.advance_seconds(29 * DAY);
        let next = successor(&app, &phone, tokens.last().expect("a token")).await;
        tokens.push(next);
    }
    app.advance_seconds(4 * DAY);
    let fresh = app.tokens(&tthc, &kim, &[]).await;
    let new = deliveries(&app, &sign_on_of(&app, &over), "new").await;
    let recorded = app.audit_events().await;

    assert!(retention::remove_old(services, "one node").await.expect("removed") > 0);
    assert_eq!(retention::remove_old(services, "another node").await.expect("an answer"), 0, "one node at a time");

    let mut conn = services.store.read().await.expect("a connection");
    for (tokens, stays) in [(&used, true), (&over, false), (&fresh, true)] {
        let found = sign_ons::find(&mut conn, &sign_on_of(&app, tokens)).await.expect("an answer");
        assert_eq!(found.is_some(), stays, "a sign-on stays while a refresh token lives on it");
        assert!(grants::find(&mut conn, &grant_of(&app, tokens)).await.expect("an answer").is_some(), "grants are the record");
    }
    let mut kept = Vec::new();
    for token in &tokens {
        kept.push(refresh_tokens::find(&mut conn, &sha256(token.as_bytes())).await.expect("an answer").is_some());
    }
    assert_eq!(kept, [false, false, true, true], "30 days after their end");
    let left = logout_deliveries::list_of_sign_on(&mut conn, &sign_on_of(&app, &over)).await.expect("an answer");
    let left: BTreeSet<String> = left.into_iter().map(|delivery| delivery.id).collect();
    let expected = BTreeSet::from([old[1].clone(), new[0].clone(), new[1].clone()]);
    assert_eq!(left, expected, "receipts of late, and every dead letter");
    drop(conn);
    assert_eq!(app.audit_events().await, recorded);

    set_password(&app, "kim", "một mật khẩu khác rất dài").await.expect("a password");
    let mut conn = services.store.read().await.expect("a connection");
    let grant = grants::find(&mut conn, &grant_of(&app, &used)).await.expect("an answer").expect("the grant");
    assert!(grant.revoked_at.is_some(), "what lived on is still found when a password changes");
}

/// A receipt and a dead letter of this moment; answers their ids.
async fn deliveries(app: &TestApp, sign_on: &SignOnId, name: &str) -> [String; 2] {
    let now = app.services().clock.now();
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let ids = [format!("{name}-receipt"), format!("{name}-dead")];
    for id in &ids {
        let delivery = Delivery {
            id: id.clone(),
            client_id: "tthc".to_owned(),
            sign_on_id: sign_on.0.clone(),
            sub: "s".to_owned(),
            uri: "https://tthc.example/out".to_owned(),
            created_at: now.0,
            attempts: 0,
            delivered_at: None,
            dead_at: None,
        };
        logout_deliveries::add(&mut tx, &delivery).await.expect("enqueued");
        if *id == ids[0] {
            logout_deliveries::mark_delivered(&mut tx, id, "200", now).await.expect("delivered");
        } else {
            assert!(logout_deliveries::mark_failed(&mut tx, &delivery, "500", None, now).await.expect("given up"));
        }
    }
    tx.commit().await.expect("committed");
    ids
}

#[test]
fn refresh_tokens_are_kept_at_least_as_long_as_they_live() {
    for (lives, kept) in [(60, 30 * DAY), (30 * DAY, 30 * DAY), (90 * DAY, 90 * DAY)] {
        let lifetimes = Lifetimes { refresh_token_seconds: lives, ..Lifetimes::default() };
        assert_eq!(lifetimes.refresh_tokens_kept_seconds(), kept);
    }
}
