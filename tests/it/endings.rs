//! However a session ends, it ends everywhere: every system is told, and nothing that it gave is good any more.

use crate::support::flows::tokens_of;
use crate::support::people::set_password;
use crate::support::records::{has_ended, outbox, rows_of, sign_on_of};
use crate::support::requests::text;
use crate::support::{Browser, Official, TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::service::Origin;
use motlan::service::clients::register;
use motlan::service::logout::sessions::{self, SessionError};
use motlan::service::provisioning::password::PasswordError;
use motlan::service::provisioning::status::{self, Disabled, StatusError};
use motlan::service::sign_on::ending::By;
use motlan::store::sign_ons;
use serde_json::{Value, json};

const OFFLINE: [(&str, &str); 2] = [("scope", "openid offline_access"), ("prompt", "consent")];
const NEW_PASSWORD: &str = "một mật khẩu khác, cũng dài";

/// A way in which a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    SignOut,
    AnotherPerson,
    NewPassword,
    Lock,
    ById,
    ByPerson,
}

const ENDINGS: [Ending; 6] =
    [Ending::SignOut, Ending::AnotherPerson, Ending::NewPassword, Ending::Lock, Ending::ById, Ending::ByPerson];

/// Somebody in a browser, with what their system was given.
struct Entered {
    browser: Browser,
    sid: SignOnId,
    access: String,
    refresh: String,
}

impl Entered {
    /// By a new browser.
    async fn by(app: &TestApp, person: &Official, client: &TestClient, changes: &[(&str, &str)]) -> Self {
        let mut browser = app.browser();
        let arrived = browser.sign_in(person, &app.authorize_path(client, changes)).await;
        let tokens = tokens_of(app, client, &arrived).await;
        let [access, refresh] = ["access_token", "refresh_token"].map(|name| text(&tokens, name).to_owned());
        Self { browser, sid: sign_on_of(app, &tokens), access, refresh }
    }
}

/// A system that is told of sign-outs at `address`, and whose refresh tokens die with the sign-on.
async fn session_told_at(app: &TestApp, id: &str, address: String) -> TestClient {
    app.client(id, |settings| {
        settings.backchannel_logout_uri = Some(address);
        settings.refresh_with_sign_on = true;
    })
    .await
}

async fn disable(app: &TestApp, username: &str) -> Result<Option<Disabled>, StatusError> {
    let origin = Origin::command_line();
    status::disable(app.services(), &status::Request { username, actor: "os:test", origin: &origin }).await
}

async fn enable(app: &TestApp, username: &str) -> Result<bool, StatusError> {
    let origin = Origin::command_line();
    status::enable(app.services(), &status::Request { username, actor: "os:test", origin: &origin }).await
}

/// Ends the session of `kim`; answers who did it, as audit calls them.
async fn bring_about(
    ending: Ending,
    app: &TestApp,
    (kim, minh): (&Official, &Official),
    client: &TestClient,
    at: &Entered,
) -> String {
    let origin = Origin::command_line();
    let by = By { actor: "os:test", origin: &origin };
    let mut browser = at.browser.clone();
    match ending {
        Ending::SignOut => {
            let page = browser.get("/oauth2/logout").await;
            let done = browser.post("/oauth2/logout", &[("csrf", &page.hidden("csrf")), ("decision", "confirm")]).await;
            assert_eq!(done.page(), Some("signed-out"));
            return kim.id.to_string();
        }
        Ending::AnotherPerson => {
            let arrived = browser.sign_in(minh, &app.authorize_path(client, &[("prompt", "login")])).await;
            assert!(arrived.param("code").is_some(), "{}", arrived.location());
            return minh.id.to_string();
        }
        Ending::NewPassword => set_password(app, &kim.username, NEW_PASSWORD).await.expect("a password"),
        Ending::Lock => {
            let locked = disable(app, &kim.username).await.expect("an answer");
            assert_eq!(locked, Some(Disabled { sign_ons: 1, offline_grants: 0 }));
        }
        Ending::ById => assert!(sessions::end_by_id(app.services(), &at.sid, by).await.expect("an answer")),
        Ending::ByPerson => {
            assert_eq!(sessions::end_of_person(app.services(), &kim.username, by).await.expect("an answer"), 1);
        }
    }
    "os:test".to_owned()
}

