//! Promises about nonces for proofs (RFC 9449 §8 and §9): demanded only where they are switched on, and then everywhere.

use crate::support::proofs::{
    PAR, ProofKey, TOKEN, USERINFO, ath, code_form, code_of, form, post, pushed_fields, redeem, refused_with, signed_on, stage,
    text, userinfo_refused, userinfo_request, userinfo_with, was_redeemed,
};
use crate::support::{Answer, TestApp};
use http::Request;
use motlan::model::client::{AuthMethod, ClientType};
use serde_json::json;
use std::collections::BTreeSet;

/// The one nonce of an answer, which is opaque and in the letters of a scope (RFC 9449 §8.1).
#[track_caller]
fn nonce_of(answer: &Answer) -> String {
    let all: Vec<&str> = answer.headers.get_all("dpop-nonce").iter().filter_map(|value| value.to_str().ok()).collect();
    let [nonce] = all.as_slice() else { panic!("{all:?}: {}", answer.body) };
    assert!(!nonce.is_empty() && nonce.chars().all(|letter| matches!(letter, '!' | '#'..='[' | ']'..='~')), "{nonce}");
    assert_eq!(answer.header("cache-control").map(|value| value.contains("no-store")), Some(true), "a stale nonce helps nobody");
    (*nonce).to_owned()
}

#[tokio::test]
async fn with_nonces_on_a_proof_needs_a_present_one_of_ours() {
    let app = stage(|config| config.dpop.nonces = true).await;
    let elsewhere = stage(|config| config.dpop.nonces = true).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let code = code_of(&app, &mut browser, &tthc, &[]).await;
    let with = |nonce: &str| key.proof(&app, "POST", TOKEN, |_, claims| claims["nonce"] = json!(nonce));

    let without = redeem(&app, &tthc, &code, Some(&key.for_token(&app))).await;
    let nonce = nonce_of(&without);
    let foreign = elsewhere.client("tthc", |_| {}).await;
    let foreign = nonce_of(&redeem(&elsewhere, &foreign, "x", Some(&key.for_token(&elsewhere))).await);
    let refused = [
        without,
        redeem(&app, &tthc, &code, Some(&with(""))).await,
        redeem(&app, &tthc, &code, Some(&with("guess"))).await,
        redeem(&app, &tthc, &code, Some(&with(&foreign))).await,
        redeem(&app, &tthc, &code, Some(&with(&nonce[1..]))).await,
    ];
    let otherwise_wrong = key.proof(&app, "GET", TOKEN, |_, claims| claims["nonce"] = json!(nonce));
    let otherwise_wrong = redeem(&app, &tthc, &code, Some(&otherwise_wrong)).await;
    let spent = was_redeemed(&app, &tthc, &code).await;
    let fine = redeem(&app, &tthc, &code, Some(&with(&nonce))).await;

    for answer in &refused {
        refused_with(answer, "use_dpop_nonce", "no present nonce");
        assert_eq!(nonce_of(answer), nonce, "one that will do comes along");
    }
    refused_with(&otherwise_wrong, "invalid_dpop_proof", "a nonce mends nothing else");
    assert!(!spent);
    assert_eq!(fine.json()["token_type"], "DPoP", "{}", fine.body);
    assert_eq!(nonce_of(&fine), nonce, "the next one comes with the answer");
    let code = code_of(&app, &mut browser, &tthc, &[]).await;
    let bearer = redeem(&app, &tthc, &code, None).await;
    assert_eq!(bearer.json()["token_type"], "Bearer", "who proves nothing needs no nonce: {}", bearer.body);
}

#[tokio::test]
async fn a_nonce_is_good_until_the_one_after_the_next() {
    let app = stage(|config| config.dpop.nonces = true).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    // The stage's clock starts where a nonce starts, five minutes before the next.
    let first = nonce_of(&redeem(&app, &tthc, "x", Some(&key.for_token(&app))).await);
    let mut seen = BTreeSet::new();

    for (seconds, fine) in [(0, true), (299, true), (1, true), (299, true), (1, false), (3_600, false)] {
        app.advance_seconds(seconds);
        let code = code_of(&app, &mut browser, &tthc, &[]).await;
        let proof = key.proof(&app, "POST", TOKEN, |_, claims| claims["nonce"] = json!(first));
        let answer = redeem(&app, &tthc, &code, Some(&proof)).await;
        seen.insert(nonce_of(&answer));
        if fine {
            assert_eq!(answer.status, 200, "{seconds}: {}", answer.body);
        } else {
            refused_with(&answer, "use_dpop_nonce", &seconds.to_string());
            assert!(!was_redeemed(&app, &tthc, &code).await, "{seconds}");
        }
    }
    assert_eq!(seen.len(), 4, "another one every five minutes: {seen:?}");
}

