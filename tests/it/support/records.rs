//! What is on record after an act: clients, grants, sign-ons, audit, deliveries.

use super::requests::text;
use super::{TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::store::audit::AuditRow;
use motlan::store::logout_deliveries::{self, Delivery};
use motlan::store::{audit, clients, grants, sign_ons};
use motlan::transient::authorization_codes;
use serde_json::Value;

/// True when a client of that name was registered.
pub async fn is_registered(app: &TestApp, id: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    clients::find(&mut conn, id).await.expect("an answer").is_some()
}

/// True when a grant was recorded for a code.
pub async fn was_redeemed(app: &TestApp, client: &TestClient, code: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    grants::was_redeemed(&mut conn, &authorization_codes::digest(code), &client.id).await.expect("an answer")
}

/// The id of the grant behind a token response.
#[track_caller]
pub fn grant_of(app: &TestApp, tokens: &Value) -> String {
    let claims = app.claims(text(tokens, "access_token"));
    text(&claims, "jti").split('.').next().expect("a first half").to_owned()
}

/// The sign-on that an ID token's claims name.
#[track_caller]
pub fn sid_of(claims: &Value) -> SignOnId {
    SignOnId(text(claims, "sid").to_owned())
}

/// The sign-on behind a token response.
#[track_caller]
pub fn sign_on_of(app: &TestApp, tokens: &Value) -> SignOnId {
    sid_of(&app.claims(text(tokens, "id_token")))
}

/// True when a sign-on is over.
pub async fn has_ended(app: &TestApp, sid: &SignOnId) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    sign_ons::find(&mut conn, sid).await.expect("answered").expect("the sign-on").ended_at.is_some()
}

/// Which systems are to be told, or were told, of the end of a sign-on.
pub async fn outbox(app: &TestApp, sid: &SignOnId) -> Vec<Delivery> {
    let mut conn = app.services().store.read().await.expect("a connection");
    logout_deliveries::list_of_sign_on(&mut conn, sid).await.expect("answered")
}

/// How often an event was recorded.
pub async fn count_of(app: &TestApp, event: &str) -> usize {
    app.audit_events().await.iter().filter(|found| *found == event).count()
}

/// The rows of an event, in order.
pub async fn rows_of(app: &TestApp, event: &str) -> Vec<AuditRow> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
    rows.into_iter().filter(|row| row.event == event).collect()
}