#[tokio::test]
async fn every_kind_of_ending_tells_every_system_and_ends_every_token() {
    for ending in ENDINGS {
        let app = TestApp::start().await;
        let (kim, minh) = (app.official("kim").await, app.official("minh").await);
        let receiver = app.receiver().await;
        let a = session_told_at(&app, "a", receiver.url("/a")).await;
        let b = session_told_at(&app, "b", receiver.url("/b")).await;
        let mut at = Entered::by(&app, &kim, &a, &[]).await;
        let second = at.browser.sign_in(&kim, &app.authorize_path(&b, &[])).await;
        assert_eq!(app.redeem(&b, &second.param("code").expect("a code")).await.status, 200);
        let pending = at.browser.get(&app.authorize_path(&a, &[])).await.param("code").expect("a code not yet redeemed");
        let of_minh = Entered::by(&app, &minh, &a, &[]).await;
        assert_eq!(app.refresh(&a, &at.refresh).await.status, 200, "{ending:?}: good until then");
        assert!(outbox(&app, &at.sid).await.is_empty());

        let actor = bring_about(ending, &app, (&kim, &minh), &a, &at).await;

        assert!(has_ended(&app, &at.sid).await, "{ending:?}");
        let told: Vec<String> = outbox(&app, &at.sid).await.into_iter().map(|delivery| delivery.client_id).collect();
        assert_eq!(told, ["a", "b"], "{ending:?}");
        let rows = rows_of(&app, "sign_out").await;
        let [row] = rows.as_slice() else { panic!("{ending:?}: one record: {rows:?}") };
        assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(actor.as_str()), Some(kim.id.as_str())), "{ending:?}");
        app.deliver_logouts().await;
        assert_eq!(receiver.received().len(), 2, "{ending:?}");
        // The kept cookie, every token and every code are worth nothing.
        let silent = at.browser.get(&app.authorize_path(&a, &[("prompt", "none")])).await;
        assert_eq!(silent.param("error").as_deref(), Some("login_required"), "{ending:?}");
        assert_eq!(app.userinfo(&at.access).await.status, 401, "{ending:?}");
        for (what, answer) in [("refresh", app.refresh(&a, &at.refresh).await), ("code", app.redeem(&a, &pending).await)] {
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{ending:?}: {what}");
        }
        // Nobody else is concerned.
        assert!(!has_ended(&app, &of_minh.sid).await, "{ending:?}");
        assert_eq!(app.userinfo(&of_minh.access).await.status, 200, "{ending:?}");
    }
}

#[tokio::test]
async fn an_ending_again_is_no_second_act() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let at = Entered::by(&app, &kim, &a, &[]).await;
    let origin = Origin::command_line();
    let by = By { actor: "os:test", origin: &origin };
    let services = app.services();

    assert!(sessions::end_by_id(services, &at.sid, by).await.expect("an answer"));
    assert!(!sessions::end_by_id(services, &at.sid, by).await.expect("an answer"));
    assert_eq!(sessions::end_of_person(services, "kim", by).await.expect("an answer"), 0);
    assert_eq!(disable(&app, "kim").await.expect("an answer"), Some(Disabled { sign_ons: 0, offline_grants: 0 }));
    assert_eq!(disable(&app, "kim").await.expect("an answer"), None, "locked already");

    assert_eq!(outbox(&app, &at.sid).await.len(), 1);
    assert_eq!((rows_of(&app, "sign_out").await.len(), rows_of(&app, "person.disabled").await.len()), (1, 1));
}

#[tokio::test]
async fn nobody_and_no_session_of_that_name_end_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let at = Entered::by(&app, &kim, &a, &[]).await;
    let origin = Origin::command_line();
    let by = By { actor: "os:test", origin: &origin };
    let services = app.services();
    let no_such_id = SignOnId("01900000-0000-7000-8000-000000000000".to_owned());

    for username in ["nobody", "", "kim'--"] {
        assert!(matches!(disable(&app, username).await, Err(StatusError::UnknownPerson)), "{username}");
        assert!(matches!(enable(&app, username).await, Err(StatusError::UnknownPerson)), "{username}");
        let ended = sessions::end_of_person(services, username, by).await;
        assert!(matches!(ended, Err(SessionError::UnknownPerson)), "{username}");
        assert!(matches!(sessions::list(services, username).await, Err(SessionError::UnknownPerson)), "{username}");
    }
    assert!(matches!(sessions::end_by_id(services, &no_such_id, by).await, Err(SessionError::UnknownSession)));
    assert!(matches!(set_password(&app, "kim", "too short").await, Err(PasswordError::TooShort { .. })));

    assert!(!has_ended(&app, &at.sid).await);
    assert!(outbox(&app, &at.sid).await.is_empty());
    assert_eq!(app.userinfo(&at.access).await.status, 200);
    for event in ["sign_out", "person.disabled", "person.enabled"] {
        assert!(rows_of(&app, event).await.is_empty(), "{event}");
    }
}

