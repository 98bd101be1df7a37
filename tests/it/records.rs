//! Promises about the records: what is written down, that nobody alters it unseen, and that changes are noticed.

use crate::support::TestApp;
use crate::support::clients::public;
use crate::support::flows::OFFLINE;
use crate::support::records::{grant_of, rows_of, sign_on_of};
use crate::support::requests::text;
use motlan::base::clock::Millis;
use motlan::model::client::AuthMethod;
use motlan::model::device::Device;
use motlan::protocol::client_assertion::TYPE;
use motlan::service::clients::register;
use motlan::service::{Origin, audit as auditing, known, login, logout};
use motlan::store::audit::AuditRow;
use motlan::store::changes::{self, Change, Kind};
use motlan::store::{Tx, clients, grants, persons, sign_ons};
use serde_json::{Value, json};
use sqlx::{Column as _, Row as _};
use std::collections::BTreeSet;

fn detail(row: &AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

/// A foreign hand in the database.
async fn execute(tx: &mut Tx, statement: &'static str) {
    match tx {
        Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(|done| done.rows_affected()),
        Tx::Pg(tx) => sqlx::query(statement).execute(&mut **tx).await.map(|done| done.rows_affected()),
    }
    .expect(statement);
}

#[tokio::test]
async fn a_failed_client_authentication_is_recorded_once_a_minute_for_each_client_and_reason() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |settings| settings.auth_method = AuthMethod::ClientSecretPost).await;
    let key = app.client_with_key("khoa", |_| {}).await;
    app.client("gone", |settings| settings.auth_method = AuthMethod::ClientSecretPost).await;
    register::disable(app.services(), "gone", "os:test").await.expect("switched off");
    let (used, elsewhere) =
        (app.assertion(&key, |_| {}), app.assertion(&key, |claims| claims["aud"] = json!("https://x.example")));
    let by_secret = |id: &'static str| vec![("client_id", id), ("client_secret", "hunter2-hunter2")];
    let by_assertion =
        |assertion: &str| vec![("client_assertion_type", TYPE.to_owned()), ("client_assertion", assertion.to_owned())];

    for _ in 0..3 {
        for id in ["tthc", "gone", "nobody-1", "nobody-2", "hunter2?"] {
            app.post("/oauth2/token", &by_secret(id)).await;
        }
        app.post("/oauth2/token", &[("client_id", "tthc")]).await;
        for assertion in ["x.y.z", used.as_str(), elsewhere.as_str()] {
            let form = by_assertion(assertion);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            app.post("/oauth2/token", &form).await;
        }
    }
    app.token(&tthc, &[("grant_type", "authorization_code"), ("code", "x")]).await;

    let rows = rows_of(&app, "client_authentication.failed").await;
    let said: Vec<(Option<String>, String)> =
        rows.iter().map(|row| (row.client_id.clone(), text(&detail(row), "reason").to_owned())).collect();
    let expected = [
        (None, "unreadable_assertion"),
        (None, "unusable_client"),
        (Some("gone"), "unusable_client"),
        (Some("khoa"), "used_assertion"),
        (Some("khoa"), "wrong_assertion"),
        (Some("tthc"), "wrong_method"),
        (Some("tthc"), "wrong_secret"),
    ];
    let expected: BTreeSet<_> = expected.map(|(client, reason)| (client.map(str::to_owned), reason.to_owned())).into();
    assert_eq!(said.len(), expected.len(), "{said:?}");
    assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), expected);
    let all = format!("{rows:?}");
    for secret in ["hunter2", "nobody", used.as_str(), elsewhere.as_str(), tthc.secret.as_deref().expect("a secret")] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert!(rows.iter().all(|row| row.address.is_some() && auditing::verify(app.services(), row)));

    app.advance_seconds(60);
    for _ in 0..2 {
        app.post("/oauth2/token", &by_secret("tthc")).await;
    }
    assert_eq!(rows_of(&app, "client_authentication.failed").await.len(), rows.len() + 1, "a minute later once more");
}

