//! Promises about pushing authorization requests (RFC 9126): by a client that proves itself, told at once what is wrong;
//! `par_references.rs` has those of what it gets for them.

use crate::support::clients::public;
use crate::support::flows::{code_form, signed_on_as, visit};
use crate::support::keys::{borrowed, path_of};
use crate::support::proofs::ProofKey;
use crate::support::records::was_redeemed;
use crate::support::requests::{PAR, TOKEN, basic, ends_on_a_page, refused_with, send};
use crate::support::{Answer, TestApp, TestClient, encode, stage};
use motlan::model::client::AuthMethod;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A request to the endpoint, exactly as written.
async fn push_written(app: &TestApp, method: &str, authorization: &str, media_type: &str, body: String) -> Answer {
    send(app, method, PAR, &[("authorization", authorization), ("content-type", media_type)], &body).await
}

/// A refusal in JSON that nobody keeps.
#[track_caller]
fn refused_in_json(answer: &Answer, error: &str, case: &str) {
    refused_with(answer, error, case);
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{case}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{case}");
}

#[tokio::test]
async fn a_pushed_request_is_answered_by_a_reference_that_leads_to_a_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let asked = [("state", "pushed"), ("nonce", "nonce pushed"), ("scope", "openid email")];

    let pushed = app.push(&tthc, &asked).await;
    let another = app.push(&tthc, &asked).await;
    let arrived = app.browser().sign_in(&kim, &path_of(&tthc, &pushed)).await;

    assert_eq!(pushed.status, 201, "{}", pushed.body);
    assert_eq!(pushed.header("content-type"), Some("application/json"));
    let control = pushed.header("cache-control").expect("a header");
    assert!(control.contains("no-cache") && control.contains("no-store"), "{control}");
    let answer = pushed.json();
    let members: BTreeSet<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["request_uri", "expires_in"]));
    assert!(answer["expires_in"].as_i64().is_some_and(|seconds| (5..600).contains(&seconds)), "{answer}");
    let reference = answer["request_uri"].as_str().expect("a text");
    let random = reference.strip_prefix("urn:ietf:params:oauth:request_uri:").expect("a URN");
    assert!(random.len() >= 43, "256 bits in base64url: {random}");
    assert_ne!(another.json()["request_uri"], answer["request_uri"]);
    assert!(arrived.location().starts_with("https://tthc.example/callback?"), "{}", arrived.location());
    assert_eq!(arrived.param("state").as_deref(), Some("pushed"));
    assert_eq!(arrived.param("iss").as_deref(), Some(app.issuer()));
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.json()["scope"], "email openid");
    let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
    assert_eq!(claims["nonce"], "nonce pushed");
}

#[tokio::test]
async fn only_what_was_pushed_counts() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let beside = [
        ("response_type", "token"),
        ("redirect_uri", "https://evil.example/"),
        ("state", "beside"),
        ("scope", "openid email phone"),
        ("nonce", "beside"),
        ("prompt", "none"),
        ("response_mode", "form_post"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("claims", "{"),
    ];
    let path = path_of(&tthc, &app.push(&tthc, &[("scope", "openid profile")]).await);

    let with_an_object = app.get(&format!("{path}&request=eyJhbGciOiJub25lIn0.e30.")).await;
    let arrived = app.browser().sign_in(&kim, &format!("{path}&{}", encode(&beside))).await;

    ends_on_a_page(&with_an_object, "bad_request", "a request object beside it");
    assert!(arrived.location().starts_with("https://tthc.example/callback?"), "{}", arrived.location());
    assert_eq!(arrived.param("state").as_deref(), Some("st"));
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await;
    assert_eq!(tokens.status, 200, "the challenge is the pushed one: {}", tokens.body);
    assert_eq!(tokens.json()["scope"], "openid profile");
}