#[tokio::test]
async fn offline_access_survives_the_end_of_a_session_and_neither_a_lock_nor_a_new_password() {
    let table = [(Ending::ById, true), (Ending::ByPerson, true), (Ending::Lock, false), (Ending::NewPassword, false)];
    for (ending, survives) in table {
        let app = TestApp::start().await;
        let kim = app.official("kim").await;
        let tthc = app.client("tthc", |_| {}).await;
        let at = Entered::by(&app, &kim, &tthc, &OFFLINE).await;
        let origin = Origin::command_line();
        let by = By { actor: "os:test", origin: &origin };

        match ending {
            Ending::ById => assert!(sessions::end_by_id(app.services(), &at.sid, by).await.expect("an answer")),
            Ending::ByPerson => {
                assert_eq!(sessions::end_of_person(app.services(), "kim", by).await.expect("an answer"), 1);
            }
            Ending::Lock => {
                let locked = disable(&app, "kim").await.expect("an answer");
                assert_eq!(locked, Some(Disabled { sign_ons: 1, offline_grants: 1 }));
                // Letting in again gives nothing back.
                assert!(enable(&app, "kim").await.expect("an answer"));
            }
            Ending::NewPassword => set_password(&app, "kim", NEW_PASSWORD).await.expect("a password"),
            Ending::SignOut | Ending::AnotherPerson => unreachable!("not in the table"),
        }

        assert!(has_ended(&app, &at.sid).await, "{ending:?}");
        let refreshed = app.refresh(&tthc, &at.refresh).await;
        assert_eq!(refreshed.status, if survives { 200 } else { 400 }, "{ending:?}: {}", refreshed.body);
        assert_eq!(app.userinfo(&at.access).await.status, if survives { 200 } else { 401 }, "{ending:?}");
    }
}

#[tokio::test]
async fn a_locked_person_cannot_sign_in_and_begins_anew_when_let_in_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let mut at = Entered::by(&app, &kim, &a, &[]).await;

    disable(&app, "KIM").await.expect("locked, however the name is written");
    let refused = app.browser().sign_in(&kim, &app.authorize_path(&a, &[])).await;
    assert_eq!((refused.status, refused.page()), (422, Some("password")), "the same words as for a wrong password");
    assert!(!enable(&app, "nobody-else").await.is_ok_and(|changed| changed));
    assert!(enable(&app, "kim").await.expect("an answer"));
    assert!(!enable(&app, "kim").await.expect("an answer"), "not locked any more");

    let silent = at.browser.get(&app.authorize_path(&a, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"), "what ended stays ended");
    let anew = Entered::by(&app, &kim, &a, &[]).await;
    assert_ne!(anew.sid, at.sid);
    assert_eq!(app.userinfo(&anew.access).await.status, 200);
    let [disabled, enabled] = [rows_of(&app, "person.disabled").await, rows_of(&app, "person.enabled").await];
    for rows in [&disabled, &enabled] {
        let [row] = rows.as_slice() else { panic!("one record: {rows:?}") };
        assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some("os:test"), Some(kim.id.as_str())));
    }
    let detail: Value = serde_json::from_str(&disabled[0].detail).expect("JSON");
    assert_eq!(detail, json!({ "sign_ons_ended": 1, "offline_grants_revoked": 0 }));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_with_the_systems_they_entered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let b = session_told_at(&app, "b", receiver.url("/b")).await;
    let origin = Origin::command_line();
    let by = By { actor: "os:test", origin: &origin };
    let services = app.services();
    assert!(sessions::list(services, "kim").await.expect("an answer").is_empty());

    let first = Entered::by(&app, &kim, &a, &[]).await;
    app.advance_seconds(60);
    let mut second = Entered::by(&app, &kim, &b, &[]).await;
    let also = second.browser.sign_in(&kim, &app.authorize_path(&a, &[])).await;
    assert_eq!(app.redeem(&a, &also.param("code").expect("a code")).await.status, 200);

    let open = sessions::list(services, "kim").await.expect("an answer");
    let shown: Vec<(&SignOnId, Vec<&str>)> =
        open.iter().map(|session| (&session.id, session.systems.iter().map(String::as_str).collect())).collect();
    assert_eq!(shown, [(&second.sid, vec!["Hệ thống a", "Hệ thống b"]), (&first.sid, vec!["Hệ thống a"])]);
    assert!(sessions::end_by_id(services, &second.sid, by).await.expect("an answer"));
    let left: Vec<SignOnId> = sessions::list(services, "kim").await.expect("an answer").into_iter().map(|open| open.id).collect();
    assert_eq!(left, [first.sid], "one ended, the other stays");
    app.advance_seconds(services.settings.lifetimes.idle_seconds);
    assert!(sessions::list(services, "kim").await.expect("an answer").is_empty(), "an idle one is over");
}