#[tokio::test]
async fn a_limit_of_failed_sign_ins_is_recorded_when_it_is_reached_and_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let services = app.services();
    let origin = Origin { address: "203.0.113.7".to_owned(), request_id: "r1".to_owned(), device: Device::default() };
    let limits = services.settings.throttle;
    let attempt = async || {
        let tried = login::password(services, &kim.username, "hunter2-hunter2".to_owned().into(), None, &origin).await;
        assert!(tried.is_err());
    };

    for round in 1..=2 {
        for _ in 1..limits.failures {
            attempt().await;
            // The wait after a failure grows up to here.
            app.advance_seconds(4);
        }
        assert_eq!(rows_of(&app, "sign_in.throttled").await.len(), round - 1, "not before the limit");
        for _ in 0..4 {
            attempt().await;
        }

        let rows = rows_of(&app, "sign_in.throttled").await;
        assert_eq!(rows.len(), round, "with the failure that reached it, and not for those who come after");
        let row = rows.last().expect("a row");
        assert_eq!((row.person_id.as_deref(), row.address.as_deref()), (Some(kim.id.as_str()), Some("203.0.113.7")));
        let until = services.clock.now().plus_seconds(limits.lock_seconds).0;
        assert_eq!(detail(row), json!({ "limit": "name", "until": until }));
        assert!(!format!("{rows:?}").contains("hunter2"));
        app.advance_seconds(limits.lock_seconds + 1);
    }
    let failures = i64::try_from(rows_of(&app, "sign_in.failed").await.len()).expect("a count");
    assert_eq!(failures, 2 * limits.failures, "one row for each password that was looked at");
}

#[tokio::test]
async fn a_system_that_could_not_be_told_of_a_sign_out_is_recorded_when_its_delivery_is_given_up() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    receiver.answer_with(500);
    let address = receiver.url("/out");
    let told = app.client("told", move |settings| settings.backchannel_logout_uri = Some(address)).await;
    let tokens = app.tokens(&told, &kim, &[]).await;
    let id = sign_on_of(&app, &tokens);
    let mut conn = app.services().store.read().await.expect("a connection");
    let sign_on = sign_ons::find(&mut conn, &id).await.expect("an answer").expect("a sign-on");
    drop(conn);
    assert!(logout::end(app.services(), &sign_on, "os:test", &Origin::command_line()).await.expect("ended"));

    for wait in [0, 2, 5, 15, 60, 300, 1_800, 7_200, 21_600] {
        assert!(rows_of(&app, "logout.undelivered").await.is_empty(), "{wait}");
        app.advance_seconds(wait);
        app.deliver_logouts().await;
    }
    app.advance_seconds(86_400);
    app.deliver_logouts().await;

    let rows = rows_of(&app, "logout.undelivered").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.client_id.as_deref(), row.person_id.as_deref()), (Some("told"), Some(kim.id.as_str())));
    assert_eq!((&detail(row)["attempts"], &detail(row)["sign_on"]), (&json!(9), &json!(id)));
}

#[tokio::test]
async fn every_refresh_is_recorded_and_names_no_token() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;
        let token = text(&tokens, "refresh_token").to_owned();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let refused = app.token(&client, &[form[0], form[1], ("scope", "openid email")]).await;
        assert_eq!(refused.status, 400);
        let before = rows_of(&app, "token.refreshed").await.len();
        let answer = app.token(&client, &[form[0], form[1], ("scope", "openid")]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);

        let rows = rows_of(&app, "token.refreshed").await;
        assert_eq!(rows.len(), before + 1, "{}: the refusal left none", client.id);
        let row = rows.iter().find(|row| row.client_id.as_ref() == Some(&client.id)).expect("a row");
        assert_eq!(row.person_id.as_deref(), Some(kim.id.as_str()));
        assert_eq!(detail(row), json!({ "grant": grant_of(&app, &tokens), "scope": "openid" }));
        assert!(auditing::verify(app.services(), row));
        for secret in [token.as_str(), text(&answer.json(), "access_token"), text(&tokens, "access_token")] {
            assert!(!format!("{rows:?}").contains(secret));
        }
    }
}

/// A change of each column that never changes.
const ALTERED: [(&str, &str); 17] = [
    ("id", "UPDATE grants SET id = 'x'"),
    ("code_digest", "UPDATE grants SET code_digest = mac"),
    ("client_id", "UPDATE grants SET client_id = 'x'"),
    ("person_id", "UPDATE grants SET person_id = 'x'"),
    ("sign_on_id", "UPDATE grants SET sign_on_id = 'x'"),
    ("position_id", "UPDATE grants SET position_id = ''"),
    ("sub", "UPDATE grants SET sub = 'x'"),
    ("scope", "UPDATE grants SET scope = scope || ' email'"),
    ("claims", "UPDATE grants SET claims = ''"),
    ("authenticated_at", "UPDATE grants SET authenticated_at = authenticated_at + 1"),
    ("acr", "UPDATE grants SET acr = 'x'"),
    ("extent", "UPDATE grants SET extent = '{\"resources\":[\"https://api.example\"]}'"),
    ("methods", "UPDATE grants SET methods = methods || ' otp'"),
    ("issued_at", "UPDATE grants SET issued_at = issued_at + 1"),
    ("address", "UPDATE grants SET address = '192.0.2.1'"),
    ("request_id", "UPDATE grants SET request_id = 'x'"),
    ("offline", "UPDATE grants SET offline = 1 - offline"),
];

