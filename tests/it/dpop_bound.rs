//! Promises about what a proof binds (RFC 9449 §5, §6 and §10): access tokens, refresh tokens of public clients,
//! codes and pushed requests.

use crate::support::TestApp;
use crate::support::keys::code_of_pushed;
use crate::support::proofs::{
    PAR, ProofKey, USERINFO, at_once, ath, bound, code_of, count_of, post, public, pushed_fields, redeem, refresh, refused_with,
    rounds, signed_on, text, userinfo_request, userinfo_with, was_redeemed,
};
use motlan::base::digest::{base64url, sha256};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const OFFLINE: (&str, &str) = ("scope", "openid offline_access");

#[tokio::test]
async fn a_proof_binds_the_access_token_to_its_key() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let jwk = key.jwk();
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text(&jwk, "x"), text(&jwk, "y"));

    for client in [&tthc, &phone] {
        let tokens = bound(&app, &mut browser, client, &key).await;
        let access_token = text(&tokens, "access_token");
        let read = userinfo_with(&app, &key, access_token).await;
        let posted = key.proof(&app, "POST", USERINFO, |_, claims| claims["ath"] = json!(ath(access_token)));
        let mut by_post = userinfo_request("dpop", access_token, &[("dpop", &posted)]);
        *by_post.method_mut() = http::Method::POST;
        let by_post = app.request(by_post).await;

        assert_eq!(tokens["token_type"], "DPoP");
        assert_eq!(app.claims(access_token)["cnf"], json!({ "jkt": base64url(&sha256(canonical.as_bytes())) }));
        assert_eq!(read.status, 200, "{:?}", read.headers);
        assert_eq!(by_post.status, 200, "{:?}", by_post.headers);
        assert_eq!(read.json()["sub"], app.claims(text(&tokens, "id_token"))["sub"]);

        let code = code_of(&app, &mut browser, client, &[OFFLINE]).await;
        let unbound = redeem(&app, client, &code, None).await.json();
        assert_eq!(unbound["token_type"], "Bearer");
        assert_eq!(app.claims(text(&unbound, "access_token")).get("cnf"), None);
        assert_eq!(app.userinfo(text(&unbound, "access_token")).await.status, 200);
    }
}

#[tokio::test]
async fn a_client_that_is_set_so_gets_nothing_without_a_proof() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |settings| settings.dpop_bound_access_tokens = true).await;
    let phone = app
        .client("phone", |settings| {
            public(settings);
            settings.dpop_bound_access_tokens = true;
        })
        .await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();

    for client in [&tthc, &phone] {
        let code = code_of(&app, &mut browser, client, &[OFFLINE]).await;

        let without = redeem(&app, client, &code, None).await;
        let spent = was_redeemed(&app, client, &code).await;
        let with = redeem(&app, client, &code, Some(&key.for_token(&app))).await;

        refused_with(&without, "invalid_dpop_proof", &client.id);
        assert!(!spent, "{}", client.id);
        assert_eq!(with.status, 200, "{}", with.body);
        let refreshed = refresh(&app, client, text(&with.json(), "refresh_token"), None).await;
        assert_eq!(refreshed.status, 400, "{}: {}", client.id, refreshed.body);
        assert!(!refreshed.body.contains("access_token"), "{}", refreshed.body);
    }
    assert_eq!(count_of(&app, "token.refreshed").await, 0);
}

#[tokio::test]
async fn a_public_clients_refresh_token_stays_with_its_key() {
    let app = TestApp::start().await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &phone).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let mut tokens = bound(&app, &mut browser, &phone, &key).await;

    for _ in 0..3 {
        let token = text(&tokens, "refresh_token").to_owned();
        let without = refresh(&app, &phone, &token, None).await;
        let stolen = refresh(&app, &phone, &token, Some(&other.for_token(&app))).await;
        let own = refresh(&app, &phone, &token, Some(&key.for_token(&app))).await;

        refused_with(&without, "invalid_grant", "without a proof");
        refused_with(&stolen, "invalid_grant", "with another key");
        assert_eq!(own.status, 200, "those tries used up nothing: {}", own.body);
        tokens = own.json();
        assert_eq!(tokens["token_type"], "DPoP");
        assert_eq!(app.claims(text(&tokens, "access_token"))["cnf"]["jkt"], key.jkt());
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
    assert_eq!(count_of(&app, "token.refreshed").await, 3);
}

