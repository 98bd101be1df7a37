//! Promises about the rest of what was before: the scope `legacy`, units that are no more, their last days, and who is
//! noted to count on them.

use crate::legacy_subjects::{keeping, link, owned, source};
use crate::support::trail::Hand;
use crate::support::{Official, TestApp, TestClient};
use motlan::model::client::UnitIdentifier;
use motlan::service::legacy::{sources, units};
use motlan::store::legacy_uses::{self, Kind, Leaning};
use serde_json::{Value, json};
use time::macros::date;

const DAY: i64 = 86_400;
/// What is asked in vain before it is said that nothing came.
const LOOKS: usize = 400;

/// What userinfo tells a client.
async fn told(app: &TestApp, client: &TestClient, person: &Official, scope: &str) -> Value {
    let tokens = app.tokens(client, person, &[("scope", scope)]).await;
    app.userinfo(tokens["access_token"].as_str().expect("a token")).await.json()
}

/// Who counts on a source by now: looked at until so many are there.
async fn leaning(app: &TestApp, source: &str, province: Option<&str>, wanted: usize) -> Vec<Leaning> {
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        let mut conn = app.services().store.read().await.expect("a connection");
        found = legacy_uses::list_leaning(&mut conn, source, province, date!(2026 - 01 - 01)).await.expect("an answer");
        if found.len() >= wanted {
            break;
        }
        drop(conn);
        tokio::task::yield_now().await;
    }
    found
}

/// An account of somebody's in a unit of before.
async fn placed(app: &TestApp, (source, id): (&str, &str), owner: &Official, code: &str) {
    owned(app, source, id, owner).await;
    let said = format!("unit_code = '{code}', unit_name = ''");
    let statement = format!("UPDATE legacy_accounts SET {said} WHERE source = '{source}' AND legacy_id = '{id}'");
    Hand::of(app).execute(&statement).await;
}

#[tokio::test]
async fn the_unit_of_an_old_account_is_told_where_the_present_one_succeeds_it_and_no_other() {
    let app = TestApp::with_registry().await;
    for (id, province) in [("sg", "79"), ("bd", "74")] {
        source(&app, id, province).await;
    }
    // What the codes of their accounts say, and what is told. 26737 was divided, and a part of it is in 26740.
    let table: [(&str, &[(&str, &str)], Option<&str>); 6] = [
        ("mot", &[("sg", "26740")], Some("26740")),
        ("hai", &[("sg", "26737")], Some("26737")),
        ("ba", &[("sg", "26740"), ("bd", "25747")], Some("26740")),
        ("bon", &[("sg", "26740"), ("bd", "26737")], None),
        ("nam", &[("bd", "25747")], None),
        ("sau", &[("sg", "99999"), ("bd", "")], None),
    ];
    let mut people = Vec::new();
    for (username, accounts, _) in table {
        let official = app.official_in(username, &["26740"]).await;
        for &(source, code) in accounts {
            placed(&app, (source, username), &official, code).await;
        }
        people.push(official);
    }
    units::resolve_all(app.services(), None).await.expect("resolved");
    let client = app.client("van-ban", |settings| settings.unit_identifier = UnitIdentifier::Legacy).await;
    let new = app.client("tthc", |_| {}).await;

    for (official, (username, _, expected)) in people.iter().zip(table) {
        let claims = told(&app, &client, official, "openid unit").await;
        let unit = claims.get("legacy_unit");
        assert_eq!(unit.and_then(|unit| unit["codes"]["gso"].as_str()), expected, "{username}: {claims}");
        assert_eq!(unit.is_some(), expected.is_some(), "{username}: never a guess");
        assert_eq!(told(&app, &new, official, "openid unit").await.get("legacy_unit"), None, "{username}");
    }
}

#[tokio::test]
async fn an_account_that_comes_to_somebody_else_takes_its_unit_along() {
    let app = TestApp::with_registry().await;
    let (kim, minh) = (app.official_in("kim", &["26740"]).await, app.official_in("minh", &["26740"]).await);
    source(&app, "sg", "79").await;
    placed(&app, ("sg", "SG-1"), &kim, "26740").await;
    units::resolve_all(app.services(), None).await.expect("resolved");
    let client = app.client("van-ban", |settings| settings.unit_identifier = UnitIdentifier::Legacy).await;
    assert_eq!(told(&app, &client, &kim, "openid unit").await["legacy_unit"]["name"], "Phường Bến Nghé");

    link(&app, "sg", "SG-1", (Some(&kim.id), &minh.id)).await;
    app.advance_seconds(60);
    app.sync().await;

    assert_eq!(told(&app, &client, &kim, "openid unit").await.get("legacy_unit"), None);
    assert_eq!(told(&app, &client, &minh, "openid unit").await["legacy_unit"]["name"], "Phường Bến Nghé");
}