#[tokio::test]
async fn a_grant_that_somebody_altered_in_any_column_is_found() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let id = grant_of(&app, &app.tokens(&tthc, &kim, &[]).await);
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let columns: BTreeSet<String> = match &mut tx {
        Tx::Sqlite(tx) => {
            let row = sqlx::query("SELECT * FROM grants").fetch_one(&mut **tx).await.expect("a row");
            row.columns().iter().map(|column| column.name().to_owned()).collect()
        }
        Tx::Pg(tx) => {
            let row = sqlx::query("SELECT * FROM grants").fetch_one(&mut **tx).await.expect("a row");
            row.columns().iter().map(|column| column.name().to_owned()).collect()
        }
    };
    drop(tx);

    for (column, statement) in ALTERED {
        let mut tx = services.store.write().await.expect("a unit of work");
        execute(&mut tx, statement).await;
        let found = grants::find_row(&mut tx, if column == "id" { "x" } else { &id }).await.expect("an answer");
        assert!(!auditing::verify_grant(services, &found.expect("the grant")), "{column}");
    }

    let named = ALTERED.iter().map(|(column, _)| (*column).to_owned());
    let rest = ["mac", "revoked_at"].map(str::to_owned);
    assert_eq!(columns, named.chain(rest).collect::<BTreeSet<_>>(), "every column is decided on");
    let mut tx = services.store.write().await.expect("a unit of work");
    let written = grants::find_row(&mut tx, &id).await.expect("an answer").expect("the grant");
    execute(&mut tx, "UPDATE grants SET revoked_at = 1").await;
    let revoked = grants::find_row(&mut tx, &id).await.expect("an answer").expect("the grant");
    assert!(auditing::verify_grant(services, &written) && auditing::verify_grant(services, &revoked));
}

#[tokio::test]
async fn an_audit_row_that_somebody_altered_is_found() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let services = app.services();
    let row = rows_of(&app, "password.set").await.remove(0);
    let altered = [
        AuditRow { at: row.at + 1, ..row.clone() },
        AuditRow { event: "password.kept".to_owned(), ..row.clone() },
        AuditRow { actor: None, ..row.clone() },
        AuditRow { person_id: None, ..row.clone() },
        AuditRow { client_id: Some(String::new()), ..row.clone() },
        AuditRow { address: Some("192.0.2.1".to_owned()), ..row.clone() },
        AuditRow { request_id: None, ..row.clone() },
        AuditRow { detail: "{}".to_owned(), ..row.clone() },
    ];

    assert!(auditing::verify(services, &row));
    for row in altered {
        assert!(!auditing::verify(services, &row), "{row:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_by_its_place_and_never_by_its_content() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    app.client("tthc", |_| {}).await;
    let mut tx = app.services().store.write().await.expect("a unit of work");
    execute(&mut tx, "UPDATE clients SET settings = '{\"third_party\":\"hunter2\"}'").await;
    execute(&mut tx, "UPDATE person_facts SET date_of_birth = 'hunter2'").await;

    let settings = clients::find(&mut tx, "tthc").await.expect_err("unreadable").to_string();
    let date = persons::find(&mut tx, &kim.id).await.expect_err("unreadable").to_string();

    for (error, place) in [(settings, "clients.settings"), (date, "person_facts.date_of_birth")] {
        assert!(error.contains(place) && !error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_change_is_noticed_whatever_the_clock_of_its_writer_says_and_once() {
    let app = TestApp::start().await;
    let services = app.services();
    let changed = async |id: String, at: Millis| {
        let mut tx = services.store.write().await.expect("a unit of work");
        let change = Change { id, kind: Kind::Person, subject: "somebody".to_owned(), at };
        changes::add(&mut tx, &change).await.expect("added");
        tx.commit().await.expect("committed");
    };
    app.sync().await;

    for round in 0..3 {
        for seconds in [-3_000, -31, 0, 3_000] {
            let before = services.known.generation();
            changed(format!("{round} {seconds}"), services.clock.now().plus_seconds(seconds)).await;
            app.sync().await;
            let noticed = services.known.generation();
            app.sync().await;

            assert!(noticed > before, "round {round}, {seconds} s");
            assert_eq!(services.known.generation(), noticed, "round {round}, {seconds} s: once");
        }
        app.advance_seconds(100);
        app.sync().await;
    }

    app.advance_seconds(2 * 3_600);
    app.sync().await;
    known::remove_old(services).await.expect("removed");
    let before = services.known.generation();
    changed("afterwards".to_owned(), services.clock.now()).await;
    app.sync().await;
    assert!(services.known.generation() > before, "numbers go on when the old ones are gone");
}