#[tokio::test]
async fn a_public_client_that_proves_a_key_later_is_bound_from_then_on() {
    let app = TestApp::start().await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &phone).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let code = code_of(&app, &mut browser, &phone, &[OFFLINE]).await;
    let unbound = redeem(&app, &phone, &code, None).await.json();

    let proven = refresh(&app, &phone, text(&unbound, "refresh_token"), Some(&key.for_token(&app))).await;
    assert_eq!(proven.json()["token_type"], "DPoP", "{}", proven.body);
    let proven = proven.json();
    let token = text(&proven, "refresh_token");
    let without = refresh(&app, &phone, token, None).await;
    let stolen = refresh(&app, &phone, token, Some(&other.for_token(&app))).await;
    let own = refresh(&app, &phone, token, Some(&key.for_token(&app))).await;

    refused_with(&without, "invalid_grant", "a refresh token that came with a proof needs one");
    refused_with(&stolen, "invalid_grant", "with another key");
    assert_eq!(own.status, 200, "{}", own.body);
}

#[tokio::test]
async fn a_confidential_clients_refresh_token_goes_with_any_key() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let (key, next) = (ProofKey::es256(), ProofKey::es256());
    let tokens = bound(&app, &mut browser, &tthc, &key).await;
    let token = text(&tokens, "refresh_token");

    let with_next = refresh(&app, &tthc, token, Some(&next.for_token(&app))).await;
    let without = refresh(&app, &tthc, token, None).await;
    let with_first = refresh(&app, &tthc, token, Some(&key.for_token(&app))).await;

    assert_eq!(app.claims(text(&with_next.json(), "access_token"))["cnf"]["jkt"], next.jkt());
    assert_eq!(without.json()["token_type"], "Bearer", "{}", without.body);
    assert_eq!(app.claims(text(&without.json(), "access_token")).get("cnf"), None);
    assert_eq!(app.claims(text(&with_first.json(), "access_token"))["cnf"]["jkt"], key.jkt());
}

#[tokio::test]
async fn a_code_that_is_bound_by_dpop_jkt_is_redeemed_with_that_key_only() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &tthc).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());

    for client in [&tthc, &phone] {
        let code = code_of(&app, &mut browser, client, &[("dpop_jkt", key.jkt())]).await;

        let without = redeem(&app, client, &code, None).await;
        let stolen = redeem(&app, client, &code, Some(&other.for_token(&app))).await;
        let spent = was_redeemed(&app, client, &code).await;
        let own = redeem(&app, client, &code, Some(&key.for_token(&app))).await;

        refused_with(&without, "invalid_grant", "without a proof");
        refused_with(&stolen, "invalid_grant", "with another key");
        assert!(!spent, "{}", client.id);
        assert_eq!(own.json()["token_type"], "DPoP", "{}", own.body);
    }
    for bad in ["x", "AAAA", &format!("{}=", key.jkt()), &key.jkt()[1..]] {
        let answer = browser.get(&app.authorize_path(&tthc, &[("dpop_jkt", bad)])).await;
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{bad}");
        assert_eq!(answer.param("code"), None, "{bad}");
    }
}