#[tokio::test]
async fn a_client_proves_itself_as_at_the_token_endpoint() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", |settings| settings.auth_method = AuthMethod::ClientSecretPost).await;
    let phone = app.client("phone", public).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let (own, posted) = (tthc.secret.clone().expect("a secret"), documents.secret.clone().expect("a secret"));
    let ask = |client: &TestClient| app.asked(client, &[]);
    let form = |fields: &[(String, String)], more: &[(&str, &str)]| encode(&[borrowed(fields).as_slice(), more].concat());
    let form_type = "application/x-www-form-urlencoded";
    let used = khoa.assertion(&app, |_| {});
    let khoa_asks = ask(&khoa.client);

    let good = [
        push_written(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&tthc), &[])).await,
        app.post(PAR, &[borrowed(&ask(&documents)).as_slice(), &[("client_secret", posted.as_str())]].concat()).await,
        app.post(PAR, &borrowed(&ask(&phone))).await,
        khoa.post_with(&app, PAR, &borrowed(&khoa_asks), &used, None).await,
    ];
    let unproven = [
        ("only its name", app.post(PAR, &borrowed(&ask(&tthc))).await),
        ("a wrong secret", push_written(&app, "POST", &basic("tthc", &"x".repeat(43)), form_type, form(&ask(&tthc), &[])).await),
        ("another method", app.post(PAR, &[borrowed(&ask(&tthc)).as_slice(), &[("client_secret", own.as_str())]].concat()).await),
        ("another's secret", push_written(&app, "POST", &basic("van-ban", &own), form_type, form(&ask(&documents), &[])).await),
        ("only the name of one with a key", app.post(PAR, &borrowed(&khoa_asks)).await),
        ("a used assertion", khoa.post_with(&app, PAR, &borrowed(&khoa_asks), &used, None).await),
        ("nobody", app.post(PAR, &borrowed(&app.asked(&tthc, &[("client_id", "nobody")]))).await),
        ("no name at all", app.post(PAR, &borrowed(&app.asked(&tthc, &[("client_id", "")]))).await),
        ("in the query", app.post(&format!("{PAR}?client_secret={posted}"), &borrowed(&ask(&documents))).await),
    ];
    let twice = push_written(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&tthc), &[("client_secret", &own)])).await;
    let another = push_written(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&documents), &[])).await;

    for answer in &good {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    for (case, answer) in &unproven {
        refused_in_json(answer, "invalid_client", case);
    }
    refused_in_json(&twice, "invalid_request", "two methods");
    refused_in_json(&another, "invalid_request", "a name that is not the one that authenticates");
}

