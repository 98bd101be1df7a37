//! Promises about keys of clients (RFC 7523 §3, RFC 7591 §2): fetched from where the client registered them, seldom,
//! from public addresses only, and used with nothing but the algorithm that fits them.

use crate::support::proofs::ProofKey;
use crate::support::races::{RUNNERS, at_once, rounds};
use crate::support::records::count_of;
use crate::support::requests::refused_with;
use crate::support::sites::Site;
use crate::support::{Answer, TestApp, stage};
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use motlan::base::digest::{base64url, hmac_sha256};
use motlan::model::client::{AuthMethod, ClientSettings};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use serde_json::{Value, json};
use std::sync::Arc;

/// A site that shows keys.
struct KeyServer {
    site: Site,
}

impl KeyServer {
    async fn showing(keys: &[&ProofKey]) -> Self {
        let server = Self { site: Site::start().await };
        server.show(keys);
        server
    }

    fn url(&self) -> String {
        self.site.url("/jwks")
    }

    /// What it answers from now on.
    fn answer(&self, status: u16, headers: &[(HeaderName, &str)], body: &str) {
        self.site.answer("/jwks", status, headers, body);
    }

    fn show(&self, keys: &[&ProofKey]) {
        self.answer(200, &[(CONTENT_TYPE, "application/json")], &jwks(keys).to_string());
    }

    fn calls(&self) -> usize {
        self.site.calls()
    }
}

fn jwks(keys: &[&ProofKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.registered_jwk()).collect::<Vec<_>>() })
}

fn keys_at(url: String) -> impl FnOnce(&mut ClientSettings) {
    move |settings: &mut ClientSettings| {
        settings.auth_method = AuthMethod::PrivateKeyJwt;
        settings.jwks_uri = Some(url);
    }
}