#[tokio::test]
async fn a_pushed_request_binds_its_code_to_the_key_of_its_proof() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &tthc).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let proof = || key.proof(&app, "POST", PAR, |_, _| {});

    for client in [&tthc, &phone] {
        let plain = pushed_fields(client);
        let named = [plain.as_slice(), &[("dpop_jkt", key.jkt())]].concat();
        let ways = [
            post(&app, client, PAR, &plain, &[("dpop", &proof())]).await,
            post(&app, client, PAR, &named, &[]).await,
            post(&app, client, PAR, &named, &[("dpop", &proof())]).await,
        ];
        for (place, pushed) in ways.iter().enumerate() {
            let code = code_of_pushed(&mut browser, client, pushed).await;

            let without = redeem(&app, client, &code, None).await;
            let stolen = redeem(&app, client, &code, Some(&other.for_token(&app))).await;
            let spent = was_redeemed(&app, client, &code).await;
            let own = redeem(&app, client, &code, Some(&key.for_token(&app))).await;

            refused_with(&without, "invalid_grant", &format!("{} {place}", client.id));
            refused_with(&stolen, "invalid_grant", &format!("{} {place}", client.id));
            assert!(!spent, "{} {place}", client.id);
            assert_eq!(own.json()["token_type"], "DPoP", "{}", own.body);
        }
    }
}

#[tokio::test]
async fn a_request_is_not_taken_with_a_proof_that_is_wrong_or_of_another_key() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let plain = pushed_fields(&tthc);
    let named = [plain.as_slice(), &[("dpop_jkt", other.jkt())]].concat();
    let used = key.proof(&app, "POST", PAR, |_, _| {});
    let first = post(&app, &tthc, PAR, &plain, &[("dpop", &used)]).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let fresh = || key.proof(&app, "POST", PAR, |_, _| {});
    let refused = [
        ("of another key than dpop_jkt", post(&app, &tthc, PAR, &named, &[("dpop", &fresh())]).await),
        ("for another endpoint", post(&app, &tthc, PAR, &plain, &[("dpop", &key.for_token(&app))]).await),
        ("used before", post(&app, &tthc, PAR, &plain, &[("dpop", &used)]).await),
        ("two headers", post(&app, &tthc, PAR, &plain, &[("dpop", &fresh()), ("dpop", &fresh())]).await),
        ("no JWT", post(&app, &tthc, PAR, &plain, &[("dpop", "x")]).await),
    ];

    for (case, answer) in &refused {
        refused_with(answer, "invalid_dpop_proof", case);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_bound_refresh_token_leave_the_family_alive_and_a_grandparent_ends_it() {
    let app = TestApp::start().await;
    let phone = Arc::new(app.client("phone", public).await);
    let mut browser = signed_on(&app, &phone).await;
    let key = ProofKey::es256();

    for round in 0..rounds() {
        let first: Arc<str> = text(&bound(&app, &mut browser, &phone, &key).await, "refresh_token").into();
        let answers = at_once(|| {
            let (app, phone, key, first) = (app.clone(), phone.clone(), key.clone(), first.clone());
            async move {
                let proof = key.for_token(&app);
                refresh(&app, &phone, &first, Some(&proof)).await
            }
        })
        .await;

        let mut successors = BTreeSet::new();
        for answer in &answers {
            assert_eq!(answer.status, 200, "round {round}: within ten seconds an answer may be lost: {}", answer.body);
            successors.insert(text(&answer.json(), "refresh_token").to_owned());
        }
        assert_eq!(successors.len(), answers.len(), "round {round}: each has a successor of its own");
        let used = successors.first().expect("a successor");
        let next = refresh(&app, &phone, used, Some(&key.for_token(&app))).await;
        assert_eq!(next.status, 200, "round {round}: the family lives: {}", next.body);
        let next = next.json();
        assert_eq!(userinfo_with(&app, &key, text(&next, "access_token")).await.status, 200, "round {round}");
        assert_eq!(count_of(&app, "refresh_token.reused").await, round, "nothing has ended in this round");

        let grandparent = refresh(&app, &phone, &first, Some(&key.for_token(&app))).await;

        refused_with(&grandparent, "invalid_grant", "two generations old");
        assert_eq!(count_of(&app, "refresh_token.reused").await, round + 1);
        let child = refresh(&app, &phone, text(&next, "refresh_token"), Some(&key.for_token(&app))).await;
        refused_with(&child, "invalid_grant", "the family has ended");
        assert_eq!(userinfo_with(&app, &key, text(&next, "access_token")).await.status, 401, "round {round}");
    }
}