#[tokio::test]
async fn the_accounts_of_before_are_told_to_clients_of_their_source_and_to_no_other() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    for (id, province) in [("bd", "74"), ("vt", "77")] {
        source(&app, id, province).await;
        owned(&app, id, "4711", &kim).await;
    }
    let own = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
    let without_scope = app
        .client("tthc", |settings| {
            settings.legacy_sources = vec!["bd".to_owned()];
            settings.scopes.retain(|scope| scope != "legacy");
        })
        .await;
    let of_none = app.client("so-tay", |_| {}).await;
    let asked = "openid profile legacy";

    let identities = told(&app, &own, &kim, asked).await["legacy_identities"].clone();
    let expected = json!([{
        "source": "bd", "subject": "4711", "username": "bd.kim", "unit_code": "26740", "unit_name": "Phường Bến Nghé",
    }]);
    assert_eq!(identities, expected);
    assert_eq!(told(&app, &own, &kim, "openid profile").await.get("legacy_identities"), None, "it was not asked for");
    for other in [&without_scope, &of_none] {
        let claims = told(&app, other, &kim, "openid profile").await;
        let named = json!({ "userinfo": { "legacy_identities": null }, "id_token": { "legacy_identities": null } }).to_string();
        let tokens = app.tokens(other, &kim, &[("claims", &named)]).await;
        let asked_by_name = app.userinfo(tokens["access_token"].as_str().expect("a token")).await.json();
        let id_token = app.claims(tokens["id_token"].as_str().expect("a token"));
        for claims in [claims, asked_by_name, id_token] {
            assert_eq!(claims.get("legacy_identities"), None, "{}", other.id);
        }
    }
    let named = json!({ "id_token": { "legacy_identities": null } }).to_string();
    let tokens = app.tokens(&own, &kim, &[("claims", &named)]).await;
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("a token"))["legacy_identities"], expected);
}

#[tokio::test]
async fn they_are_told_through_the_last_day_of_their_source() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    source(&app, "bd", "74").await;
    owned(&app, "bd", "4711", &kim).await;
    let change = |source: &mut motlan::model::legacy_source::LegacySource| {
        source.sunset_on = Some(date!(2026 - 11 - 22));
        Ok(())
    };
    sources::change(app.services(), "bd", "os:test", None, change).await.expect("changed");
    let client = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
    assert!(told(&app, &client, &kim, "openid legacy").await["legacy_identities"].is_array());

    app.advance_seconds(DAY);
    app.sync().await;

    assert_eq!(told(&app, &client, &kim, "openid legacy").await.get("legacy_identities"), None);
}

#[tokio::test]
async fn units_that_are_no_more_are_told_through_the_last_day_that_the_client_has_for_them() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740"]).await;
    let client = app
        .client("van-ban", |settings| {
            settings.unit_identifier = UnitIdentifier::Both;
            settings.unit_identifier_until = Some(date!(2026 - 11 - 22));
        })
        .await;
    let before = told(&app, &client, &kim, "openid unit").await;
    assert_eq!(before["legacy_units"].as_array().map(Vec::len), Some(3), "{before}");

    app.advance_seconds(DAY);
    app.sync().await;

    let after = told(&app, &client, &kim, "openid unit").await;
    assert_eq!(after.get("legacy_units"), None);
    assert_eq!(after["unit"]["codes"], before["unit"]["codes"], "the present one is told as before");
}

#[tokio::test]
async fn who_counts_on_what_was_before_is_noted_once_a_day_for_each_kind() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740"]).await;
    source(&app, "sg", "79").await;
    owned(&app, "sg", "SG-1", &kim).await;
    let client = app
        .client("van-ban", |settings| {
            settings.subject_type = keeping(&["sg"]);
            settings.unit_identifier = UnitIdentifier::Both;
            settings.legacy_sources = vec!["sg".to_owned()];
        })
        .await;
    let plain = app.client("tthc", |_| {}).await;

    for _ in 0..2 {
        told(&app, &client, &kim, "openid unit legacy").await;
        told(&app, &plain, &kim, "openid unit legacy").await;
    }
    let noted = leaning(&app, "sg", Some("79"), 3).await;

    let of = |kind: Kind| Leaning { client: "van-ban".to_owned(), kind, people: 1, last_on: date!(2026 - 11 - 22) };
    assert_eq!(noted, [of(Kind::Scope), of(Kind::Subject), of(Kind::Unit)], "and nobody else");
    let mut conn = app.services().store.read().await.expect("a connection");
    let since = date!(2026 - 11 - 01);
    let whom = legacy_uses::list_people(&mut conn, ("van-ban", Kind::Subject), "sg", since, 10).await.expect("people");
    assert_eq!(whom, [kim.id]);
}

#[tokio::test]
async fn a_kept_subject_is_not_noted_once_the_client_no_longer_counts_on_old_ones() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    source(&app, "bd", "74").await;
    owned(&app, "bd", "BD-1", &kim).await;
    let client = app
        .client("van-ban", |settings| {
            settings.subject_type = keeping(&["bd"]);
            settings.subject_until = Some(date!(2026 - 11 - 22));
        })
        .await;
    told(&app, &client, &kim, "openid").await;
    assert_eq!(leaning(&app, "bd", None, 1).await.len(), 1);

    app.advance_seconds(DAY);
    app.sync().await;
    let claims = told(&app, &client, &kim, "openid").await;

    assert_eq!(claims["sub"], "BD-1", "it is a subject like any other now");
    let noted = leaning(&app, "bd", None, 1).await;
    assert_eq!(noted.first().map(|noted| noted.last_on), Some(date!(2026 - 11 - 22)));
}
