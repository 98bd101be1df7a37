//! Promises about what is issued: access tokens (RFC 9068), codes and refresh tokens, and the records of them
//! (RFC 6749 §10, RFC 9700 §2.3 and §4.15).

use crate::support::TestApp;
use crate::support::flows::sub_of;
use crate::support::records::grant_of;
use crate::support::requests::text;
use motlan::base::digest::{base64url, sha256};
use motlan::store::{audit, clients, grants, refresh_tokens};
use motlan::transient::authorization_codes;
use serde_json::json;
use std::collections::BTreeSet;

/// Everything that the audit rows say, in one text.
async fn whole_audit(app: &TestApp) -> String {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 100_000).await.expect("rows");
    format!("{rows:?}")
}

#[tokio::test]
async fn access_tokens_are_signed_and_name_issuer_audience_and_scope() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let token = text(&tokens, "access_token");
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let payload = signed.split_once('.').expect("a payload").1;
    let mut wider = app.claims(token);
    wider["scope"] = json!("openid profile email phone address unit position positions roles");
    let wider = base64url(wider.to_string().as_bytes());
    let header = signed.split_once('.').expect("a header").0;
    let altered = [
        format!("{header}.{wider}.{signature}"),
        format!("{signed}.{}", base64url(&[7; 64])),
        format!("{}.{payload}.", base64url(br#"{"alg":"none","typ":"at+jwt"}"#)),
        format!("{}.{payload}.{signature}", base64url(br#"{"alg":"HS256","typ":"at+jwt"}"#)),
        format!("{signed}."),
    ];

    let jwks = app.get("/oauth2/jwks").await.json();
    let untouched = app.userinfo(token).await;
    for altered in &altered {
        let refused = app.userinfo(altered).await;

        assert_eq!(refused.status, 401, "{altered}");
        assert!(!refused.body.contains(text(&app.claims(token), "sub")), "{altered}");
    }

    let (header, claims) = (app.header(token), app.claims(token));
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "ES256");
    let keys = jwks["keys"].as_array().expect("keys");
    assert!(keys.iter().any(|key| key["kid"] == header["kid"] && key["alg"] == "ES256"), "{jwks}");
    let now = app.services().clock.now().seconds();
    assert_eq!(claims["iss"], app.issuer());
    assert_eq!(claims["aud"], app.issuer());
    assert_eq!(claims["client_id"], "tthc");
    let id_token = app.claims(text(&tokens, "id_token"));
    assert!(id_token["sid"].is_string());
    assert_eq!((&claims["sub"], &claims["sid"]), (&id_token["sub"], &id_token["sid"]));
    assert_eq!(claims["scope"], "openid profile");
    assert_eq!(claims["iat"], now);
    assert!(claims["exp"].as_i64().is_some_and(|end| end > now && end <= now + 300), "{claims}");
    assert!(!text(&claims, "jti").is_empty());
    assert_eq!(untouched.status, 200);
}

#[tokio::test]
async fn an_access_token_ends_with_its_lifetime() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let lifetime = tokens["expires_in"].as_i64().expect("seconds");

    app.advance_seconds(lifetime - 1);
    let before_its_end = app.userinfo(text(&tokens, "access_token")).await;
    app.advance_seconds(1);
    let at_its_end = app.userinfo(text(&tokens, "access_token")).await;

    assert_eq!(before_its_end.status, 200);
    assert_eq!(at_its_end.status, 401);
    assert!(!at_its_end.body.contains(text(&app.claims(text(&tokens, "id_token")), "sub")));
}

#[tokio::test]
async fn codes_and_refresh_tokens_are_long_random_and_kept_as_digests() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&tthc, &[("scope", "openid offline_access")]);
    let mut browser = app.browser();
    browser.sign_in(&kim, &path).await;
    let mut secrets = BTreeSet::new();

    for _ in 0..100 {
        let code = browser.get(&path).await.param("code").expect("a code");
        let tokens = app.redeem(&tthc, &code).await.json();
        let refresh_token = text(&tokens, "refresh_token").to_owned();
        let services = app.services();
        let now = services.clock.now();
        let by_code = authorization_codes::find(&services.transient, &code, now).await.expect("an answer");
        let as_if_stored =
            authorization_codes::find(&services.transient, &base64url(&sha256(code.as_bytes())), now).await.expect("an answer");
        let mut conn = services.store.read().await.expect("a connection");
        let by_digest = refresh_tokens::find(&mut conn, &sha256(refresh_token.as_bytes())).await.expect("an answer");
        let in_the_clear = refresh_tokens::find(&mut conn, refresh_token.as_bytes()).await.expect("an answer");

        assert!(by_code.is_some() && as_if_stored.is_none(), "the key that is stored does not serve as a code");
        assert!(by_digest.is_some() && in_the_clear.is_none());
        assert!(!format!("{by_code:?} {by_digest:?}").contains(&refresh_token));
        for secret in [code, refresh_token] {
            assert_eq!(secret.len(), 43, "256 bits: {secret}");
            assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{secret}");
            assert!(secrets.insert(secret), "no two are alike");
        }
    }
    let audit = whole_audit(&app).await;
    assert!(secrets.iter().all(|secret| !audit.contains(secret)));
}