/// A question that costs nothing, by a client that proves itself with an assertion.
async fn ask(app: &TestApp, assertion: &str) -> Answer {
    let fields = [("token", "x"), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
    app.post("/oauth2/introspect", &fields).await
}

/// True when a client that signs with this key is let in; else it is told nothing but that.
async fn is_let_in(app: &TestApp, id: &str, key: &ProofKey) -> bool {
    let answer = ask(app, &key.assertion(app, id, |_, _| {})).await;
    if answer.status != 200 {
        refused_with(&answer, "invalid_client", id);
    }
    answer.status == 200
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept_for_a_while() {
    let app = TestApp::start().await;
    let (key, next) = (ProofKey::es256(), ProofKey::es256());
    for (id, cache, seconds) in [
        ("mot", None, 600),
        ("hai", Some("max-age=60"), 60),
        ("ba", Some("no-store"), 10),
        ("bon", Some("max-age=9999999"), 86_400),
    ] {
        let server = KeyServer::showing(&[&key]).await;
        let mut headers = vec![(CONTENT_TYPE, "application/json")];
        headers.extend(cache.map(|cache| (CACHE_CONTROL, cache)));
        server.answer(200, &headers, &jwks(&[&key]).to_string());
        app.client(id, keys_at(server.url())).await;
        assert_eq!(server.calls(), 0, "{id}: not before they are needed");

        for _ in 0..3 {
            assert!(is_let_in(&app, id, &key).await, "{id}");
        }
        assert_eq!(server.calls(), 1, "{id}");
        server.answer(200, &headers, &jwks(&[&next]).to_string());
        app.advance_seconds(seconds - 1);
        assert!(is_let_in(&app, id, &key).await, "{id}: they are believed so long");
        assert_eq!(server.calls(), 1, "{id}");
        app.advance_seconds(1);
        assert!(!is_let_in(&app, id, &key).await, "{id}: and no longer");
        assert!(is_let_in(&app, id, &next).await, "{id}");
        assert_eq!(server.calls(), 2, "{id}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_most_every_ten_seconds() {
    let app = TestApp::start().await;
    let (one, two, forged) = (ProofKey::es256(), ProofKey::es256(), ProofKey::es256());
    let server = KeyServer::showing(&[&one]).await;
    app.client("khoa", keys_at(server.url())).await;
    assert!(is_let_in(&app, "khoa", &one).await);
    server.show(&[&one, &two]);

    for seconds in [0, 9] {
        app.advance_seconds(seconds);
        assert!(!is_let_in(&app, "khoa", &two).await, "{seconds}");
        assert_eq!(server.calls(), 1, "{seconds}");
    }
    app.advance_seconds(1);
    assert!(is_let_in(&app, "khoa", &two).await, "ten seconds after the last look");
    assert!(is_let_in(&app, "khoa", &one).await);
    assert_eq!(server.calls(), 2);
    for round in 0..3 {
        for _ in 0..5 {
            assert!(!is_let_in(&app, "khoa", &forged).await);
        }
        assert_eq!(server.calls(), 2 + round, "forged tokens cause one look in ten seconds");
        app.advance_seconds(10);
    }
}

#[tokio::test]
async fn known_keys_outlive_a_server_that_fails_for_a_while() {
    let app = TestApp::start().await;
    let (key, forged) = (ProofKey::es256(), ProofKey::es256());
    let server = KeyServer::showing(&[&key]).await;
    app.client("khoa", keys_at(server.url())).await;
    assert!(is_let_in(&app, "khoa", &key).await);
    server.answer(500, &[(CONTENT_TYPE, "application/json")], "{}");

    app.advance_seconds(10);
    assert!(!is_let_in(&app, "khoa", &forged).await);
    assert_eq!(server.calls(), 2);
    assert!(is_let_in(&app, "khoa", &key).await, "the ones before stay in use");
    app.advance_seconds(589);
    assert!(is_let_in(&app, "khoa", &key).await, "until their end");
    assert_eq!(server.calls(), 2);
    app.advance_seconds(1);
    assert!(!is_let_in(&app, "khoa", &key).await, "which is not put off");
    assert_eq!(server.calls(), 3);
    server.show(&[&key]);
    assert!(!is_let_in(&app, "khoa", &key).await, "failed looks are seldom too");
    assert_eq!(server.calls(), 3);
    app.advance_seconds(10);
    assert!(is_let_in(&app, "khoa", &key).await);
    assert_eq!(server.calls(), 4);
}

#[tokio::test]
async fn a_document_that_is_no_set_of_public_keys_lets_nobody_in() {
    let app = TestApp::start().await;
    let key = ProofKey::es256();
    let good = jwks(&[&key]);
    let mut private = good.clone();
    private["keys"][0]["d"] = json!("ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ");
    let mut large = good.clone();
    large["filler"] = json!("x".repeat(70_000));
    let elsewhere = KeyServer::showing(&[&key]).await;
    let json_type = (CONTENT_TYPE, "application/json");
    let there = elsewhere.url();
    let cases = [
        ("no JSON", 200, vec![json_type.clone()], "keys".to_owned()),
        ("no keys", 200, vec![json_type.clone()], "{}".to_owned()),
        ("an empty set", 200, vec![json_type.clone()], json!({ "keys": [] }).to_string()),
        ("a private key", 200, vec![json_type.clone()], private.to_string()),
        ("too large", 200, vec![json_type.clone()], large.to_string()),
        ("another type", 200, vec![(CONTENT_TYPE, "text/html")], good.to_string()),
        ("no type", 200, vec![], good.to_string()),
        ("another status", 404, vec![json_type.clone()], good.to_string()),
        ("a redirect", 302, vec![json_type.clone(), (LOCATION, there.as_str())], good.to_string()),
    ];

    for (place, (case, status, headers, body)) in cases.into_iter().enumerate() {
        let server = KeyServer::showing(&[]).await;
        server.answer(status, &headers, &body);
        let id = format!("khoa-{place}");
        app.client(&id, keys_at(server.url())).await;

        assert!(!is_let_in(&app, &id, &key).await, "{case}");
        assert_eq!(server.calls(), 1, "{case}");
    }
    assert_eq!(elsewhere.calls(), 0, "redirects are not followed");
    assert_eq!(count_of(&app, "client_authentication.failed").await, 9);
}

#[tokio::test]
async fn private_addresses_are_not_called() {
    let app = stage(|config| config.outbound.allow_networks.clear()).await;
    let key = ProofKey::es256();
    let server = KeyServer::showing(&[&key]).await;
    let port = server.site.port();

    for (place, url) in [
        server.url(),
        format!("https://127.0.0.1:{port}/jwks"),
        format!("https://localhost:{port}/jwks"),
        format!("https://[::ffff:127.0.0.1]:{port}/jwks"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("khoa-{place}");
        app.client(&id, keys_at(url.clone())).await;

        assert!(!is_let_in(&app, &id, &key).await, "{url}");
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn nothing_in_a_token_says_which_key_or_algorithm_to_believe() {
    let app = TestApp::start().await;
    let (key, attacker) = (ProofKey::es256(), ProofKey::es256());
    let server = KeyServer::showing(&[&key]).await;
    let theirs = KeyServer::showing(&[&attacker]).await;
    app.client("khoa", keys_at(server.url())).await;
    let public = key.registered_jwk();
    let signed_with_hmac = |secret: &[u8]| {
        let token = key.assertion(&app, "khoa", |header, _| header["alg"] = json!("HS256"));
        let (signed, _) = token.rsplit_once('.').expect("a signature");
        format!("{signed}.{}", base64url(&hmac_sha256(secret, signed.as_bytes())))
    };
    let (x, y) = (public["x"].as_str().expect("text"), public["y"].as_str().expect("text"));
    let none = key.assertion(&app, "khoa", |header, _| header["alg"] = json!("none"));
    let (unsigned, _) = none.rsplit_once('.').expect("a signature");
    let table = [
        ("HS256 with the key document", signed_with_hmac(jwks(&[&key]).to_string().as_bytes())),
        ("HS256 with the key", signed_with_hmac(public.to_string().as_bytes())),
        ("HS256 with its point", signed_with_hmac(format!("{x}{y}").as_bytes())),
        ("none", format!("{unsigned}.")),
        ("none with a signature", none.clone()),
        ("another algorithm's name", key.assertion(&app, "khoa", |header, _| header["alg"] = json!("RS256"))),
        (
            "a key that came along",
            attacker.assertion(&app, "khoa", |header, _| {
                header["jwk"] = attacker.jwk();
                header["kid"] = json!(key.jkt());
            }),
        ),
        ("an address that came along", attacker.assertion(&app, "khoa", |header, _| header["jku"] = json!(theirs.url()))),
        ("an address of a certificate", attacker.assertion(&app, "khoa", |header, _| header["x5u"] = json!(theirs.url()))),
        ("another's key under its name", attacker.assertion(&app, "khoa", |header, _| header["kid"] = json!(key.jkt()))),
        ("an unknown critical member", key.assertion(&app, "khoa", |header, _| header["crit"] = json!(["exp"]))),
    ];

    for (case, token) in &table {
        refused_with(&ask(&app, token).await, "invalid_client", case);
    }
    assert_eq!(theirs.calls(), 0, "nobody is called whom a token names");
    assert!(is_let_in(&app, "khoa", &key).await);
    let nameless = key.assertion(&app, "khoa", |header, _| drop(header.as_object_mut().expect("members").remove("kid")));
    assert_eq!(ask(&app, &nameless).await.status, 200, "a token need not name its key");
}

#[tokio::test]
async fn a_registered_algorithm_and_the_use_of_a_key_are_kept() {
    let app = TestApp::start().await;
    let rsa = ProofKey::of(Algorithm::Rs256);
    let pss = rsa.under(Algorithm::Ps256);
    let with = |change: fn(&mut Value), alg: Option<Algorithm>| {
        let mut jwk = rsa.jwk();
        jwk["kid"] = json!(rsa.jkt());
        change(&mut jwk);
        move |settings: &mut ClientSettings| {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": [jwk, ProofKey::es256().registered_jwk()] }));
            settings.token_endpoint_auth_alg = alg;
        }
    };
    app.client("mo", with(|_| (), None)).await;
    app.client("rs", with(|_| (), Some(Algorithm::Rs256))).await;
    app.client("ps", with(|_| (), Some(Algorithm::Ps256))).await;
    app.client("khoa-ps", with(|jwk| jwk["alg"] = json!("PS256"), None)).await;
    app.client("niem-phong", with(|jwk| jwk["use"] = json!("enc"), None)).await;

    for (id, by_rs, by_ps) in
        [("mo", true, true), ("rs", true, false), ("ps", false, true), ("khoa-ps", false, true), ("niem-phong", false, false)]
    {
        assert_eq!(is_let_in(&app, id, &rsa).await, by_rs, "{id} RS256");
        assert_eq!(is_let_in(&app, id, &pss).await, by_ps, "{id} PS256");
    }
}

#[tokio::test]
async fn an_assertion_may_be_for_the_endpoint_that_it_is_sent_to() {
    let app = TestApp::start().await;
    let key = ProofKey::es256();
    let server = KeyServer::showing(&[&key]).await;
    app.client("khoa", keys_at(server.url())).await;
    let with = |audience: Value| key.assertion(&app, "khoa", |_, claims| claims["aud"] = audience);

    for path in ["", "/oauth2/token", "/oauth2/par", "/oauth2/introspect", "/oauth2/revoke"] {
        let answer = ask(&app, &with(json!(format!("{}{path}", app.issuer())))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    for audience in [json!("https://elsewhere.example"), json!(format!("{}/oauth2/authorize", app.issuer())), json!([])] {
        refused_with(&ask(&app, &with(audience.clone())).await, "invalid_client", &audience.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_assertion_give_one_answer() {
    let app = TestApp::start().await;
    let khoa = app.client_with_key("khoa", |_| {}).await;

    for round in 0..rounds() {
        // One client may send only so many in a minute.
        app.advance_seconds(2);
        let assertion: Arc<str> = app.assertion(&khoa, |_| {}).into();
        let answers = at_once(|| {
            let (app, assertion) = (app.clone(), assertion.clone());
            async move { ask(&app, &assertion).await }
        })
        .await;

        let (fine, refused): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((fine.len(), refused.len()), (1, RUNNERS - 1), "round {round}");
        for answer in refused {
            refused_with(answer, "invalid_client", "too late");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_first_uses_of_an_address_make_one_call() {
    let app = TestApp::start().await;
    let key = ProofKey::es256();
    let server = KeyServer::showing(&[&key]).await;
    app.client("khoa", keys_at(server.url())).await;

    let answers = at_once(|| {
        let (app, key) = (app.clone(), key.clone());
        async move { ask(&app, &key.assertion(&app, "khoa", |_, _| {})).await }
    })
    .await;

    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn an_assertion_that_was_used_on_one_node_is_refused_on_the_other() {
    let Some((app, second)) = TestApp::two_nodes().await else { return };
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let assertion = app.assertion(&khoa, |_| {});

    let first = ask(&app, &assertion).await;
    let there = ask(&second, &assertion).await;

    assert_eq!(first.status, 200, "{}", first.body);
    refused_with(&there, "invalid_client", "a second time");
}
