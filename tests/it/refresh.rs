//! Promises about refresh tokens (RFC 6749 §6, RFC 9700 §4.14, OpenID Connect Core §11 and §12).

use crate::support::clients::public;
use crate::support::flows::{OFFLINE, successor, visit};
use crate::support::people::lock;
use crate::support::races::{rounds, together};
use crate::support::records::{count_of, was_redeemed};
use crate::support::requests::{refused_with, scopes, text};
use crate::support::{Answer, TestApp, TestClient};
use motlan::base::date::{iso, vietnam_date};
use motlan::model::client::Client;
use motlan::service::clients::register;
use std::collections::BTreeSet;
use std::sync::Arc;

#[tokio::test]
async fn a_public_client_gets_a_successor_and_reuse_ends_the_family() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = app.client("phone", public).await;

    for (place, seconds) in [0, 11, 3_600].into_iter().enumerate() {
        let tokens = app.tokens(&phone, &kim, &OFFLINE).await;
        let first = text(&tokens, "refresh_token");
        let second = successor(&app, &phone, first).await;
        let answer = app.refresh(&phone, &second).await.json();
        let third = text(&answer, "refresh_token").to_owned();
        let alive = app.userinfo(text(&answer, "access_token")).await;
        app.advance_seconds(seconds);

        let reused = app.refresh(&phone, first).await;

        assert_eq!(BTreeSet::from([first, &second, &third]).len(), 3);
        assert_eq!(alive.status, 200);
        refused_with(&reused, "invalid_grant", "used before");
        assert_eq!(count_of(&app, "refresh_token.reused").await, place + 1);
        for dead in [first, &second, &third] {
            refused_with(&app.refresh(&phone, dead).await, "invalid_grant", "the family");
        }
        assert_eq!(app.userinfo(text(&answer, "access_token")).await.status, 401, "{seconds}");
    }
}

#[tokio::test]
async fn within_ten_seconds_a_replaced_token_yields_another_successor() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = app.client("phone", public).await;
    let first = async || text(&app.tokens(&phone, &kim, &OFFLINE).await, "refresh_token").to_owned();

    let (lost, replaced_too_late) = (first().await, first().await);
    let a = successor(&app, &phone, &lost).await;
    let late = successor(&app, &phone, &replaced_too_late).await;
    app.advance_seconds(9);
    let b = successor(&app, &phone, &lost).await;
    app.advance_seconds(1);
    let at_ten_seconds = app.refresh(&phone, &replaced_too_late).await;
    let used = successor(&app, &phone, &b).await;
    let sibling = app.refresh(&phone, &a).await;

    assert_ne!(a, b);
    refused_with(&at_ten_seconds, "invalid_grant", "at ten seconds");
    refused_with(&app.refresh(&phone, &late).await, "invalid_grant", "its successor");
    refused_with(&sibling, "invalid_grant", "a sibling of what was used");
    for dead in [&lost, &b, &used] {
        refused_with(&app.refresh(&phone, dead).await, "invalid_grant", "the family");
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 2, "one record for each family");
}

#[tokio::test]
async fn a_confidential_client_keeps_its_token_and_must_authenticate() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
    let token = text(&tokens, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "tthc")];
    let wrong = [form[0], form[1], form[2], ("client_secret", "wrong")];

    let unauthenticated = app.post("/oauth2/token", &form).await;
    let guessed = app.post("/oauth2/token", &wrong).await;

    refused_with(&unauthenticated, "invalid_client", "without its secret");
    refused_with(&guessed, "invalid_client", "a wrong secret");
    for _ in 0..3 {
        app.advance_seconds(60);
        let answer = app.refresh(&tthc, token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json().get("refresh_token"), None, "it keeps the one that it has");
        assert_eq!(app.userinfo(text(&answer.json(), "access_token")).await.status, 200);
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
}

#[tokio::test]
async fn a_token_that_is_unknown_expired_or_another_clients_is_invalid_grant() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let strangers = [app.client("van-ban", |_| {}).await, app.client("app", public).await];
    let lifetime = app.services().settings.lifetimes.refresh_token_seconds;

    for owner in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&owner, &kim, &OFFLINE).await;
        let token = text(&tokens, "refresh_token");
        for garbage in ["x", "\u{1ebf}", &token[1..], text(&tokens, "access_token")] {
            refused_with(&app.refresh(&owner, garbage).await, "invalid_grant", garbage);
        }
        for stranger in &strangers {
            refused_with(&app.refresh(stranger, token).await, "invalid_grant", &stranger.id);
        }

        let own = app.refresh(&owner, token).await;
        let own = own.json();
        let current = own["refresh_token"].as_str().unwrap_or(token);
        app.advance_seconds(lifetime);
        let expired = app.refresh(&owner, current).await;

        assert!(own["access_token"].is_string(), "a stranger's try revokes nothing: {own}");
        refused_with(&expired, "invalid_grant", "expired");
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
}