#[tokio::test]
async fn an_assertion_may_name_the_issuer_the_token_endpoint_or_this_endpoint() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let fields = app.asked(&khoa.client, &[]);
    let at = |path: &str| format!("{}{path}", app.issuer());
    let table = [
        (json!(app.issuer()), true),
        (json!(at("/oauth2/token")), true),
        (json!(at("/oauth2/par")), true),
        (json!([at("/oauth2/par")]), true),
        (json!(["https://elsewhere.example", app.issuer()]), true),
        (json!(at("/oauth2/authorize")), false),
        (json!(at("/")), false),
        (json!("https://elsewhere.example/oauth2/par"), false),
        (json!([]), false),
        (Value::Null, false),
    ];

    for (audience, fine) in table {
        let assertion = khoa.assertion(&app, |claims| claims["aud"] = audience.clone());
        let answer = khoa.post_with(&app, PAR, &borrowed(&fields), &assertion, None).await;

        if fine {
            assert_eq!(answer.status, 201, "{audience}: {}", answer.body);
        } else {
            refused_in_json(&answer, "invalid_client", &audience.to_string());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_and_no_reference_is_given() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let without_codes = app
        .client("an", |settings| {
            settings.grant_types = vec!["implicit".to_owned()];
            settings.response_types = vec!["id_token".to_owned()];
        })
        .await;
    let long = "n".repeat(1_025);
    let table = [
        (&tthc, "response_type", "", "invalid_request"),
        (&tthc, "response_type", "token", "unsupported_response_type"),
        (&tthc, "redirect_uri", "", "invalid_request"),
        (&tthc, "redirect_uri", "https://evil.example/", "invalid_request"),
        (&tthc, "redirect_uri", "https://tthc.example/callback/", "invalid_request"),
        (&tthc, "response_mode", "web_message", "invalid_request"),
        (&tthc, "scope", "", "invalid_scope"),
        (&tthc, "scope", "nonsense", "invalid_scope"),
        (&tthc, "prompt", "none login", "invalid_request"),
        (&tthc, "max_age", "-1", "invalid_request"),
        (&tthc, "claims", "{", "invalid_request"),
        (&tthc, "nonce", long.as_str(), "invalid_request"),
        (&tthc, "code_challenge", "short", "invalid_request"),
        (&tthc, "code_challenge_method", "plain", "invalid_request"),
        (&tthc, "registration", "{}", "registration_not_supported"),
        (&tthc, "resource", "https://nowhere.example", "invalid_target"),
        (&tthc, "authorization_details", r#"[{"type":"x"}]"#, "invalid_authorization_details"),
        (&tthc, "request_uri", "urn:ietf:params:oauth:request_uri:abc", "invalid_request"),
        (&tthc, "request_uri", "https://tthc.example/request.jwt", "invalid_request"),
        (&tthc, "request", "eyJhbGciOiJub25lIn0.e30.", "invalid_request_object"),
        (&without_codes, "state", "st", "unauthorized_client"),
    ];

    for (client, name, value, expected) in table {
        let answer = app.push(client, &[(name, value)]).await;

        refused_in_json(&answer, expected, &format!("{name}={value}"));
    }
    let without_proof = app.push(&tthc, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    refused_in_json(&without_proof, "invalid_request", "PKCE is demanded");
    let secret = tthc.secret.as_deref().expect("a secret");
    let form = encode(&borrowed(&app.asked(&tthc, &[])));
    for more in ["scope=openid", "state=another", "redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback", "x=%ff"] {
        let body = format!("{form}&{more}");
        let answer = push_written(&app, "POST", &basic("tthc", secret), "application/x-www-form-urlencoded", body).await;

        refused_in_json(&answer, "invalid_request", more);
    }
    // Nobody is there to be asked, so nothing about a person is refused here.
    assert_eq!(app.push(&tthc, &[("prompt", "none")]).await.status, 201);
}

#[tokio::test]
async fn only_a_posted_form_of_a_size_is_taken() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let header = basic("tthc", tthc.secret.as_deref().expect("a secret"));
    let form = encode(&borrowed(&app.asked(&tthc, &[])));
    let form_type = "application/x-www-form-urlencoded";
    let large = format!("{form}&x={}", "x".repeat(1024 * 1024));
    let table = [
        (405, "GET", form_type, String::new()),
        (405, "PUT", form_type, form.clone()),
        (405, "DELETE", form_type, String::new()),
        (400, "POST", "application/json", json!({ "client_id": "tthc" }).to_string()),
        (400, "POST", "text/plain", form.clone()),
        (413, "POST", form_type, large),
        (201, "POST", form_type, form),
    ];

    for (status, method, media_type, body) in table {
        let answer = push_written(&app, method, &header, media_type, body).await;

        assert_eq!(answer.status, status, "{method} {media_type}: {}", answer.body);
        assert_eq!(answer.body.contains("request_uri:"), status == 201, "{method} {media_type}");
        if status == 400 {
            assert_eq!(answer.json()["error"], "invalid_request", "{media_type}");
        }
    }
}

#[tokio::test]
async fn a_key_that_was_proven_while_pushing_binds_the_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let (key, other) = (ProofKey::of(Algorithm::Es256), ProofKey::of(Algorithm::Es256));
    let named = [("dpop_jkt", key.jkt())];
    let by_proof = (app.asked(&tthc, &[]), Some(key.proof(&app, "POST", PAR, |_, _| {})));
    let by_both = (app.asked(&tthc, &named), Some(key.proof(&app, "POST", PAR, |_, _| {})));
    let by_name = (app.asked(&tthc, &named), None);

    for (fields, proof) in [by_proof, by_both, by_name] {
        let pushed = app.post_as(&tthc, PAR, &borrowed(&fields), proof.as_deref()).await;
        let code = browser.get(&path_of(&tthc, &pushed)).await.param("code").expect("a code");
        let form = code_form(&tthc, &code);
        let without = app.post_as(&tthc, TOKEN, &form, None).await;
        let with_another = app.post_as(&tthc, TOKEN, &form, Some(&other.for_token(&app))).await;
        let spent = was_redeemed(&app, &tthc, &code).await;
        let with_it = app.post_as(&tthc, TOKEN, &form, Some(&key.for_token(&app))).await;

        for answer in [&without, &with_another] {
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{}", answer.body);
        }
        assert!(!spent, "a try with the wrong key spends nothing");
        assert_eq!(with_it.status, 200, "{}", with_it.body);
        assert_eq!(with_it.json()["token_type"], "DPoP");
        let claims = app.claims(with_it.json()["access_token"].as_str().expect("a token"));
        assert_eq!(claims["cnf"]["jkt"], key.jkt());
    }
}

#[tokio::test]
async fn a_proof_that_is_not_for_this_request_is_refused() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (key, other) = (ProofKey::of(Algorithm::Es256), ProofKey::of(Algorithm::Es256));
    let plain = app.asked(&tthc, &[]);
    let bound = app.asked(&tthc, &[("dpop_jkt", other.jkt())]);
    let once = key.proof(&app, "POST", PAR, |_, _| {});
    let used = app.post_as(&tthc, PAR, &borrowed(&plain), Some(&once)).await;
    let table = [
        ("for the token endpoint", &plain, key.for_token(&app)),
        ("for another method", &plain, key.proof(&app, "GET", PAR, |_, _| {})),
        ("used before", &plain, once),
        ("of another key than the one named", &bound, key.proof(&app, "POST", PAR, |_, _| {})),
        ("no proof", &plain, "x".to_owned()),
    ];

    assert_eq!(used.status, 201, "{}", used.body);
    for (case, fields, proof) in table {
        let answer = app.post_as(&tthc, PAR, &borrowed(fields), Some(&proof)).await;

        refused_in_json(&answer, "invalid_dpop_proof", case);
    }
}