#[tokio::test]
async fn nonces_are_demanded_at_every_endpoint_and_cost_no_assertion() {
    let app = stage(|config| config.dpop.nonces = true).await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let mut browser = signed_on(&app, &khoa).await;
    let key = ProofKey::es256();
    let code = code_of(&app, &mut browser, &khoa, &[]).await;
    let first = key.for_token(&app);
    let request = form(&app, &khoa, TOKEN, &code_form(&khoa, &code), &[("dpop", &first)]);
    let mut retry = request.clone();

    let asked = app.request(request).await;
    let nonce = nonce_of(&asked);
    let second = key.proof(&app, "POST", TOKEN, |_, claims| claims["nonce"] = json!(nonce));
    retry.headers_mut().insert("dpop", second.parse().expect("a header"));
    let retried = app.request(retry).await;
    let tokens = retried.json();
    let token = text(&tokens, "access_token");
    let pushed = key.proof(&app, "POST", PAR, |_, _| {});
    let pushed = post(&app, &khoa, PAR, &pushed_fields(&khoa), &[("dpop", &pushed)]).await;
    let again = key.proof(&app, "POST", PAR, |_, claims| claims["nonce"] = json!(nonce));
    let again = post(&app, &khoa, PAR, &pushed_fields(&khoa), &[("dpop", &again)]).await;
    let shown = userinfo_with(&app, &key, token).await;
    let proof = key.proof(&app, "GET", USERINFO, |_, claims| {
        claims["ath"] = json!(ath(token));
        claims["nonce"] = json!(nonce);
    });
    let read = app.request(userinfo_request("DPoP", token, &[("dpop", &proof)])).await;

    refused_with(&asked, "use_dpop_nonce", "the first time");
    assert_eq!(retried.status, 200, "the same assertion with the next proof: {}", retried.body);
    refused_with(&pushed, "use_dpop_nonce", "a pushed request");
    assert_eq!(nonce_of(&pushed), nonce);
    assert_eq!(again.status, 201, "{}", again.body);
    userinfo_refused(&shown, "DPoP", "use_dpop_nonce", "userinfo");
    assert_eq!(nonce_of(&shown), nonce);
    assert_eq!(read.status, 200, "{:?}", read.headers);
    assert_eq!(nonce_of(&read), nonce);
}

#[tokio::test]
async fn with_nonces_off_none_is_told_and_none_is_missed() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let code = code_of(&app, &mut browser, &tthc, &[]).await;

    let refused = redeem(&app, &tthc, "x", Some(&key.for_token(&app))).await;
    let proof = key.proof(&app, "POST", TOKEN, |_, claims| claims["nonce"] = json!("of some other server"));
    let answer = redeem(&app, &tthc, &code, Some(&proof)).await;
    let tokens = answer.json();
    let read = userinfo_with(&app, &key, text(&tokens, "access_token")).await;

    refused_with(&refused, "invalid_grant", "an unknown code");
    assert_eq!((answer.status, read.status), (200, 200), "{}", answer.body);
    for answer in [&refused, &answer, &read] {
        assert_eq!(answer.header("dpop-nonce"), None);
    }
}

#[tokio::test]
async fn scripts_may_send_proofs_and_read_nonces() {
    let app = stage(|config| config.dpop.nonces = true).await;
    let page = app
        .client("page", |settings| {
            settings.application_type = ClientType::Spa;
            settings.auth_method = AuthMethod::None;
        })
        .await;
    let key = ProofKey::es256();
    let origin = ("origin", "https://page.example");

    for path in [TOKEN, USERINFO] {
        let request = Request::options(path).header(origin.0, origin.1).header("access-control-request-headers", "dpop");
        let preflight = app.request(request.body(String::new()).expect("a request")).await;
        let allowed = preflight.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
        assert!(allowed.split(", ").any(|name| name == "dpop"), "{path}: {allowed}");
        assert!(allowed.split(", ").any(|name| name == "authorization"), "{path}: {allowed}");
    }
    let refused = post(&app, &page, TOKEN, &code_form(&page, "x"), &[("dpop", &key.for_token(&app)), origin]).await;
    let nonce = nonce_of(&refused);
    assert_eq!(refused.header("access-control-allow-origin"), Some(origin.1));
    let exposed = refused.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    for name in ["dpop-nonce", "www-authenticate"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {exposed}");
    }
    assert!(!nonce.is_empty());
}