#[tokio::test]
async fn a_narrower_scope_is_given_and_a_wider_one_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;
        let mut token = text(&tokens, "refresh_token").to_owned();
        let original = scopes(&tokens);
        let table = [
            ("openid", Some(BTreeSet::from(["openid"]))),
            ("", Some(original.clone())),
            ("profile openid offline_access", Some(original.clone())),
            ("openid email", None),
            ("nonsense", None),
            ("open\"id", None),
        ];
        for (asked, expected) in table {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", asked)];
            let answer = app.token(&client, &form).await;

            let Some(expected) = expected else {
                refused_with(&answer, "invalid_scope", asked);
                continue;
            };
            assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
            let fresh = answer.json();
            assert_eq!(scopes(&fresh), expected, "{asked}");
            let userinfo = app.userinfo(text(&fresh, "access_token")).await.json();
            assert_eq!(userinfo.get("name").is_some(), expected.contains("profile"), "{asked}: {userinfo}");
            if let Some(next) = fresh["refresh_token"].as_str() {
                next.clone_into(&mut token);
            }
        }
        let after = app.refresh(&client, &token).await.json();
        assert_eq!(scopes(&after), original, "a refusal costs nothing and a narrower answer narrows nothing");
    }
}

#[tokio::test]
async fn an_id_token_at_refresh_keeps_who_and_when() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;
        let before = app.claims(text(&tokens, "id_token"));
        app.advance_seconds(100);

        let refreshed = app.refresh(&client, text(&tokens, "refresh_token")).await.json();

        let after = app.claims(text(&refreshed, "id_token"));
        for same in ["iss", "sub", "aud", "sid", "auth_time", "acr", "amr"] {
            assert_eq!(after[same], before[same], "{same}");
        }
        assert_eq!((before.get("azp"), after.get("azp")), (None, None));
        assert_eq!(after["iat"], before["iat"].as_i64().expect("a number") + 100);
        assert!(after["exp"].as_i64() > before["exp"].as_i64());
        assert_eq!(before["nonce"], "nn");
        assert!(after.get("nonce").is_none_or(|nonce| nonce == "nn"), "{after}");
    }
}

#[tokio::test]
async fn offline_access_needs_consent_or_an_own_client() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("tthc", |_| {}).await;
    let never = app.client("cu", |settings| settings.scopes = vec!["openid".to_owned()]).await;
    let stranger = app.client("khach", |settings| settings.third_party = true).await;
    let mut browser = app.browser();
    browser.sign_in(&kim, &app.authorize_path(&own, &[])).await;
    let path = app.authorize_path(&stranger, &OFFLINE);

    let of_own = app.tokens(&own, &kim, &OFFLINE).await;
    let not_asked = app.tokens(&own, &kim, &[("scope", "openid profile")]).await;
    let not_allowed = app.tokens(&never, &kim, &OFFLINE).await;
    let silent = browser.get(&app.authorize_path(&stranger, &[OFFLINE[0], ("prompt", "none")])).await;
    let page = visit(&mut browser, &path).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let deny = [("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "deny")];
    let denied = browser.post("/signin/consent", &deny).await;
    let agreed = browser.sign_in(&kim, &app.authorize_path(&stranger, &[OFFLINE[0], ("prompt", "consent")])).await;
    let with_consent = app.redeem(&stranger, &agreed.param("code").expect("a code")).await.json();
    let asked_again = visit(&mut browser, &app.authorize_path(&stranger, &[OFFLINE[0], ("prompt", "consent")])).await;

    assert!(of_own["refresh_token"].is_string() && scopes(&of_own).contains("offline_access"), "{of_own}");
    for tokens in [&not_asked, &not_allowed] {
        assert_eq!(tokens.get("refresh_token"), None);
        assert!(!scopes(tokens).contains("offline_access"), "{tokens}");
    }
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"));
    assert_eq!(page.page(), Some("consent"));
    assert_eq!(denied.param("error").as_deref(), Some("access_denied"));
    assert_eq!(denied.param("code"), None);
    assert!(with_consent["refresh_token"].is_string() && scopes(&with_consent).contains("offline_access"), "{with_consent}");
    assert_eq!(asked_again.page(), Some("consent"), "prompt=consent asks every time");
    assert_eq!(count_of(&app, "consent.given").await, 1);
}

#[tokio::test]
async fn an_offline_token_survives_sign_out_and_a_session_token_does_not() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let offline = app.client("tthc", |_| {}).await;
    let session = app.client("van-ban", |settings| settings.refresh_with_sign_on = true).await;
    let mut browser = app.browser();
    let entered = browser.sign_in(&kim, &app.authorize_path(&offline, &OFFLINE)).await;
    let of_offline = app.redeem(&offline, &entered.param("code").expect("a code")).await.json();
    let entered = browser.get(&app.authorize_path(&session, &[])).await;
    let of_session = app.redeem(&session, &entered.param("code").expect("a code")).await.json();
    let before = app.refresh(&session, text(&of_session, "refresh_token")).await;

    let signed_out = browser.get(&format!("/oauth2/logout?id_token_hint={}", text(&of_offline, "id_token"))).await;
    let survives = app.refresh(&offline, text(&of_offline, "refresh_token")).await;
    let ends = app.refresh(&session, text(&of_session, "refresh_token")).await;

    assert_eq!(before.status, 200, "{}", before.body);
    assert_eq!(signed_out.page(), Some("signed-out"));
    assert_eq!(survives.status, 200, "{}", survives.body);
    assert_eq!(app.userinfo(text(&survives.json(), "access_token")).await.status, 200);
    refused_with(&ends, "invalid_grant", "signed out");
    assert_eq!(app.userinfo(text(&of_session, "access_token")).await.status, 401);
}