#[tokio::test]
async fn a_client_identifier_cannot_pass_for_a_person() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let minh = app.official("minh").await;
    let tthc = app.client("tthc", |_| {}).await;
    let sub_of_kim = sub_of(&app, &tthc, &kim).await;
    let sub_of_minh = sub_of(&app, &tthc, &minh).await;

    // An administrator may happen to give a client such a name; nobody else names clients.
    let impostor = app
        .client(&sub_of_kim, |settings| {
            settings.redirect_uris = vec!["https://impostor.example/callback".to_owned()];
            settings.post_logout_redirect_uris.clear();
        })
        .await;
    let for_itself = app.token(&impostor, &[("grant_type", "client_credentials"), ("scope", "openid profile")]).await;
    let for_minh = app.tokens(&impostor, &minh, &[]).await;
    let dynamic = app.post("/oauth2/register", &[("client_id", "mine")]).await;

    assert_eq!(for_itself.json()["error"], "unauthorized_client");
    assert!(!for_itself.body.contains("access_token"), "{}", for_itself.body);
    for name in ["access_token", "id_token"] {
        let claims = app.claims(text(&for_minh, name));
        assert_eq!(claims["sub"], sub_of_minh, "{name}");
        assert_ne!(claims["sub"], sub_of_kim, "{name}");
    }
    assert_eq!(app.claims(text(&for_minh, "access_token"))["client_id"], sub_of_kim);
    assert!(dynamic.status >= 400, "clients do not register themselves");
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(clients::find(&mut conn, "mine").await.expect("an answer").is_none());
}

#[tokio::test]
async fn every_issue_leaves_an_audit_record() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[("scope", "openid offline_access")]).await;
    app.advance_seconds(5);
    let redeemed_at = app.services().clock.now();

    let first = app.redeem(&tthc, &code).await.json();
    app.advance_seconds(100);
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    let second = app.token(&tthc, &form).await.json();
    let refused = app.redeem(&tthc, "no-such-code").await;

    // The grant is the record of an issue; every access token of it names it.
    let records: BTreeSet<String> = [&first, &second].into_iter().map(|tokens| grant_of(&app, tokens)).collect();
    assert_eq!(records.len(), 1, "{records:?}");
    let record = records.first().expect("a record");
    let mut conn = app.services().store.read().await.expect("a connection");
    let grant = grants::find(&mut conn, record).await.expect("an answer").expect("a record");
    assert_eq!((&grant.person, grant.client_id.as_str()), (&kim.id, "tthc"));
    assert_eq!(grant.issued_at, redeemed_at);
    assert_eq!(grant.sign_on.as_str(), text(&app.claims(text(&first, "id_token")), "sid"));
    assert!(!grants::was_redeemed(&mut conn, &authorization_codes::digest("no-such-code"), "tthc").await.expect("an answer"));
    assert_eq!(refused.status, 400);
    assert!(app.audit_events().await.contains(&"sign_in.succeeded".to_owned()));
    let written = format!("{} {grant:?}", whole_audit(&app).await);
    for secret in [
        code.as_str(),
        text(&first, "access_token"),
        text(&second, "access_token"),
        text(&first, "refresh_token"),
        kim.password.as_str(),
    ] {
        assert!(!written.contains(secret), "a record holds no secret");
    }
}