#[tokio::test]
async fn a_refused_client_loses_its_tokens_at_once_and_is_still_told_of_sign_outs() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let b = session_told_at(&app, "b", receiver.url("/b")).await;
    let mut at = Entered::by(&app, &kim, &a, &[]).await;
    let other = at.browser.sign_in(&kim, &app.authorize_path(&b, &[])).await;
    let of_b = app.redeem(&b, &other.param("code").expect("a code")).await.json();

    register::disable(app.services(), "a", "os:test").await.expect("refused");

    assert_eq!(app.userinfo(&at.access).await.status, 401);
    assert_eq!(app.refresh(&a, &at.refresh).await.json()["error"], "invalid_client");
    assert_eq!(app.userinfo(text(&of_b, "access_token")).await.status, 200, "the person stays signed on elsewhere");
    assert!(!has_ended(&app, &at.sid).await);
    disable(&app, "kim").await.expect("locked");
    app.deliver_logouts().await;
    let mut paths: Vec<String> = receiver.received().into_iter().map(|(path, _)| path).collect();
    paths.sort();
    assert_eq!(paths, ["/a", "/b"], "a session there ends too");
}

/// Waits until a use of the sign-on is on record: nobody is kept waiting for that note but who asks here.
async fn until_seen(app: &TestApp, sid: &SignOnId) {
    let now = app.services().clock.now();
    for _ in 0..10_000 {
        let mut conn = app.services().store.read().await.expect("a connection");
        let found = sign_ons::find(&mut conn, sid).await.expect("an answer").expect("the sign-on");
        drop(conn);
        if now.since(found.last_seen_at) < 60_000 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no use of the sign-on was noted");
}

#[tokio::test]
async fn an_access_token_does_not_outlive_a_new_password_by_its_sign_on_having_just_ended() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let a = session_told_at(&app, "a", receiver.url("/a")).await;
    let mut at = Entered::by(&app, &kim, &a, &[]).await;
    let lifetimes = app.services().settings.lifetimes;
    let silent = app.authorize_path(&a, &[("prompt", "none")]);
    // Kept awake until shortly before its last moment.
    let (last, step) = (lifetimes.sign_on_seconds - 30, lifetimes.idle_seconds / 4);
    let mut gone = 0;
    while gone < last {
        let further = step.min(last - gone);
        gone += further;
        app.advance_seconds(further);
        app.sync().await;
        assert!(at.browser.get(&silent).await.param("code").is_some(), "still signed on after {gone} s");
        until_seen(&app, &at.sid).await;
    }
    let code = at.browser.get(&silent).await.param("code").expect("a code");
    let tokens = app.redeem(&a, &code).await.json();
    app.advance_seconds(60);
    app.sync().await;
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200, "its own five minutes");

    set_password(&app, "kim", NEW_PASSWORD).await.expect("a password");

    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 401);
    assert_eq!(outbox(&app, &at.sid).await.len(), 1);
}

#[tokio::test]
async fn a_lock_on_one_node_is_refused_on_the_other_once_it_looked() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let at = Entered::by(&first, &kim, &tthc, &OFFLINE).await;
    second.sync().await;
    assert_eq!(second.userinfo(&at.access).await.status, 200);
    assert_eq!(second.refresh(&tthc, &at.refresh).await.status, 200);

    disable(&first, "kim").await.expect("locked");
    second.sync().await;

    assert_eq!(second.userinfo(&at.access).await.status, 401);
    assert_eq!(second.refresh(&tthc, &at.refresh).await.status, 400);
    let mut there = second.browser();
    there.cookies.clone_from(&at.browser.cookies);
    let silent = there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
}