#[tokio::test]
async fn a_session_token_ends_with_a_sign_on_that_ends_by_itself() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let session = app.client("van-ban", |settings| settings.refresh_with_sign_on = true).await;
    let tokens = app.tokens(&session, &kim, &[]).await;
    let idle_seconds = app.services().settings.lifetimes.idle_seconds;

    app.advance_seconds(idle_seconds - 1);
    let before = app.refresh(&session, text(&tokens, "refresh_token")).await;
    app.advance_seconds(idle_seconds + 1);
    let after = app.refresh(&session, text(&tokens, "refresh_token")).await;

    assert_eq!(before.status, 200, "{}", before.body);
    refused_with(&after, "invalid_grant", "idle for too long");
}

#[tokio::test]
async fn a_locked_person_gets_no_more_tokens() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let minh = app.official("minh").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
    let of_minh = app.tokens(&tthc, &minh, &OFFLINE).await;
    let code = app.code(&tthc, &kim, &OFFLINE).await;
    let before = app.refresh(&tthc, text(&tokens, "refresh_token")).await;

    lock(&app, &kim).await;
    let refreshed = app.refresh(&tthc, text(&tokens, "refresh_token")).await;
    let redeemed = app.redeem(&tthc, &code).await;
    let userinfo = app.userinfo(text(&tokens, "access_token")).await;
    let someone_else = app.refresh(&tthc, text(&of_minh, "refresh_token")).await;

    assert_eq!(before.status, 200, "{}", before.body);
    refused_with(&refreshed, "invalid_grant", "a refresh of somebody locked");
    refused_with(&redeemed, "invalid_grant", "a code of somebody locked");
    assert_eq!(userinfo.status, 401);
    assert_eq!(someone_else.status, 200, "{}", someone_else.body);
    assert!(!was_redeemed(&app, &tthc, &code).await);
}