#[tokio::test]
async fn a_request_object_may_be_pushed_and_nothing_beside_it_counts() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let stranger = app.party("khac", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |header, _| header["typ"] = json!("JWT"));
    let fields =
        [("client_id", "khoa"), ("request", object.as_str()), ("state", "beside"), ("scope", "openid email"), ("prompt", "none")];

    let pushed = khoa.post(&app, PAR, &fields, None).await;
    let arrived = app.browser().sign_in(&kim, &path_of(&khoa.client, &pushed)).await;

    assert_eq!(arrived.param("state").as_deref(), Some("inside"));
    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.json()["scope"], "openid profile");
    let of_another = stranger.request_object(&app, |_, _| {});
    let for_another = khoa.request_object(&app, |_, claims| claims["client_id"] = json!("khac"));
    let incomplete = khoa.request_object(&app, |_, claims| {
        claims.as_object_mut().expect("claims").remove("redirect_uri");
    });
    let table = [
        ("another client's", &of_another, "invalid_request_object"),
        ("in another's name", &for_another, "invalid_request_object"),
        ("without an address, which stands beside it", &incomplete, "invalid_request"),
    ];
    for (case, object, expected) in table {
        let beside = ("redirect_uri", "https://khoa.example/callback");
        let answer = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", object), beside], None).await;

        refused_in_json(&answer, expected, case);
    }
}

#[tokio::test]
async fn a_client_that_must_sign_pushes_nothing_else() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Ps256, |settings| settings.require_signed_request_object = true).await;

    let plain = khoa.push(&app, &[]).await;
    let object = khoa.request_object(&app, |_, _| {});
    let signed = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", &object)], None).await;

    refused_in_json(&plain, "invalid_request", "unsigned");
    assert_eq!(signed.status, 201, "{}", signed.body);
}

#[tokio::test]
async fn where_everybody_must_push_no_request_comes_in_the_open() {
    let app = stage(|config| config.flows.require_pushed = true).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let open = browser.get(&app.authorize_path(&tthc, &[])).await;
    let pushed = app.push(&tthc, &[]).await;
    let begun = visit(&mut browser, &path_of(&tthc, &pushed)).await;

    assert_eq!((open.param("error").as_deref(), open.param("code")), (Some("invalid_request"), None));
    assert_eq!((pushed.status, begun.page()), (201, Some("signin")));
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["require_pushed_authorization_requests"], true);
}