#[tokio::test]
async fn a_refresh_token_never_outlives_the_position_that_it_was_given_for() {
    let app = TestApp::with_registry().await;
    let today = iso(vietnam_date(app.services().clock.now()));
    let header =
        "username,full_name,date_of_birth,email,phone,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
    let row = |unit: &str, primary: bool, last: &str| {
        format!("kim,Nguyễn Thị Kim,1980-02-03,kim@vi-du.vn,0900000000,{unit},VP,CV,cong_chuc,{primary},1/QĐ,2025-07-01,{last}\n")
    };
    let kim = app.official_of(&format!("{header}{}{}", row("26740", true, &today), row("26743", false, "")), "kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let acting = |place: usize| [OFFLINE[0], ("position", kim.positions[place].as_str())];
    let ends = app.tokens(&tthc, &kim, &acting(0)).await;
    let rotates = app.tokens(&phone, &kim, &acting(0)).await;
    let stays = app.tokens(&tthc, &kim, &acting(1)).await;
    let before = app.refresh(&tthc, text(&ends, "refresh_token")).await;

    app.advance_seconds(86_400);
    app.sync().await;
    let after = app.refresh(&tthc, text(&ends, "refresh_token")).await;
    let rotated = app.refresh(&phone, text(&rotates, "refresh_token")).await;
    let other = app.refresh(&tthc, text(&stays, "refresh_token")).await;

    assert_eq!(before.status, 200, "{}", before.body);
    refused_with(&after, "invalid_grant", "the position is over");
    refused_with(&rotated, "invalid_grant", "of a public client as well");
    assert_eq!(other.status, 200, "{}", other.body);
}

/// Everyone refreshes at the same moment, each with a token of their own choice.
async fn race(app: &TestApp, client: &Arc<TestClient>, tokens: Vec<String>) -> Vec<Answer> {
    let acts = tokens.into_iter().map(|token| {
        let (app, client) = (app.clone(), client.clone());
        async move { app.refresh(&client, &token).await }
    });
    together(acts).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_uses_of_one_rotating_token_leave_one_line_of_successors() {
    const RUNNERS: usize = 32;
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = Arc::new(app.client("phone", public).await);
    let first = text(&app.tokens(&phone, &kim, &OFFLINE).await, "refresh_token").to_owned();

    let at_once = race(&app, &phone, vec![first.clone(); RUNNERS]).await;
    let successors: BTreeSet<String> = at_once
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "within ten seconds an answer may be lost: {}", answer.body);
            text(&answer.json(), "refresh_token").to_owned()
        })
        .collect();
    let of_successors = race(&app, &phone, successors.iter().cloned().collect()).await;

    assert_eq!(successors.len(), RUNNERS, "each use has a successor of its own");
    let (fine, refused): (Vec<&Answer>, Vec<&Answer>) = of_successors.iter().partition(|answer| answer.status == 200);
    for answer in refused {
        refused_with(answer, "invalid_grant", "a sibling");
    }
    let [winner] = fine.as_slice() else { panic!("{} of the siblings were used", fine.len()) };
    let winner = winner.json();
    refused_with(&app.refresh(&phone, text(&winner, "refresh_token")).await, "invalid_grant", "the winner's");
    refused_with(&app.refresh(&phone, &first).await, "invalid_grant", "the first");
    assert_eq!(app.userinfo(text(&winner, "access_token")).await.status, 401, "two hands hold the family: it ends");
    assert!(count_of(&app, "refresh_token.reused").await >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_public_refresh_token_leave_the_family_alive_and_a_grandparent_ends_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = Arc::new(app.client("phone", public).await);

    for round in 0..rounds() {
        let first = text(&app.tokens(&phone, &kim, &OFFLINE).await, "refresh_token").to_owned();
        let answers = race(&app, &phone, vec![first.clone(); 64]).await;
        let successors: BTreeSet<String> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 200, "round {round}: within ten seconds an answer may be lost: {}", answer.body);
                text(&answer.json(), "refresh_token").to_owned()
            })
            .collect();
        assert_eq!(successors.len(), 64, "round {round}: each has a successor of its own");

        let next = app.refresh(&phone, successors.first().expect("a successor")).await;
        assert_eq!(next.status, 200, "round {round}: the family lives: {}", next.body);
        let next = next.json();
        assert_eq!(app.userinfo(text(&next, "access_token")).await.status, 200, "round {round}");
        assert_eq!(count_of(&app, "refresh_token.reused").await, round, "nothing has ended in this round");

        refused_with(&app.refresh(&phone, &first).await, "invalid_grant", "the first");
        assert_eq!(count_of(&app, "refresh_token.reused").await, round + 1, "two generations old");
        refused_with(&app.refresh(&phone, text(&next, "refresh_token")).await, "invalid_grant", "the family");
        assert_eq!(app.userinfo(text(&next, "access_token")).await.status, 401, "round {round}: the family has ended");
    }
}

#[tokio::test]
async fn what_was_taken_from_a_client_is_not_renewed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| settings.scopes = ["openid", "profile", "offline_access"].map(str::to_owned).to_vec())
        .await;
    let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
    assert_eq!(scopes(&tokens), BTreeSet::from(["offline_access", "openid", "profile"]));

    let less = |client: &mut Client| {
        client.settings.scopes.retain(|scope| scope != "profile");
        Ok(())
    };
    register::change(app.services(), "tthc", "os:test", less).await.expect("changed");
    let renewed = app.refresh(&tthc, text(&tokens, "refresh_token")).await;

    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(scopes(&renewed.json()), BTreeSet::from(["offline_access", "openid"]));
    let claims = app.userinfo(text(&renewed.json(), "access_token")).await.json();
    assert_eq!(claims.get("name"), None, "{claims}");
}
