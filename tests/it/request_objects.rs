//! Promises about requests as JWTs (RFC 9101, OpenID Connect Core §6); `request_uris.rs` has those of objects that are fetched.

use crate::support::keys::{Party, borrowed, request_claims, unsigned};
use crate::support::proofs::{PAR, ProofKey};
use crate::support::{Browser, Official, TestApp, TestClient, encode};
use motlan::base::digest::{base64url, hmac_sha256};
use motlan::model::client::{AuthMethod, ClientSettings, ClientType, RequestObjectAlg};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use serde_json::{Value, json};

/// A browser in which somebody is signed on already.
async fn signed_on(app: &TestApp, official: &Official) -> Browser {
    let own = app.client("own", |_| {}).await;
    let mut browser = app.browser();
    let answer = browser.sign_in(official, &app.authorize_path(&own, &[])).await;
    assert!(answer.param("code").is_some(), "the first sign-in ends at the client");
    browser
}

/// The shortest address that carries a request object, and what else stands beside it.
fn by_value(client: &TestClient, object: &str, beside: &[(&str, &str)]) -> String {
    let fields = [beside, &[("client_id", client.id.as_str()), ("request", object)]].concat();
    format!("/oauth2/authorize?{}", encode(&fields))
}

/// Under another header and with a signature made by hand.
fn made(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let signature = base64url(&sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Refused at the client's own address, which stands beside the object, and on a page where it does not.
async fn is_refused(browser: &mut Browser, client: &TestClient, object: &str, expected: &str, case: &str) {
    let beside = [("redirect_uri", client.redirect_uri.as_str()), ("state", "beside")];
    let told = browser.get(&by_value(client, object, &beside)).await;
    let shown = browser.get(&by_value(client, object, &[])).await;

    assert_eq!(told.param("error").as_deref(), Some(expected), "{case}: {}", told.body);
    assert!(told.location().starts_with(&client.redirect_uri), "{case}: {}", told.location());
    assert_eq!(told.param("state").as_deref(), Some("beside"), "{case}");
    assert_eq!((told.param("code"), told.location().contains("token=")), (None, false), "{case}");
    assert_eq!((shown.status, shown.error_page()), (400, Some("bad_request")), "{case}");
    assert_eq!(shown.header("location"), None, "{case}");
}

fn without(name: &'static str) -> impl Fn(&mut Value, &mut Value) {
    move |_, claims| {
        claims.as_object_mut().expect("claims").remove(name);
    }
}

fn with(name: &'static str, value: Value) -> impl Fn(&mut Value, &mut Value) {
    move |_, claims| claims[name] = value.clone()
}

fn under(name: &'static str, value: Value) -> impl Fn(&mut Value, &mut Value) {
    move |header, _| header[name] = value.clone()
}

#[tokio::test]
async fn a_signed_request_is_taken_in_every_algorithm() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;

    for (id, algorithm) in
        [("rs", Algorithm::Rs256), ("ps", Algorithm::Ps256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)]
    {
        let party = app.party(id, algorithm, |_| {}).await;
        let object = party.request_object(&app, |_, _| {});
        let nameless = party.request_object(&app, |header, claims| {
            header.as_object_mut().expect("a header").remove("kid");
            claims["aud"] = json!(["https://elsewhere.example", app.issuer()]);
        });
        for object in [&object, &nameless] {
            let arrived = browser.get(&by_value(&party.client, object, &[])).await;

            assert_eq!(arrived.param("state").as_deref(), Some("inside"), "{id}: {}", arrived.body);
            let tokens = party.redeem(&app, &arrived.param("code").expect("a code"), None).await;
            assert_eq!(tokens.status, 200, "{id}: {}", tokens.body);
            let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
            assert_eq!(claims["nonce"], "nonce inside", "{id}");
        }
    }
}

#[tokio::test]
async fn what_is_inside_wins() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let beside = [
        ("response_type", "code"),
        ("redirect_uri", "https://evil.example/"),
        ("scope", "openid email phone"),
        ("state", "beside"),
        ("nonce", "beside"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code_challenge_method", "S256"),
        ("response_mode", "query"),
    ];

    for kind in ["oauth-authz-req+jwt", "JWT", ""] {
        let object = khoa.request_object(&app, |header, _| match kind {
            "" => drop(header.as_object_mut().expect("a header").remove("typ")),
            kind => header["typ"] = json!(kind),
        });
        let arrived = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert!(arrived.location().starts_with("https://khoa.example/callback?"), "{kind}: {}", arrived.location());
        assert_eq!(arrived.param("state").as_deref(), Some("inside"), "{kind}");
        let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await;
        assert_eq!(tokens.status, 200, "{kind}: the challenge is the one inside: {}", tokens.body);
        assert_eq!(tokens.json()["scope"], "openid profile", "{kind}");
        let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
        assert_eq!(claims["nonce"], "nonce inside", "{kind}");
    }
}

#[tokio::test]
async fn an_object_that_says_what_it_is_stands_alone_and_others_are_completed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let strict = app.party("chat", Algorithm::Es256, |settings| settings.require_signed_request_object = true).await;
    let table = [(&khoa, "oauth-authz-req+jwt", None), (&khoa, "JWT", Some("beside")), (&strict, "JWT", None)];

    for (party, kind, state) in table {
        let object = party.request_object(&app, |header, claims| {
            header["typ"] = json!(kind);
            without("state")(header, claims);
        });
        let arrived = browser.get(&by_value(&party.client, &object, &[("state", "beside")])).await;

        assert_eq!(arrived.param("state").as_deref(), state, "{} {kind}", party.client.id);
        assert!(arrived.param("code").is_some(), "{} {kind}", party.client.id);
    }
    // Core §6.1: the parameters that OAuth demands stand beside it, the rest inside.
    let core = khoa.request_object(&app, |header, claims| {
        header["typ"] = json!("JWT");
        *claims =
            json!({ "iss": "khoa", "aud": app.issuer(), "nonce": "nonce inside", "claims": { "id_token": { "acr": null } } });
    });
    let arrived = browser.get(&app.authorize_path(&khoa.client, &[("request", &core)])).await;
    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await.json();
    assert_eq!(arrived.param("state").as_deref(), Some("st"));
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("an ID token"))["nonce"], "nonce inside");
}

#[tokio::test]
async fn what_stands_in_both_places_must_not_contradict() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    app.party("khac", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |header, _| header["typ"] = json!("JWT"));
    let beside = |kind: &'static str| [("redirect_uri", "https://khoa.example/callback"), ("response_type", kind)];

    let same = browser.get(&by_value(&khoa.client, &object, &beside("code"))).await;
    let another_kind = browser.get(&by_value(&khoa.client, &object, &beside("token"))).await;
    let fields = [("client_id", "khac"), ("request", object.as_str()), ("redirect_uri", "https://khac.example/callback")];
    let another_client = browser.get(&format!("/oauth2/authorize?{}", encode(&fields))).await;

    assert!(same.param("code").is_some(), "{}", same.body);
    assert_eq!(another_kind.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(another_client.param("error").as_deref(), Some("invalid_request_object"));
    for answer in [&another_kind, &another_client] {
        assert_eq!(answer.param("code"), None);
    }
}

#[tokio::test]
async fn an_object_whose_claims_are_wrong_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let now = app.now_seconds();
    let deep = (0..9).fold(json!(1), |inner, _| json!({ "a": inner }));
    let bomb: Value = (0..100).fold(json!([]), |inner, _| json!([inner]));
    let list = json!(["https://khoa.example/callback", "https://evil.example/"]);
    let table: [(&str, Box<dyn Fn(&mut Value, &mut Value)>); 26] = [
        ("expired", Box::new(with("exp", json!(now)))),
        ("long expired", Box::new(with("exp", json!(now - 3_600)))),
        ("an end that is no number", Box::new(with("exp", json!("soon")))),
        ("not yet", Box::new(with("nbf", json!(now + 61)))),
        ("issued in the future", Box::new(with("iat", json!(now + 61)))),
        ("for another", Box::new(with("aud", json!("https://elsewhere.example")))),
        ("for an endpoint", Box::new(with("aud", json!(format!("{}/oauth2/token", app.issuer()))))),
        ("for nobody", Box::new(with("aud", json!([])))),
        ("from another", Box::new(with("iss", json!("own")))),
        ("from us", Box::new(with("iss", json!(app.issuer())))),
        ("in another's name", Box::new(with("client_id", json!("own")))),
        ("about the client", Box::new(with("sub", json!("khoa")))),
        ("another object inside", Box::new(with("request", json!("x")))),
        ("an address inside", Box::new(with("request_uri", json!("https://khoa.example/r.jwt")))),
        ("two addresses", Box::new(with("redirect_uri", list))),
        ("a list of scopes", Box::new(with("scope", json!(["openid"])))),
        ("nested too deeply", Box::new(with("claims", deep))),
        ("nested by the hundred", Box::new(with("claims", bomb))),
        ("a parameter that is no text", Box::new(with("state", json!("a\u{0}b")))),
        ("too many parameters", Box::new(|_, claims| (0..100).for_each(|number| claims[format!("p{number}")] = json!("x")))),
        ("an access token's type", Box::new(under("typ", json!("at+jwt")))),
        ("a proof's type", Box::new(under("typ", json!("dpop+jwt")))),
        ("an assertion's type", Box::new(under("typ", json!("client-authentication+jwt")))),
        ("a type that is no text", Box::new(under("typ", json!(["oauth-authz-req+jwt"])))),
        ("no object", Box::new(|_, claims| *claims = json!(["openid"]))),
        ("a text", Box::new(|_, claims| *claims = json!("openid"))),
    ];

    for (case, change) in table {
        let object = khoa.request_object(&app, change);
        is_refused(&mut browser, &khoa.client, &object, "invalid_request_object", case).await;
    }
    let good = browser.get(&by_value(&khoa.client, &khoa.request_object(&app, |_, _| {}), &[])).await;
    assert!(good.param("code").is_some(), "none of those was refused for another reason");
}

#[tokio::test]
async fn an_object_that_no_key_of_the_client_signed_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let receiver = app.receiver().await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let stranger = ProofKey::of(Algorithm::Es256);
    let claims = request_claims(&app, &khoa.client);
    let header = json!({ "alg": "ES256", "kid": khoa.key.jkt(), "typ": "oauth-authz-req+jwt" });
    let good = khoa.key.sign(&header, &claims);
    let parts: Vec<&str> = good.split('.').collect();
    let changed = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let by_hand = |header: Value, sign: &dyn Fn(&[u8]) -> Vec<u8>| made(&header, &claims, sign);
    let public = khoa.key.registered_jwk().to_string();
    let mut wider = claims.clone();
    wider["scope"] = json!("openid email");
    let of_stranger = json!({ "alg": "ES256", "jwk": stranger.registered_jwk() });
    let by_address = json!({ "alg": "ES256", "kid": stranger.jkt(), "jku": receiver.url("/jwks"), "x5u": receiver.url("/x5u") });
    let table = [
        ("not signed", by_hand(changed("alg", json!("none")), &|_| Vec::new())),
        ("None", by_hand(changed("alg", json!("None")), &|_| Vec::new())),
        ("no algorithm", by_hand(json!({ "typ": "JWT" }), &|_| Vec::new())),
        (
            "keyed with the public key",
            by_hand(changed("alg", json!("HS256")), &|text| hmac_sha256(public.as_bytes(), text).to_vec()),
        ),
        ("keyed with nothing", by_hand(changed("alg", json!("HS256")), &|text| hmac_sha256(b"", text).to_vec())),
        ("an empty signature", by_hand(header.clone(), &|_| Vec::new())),
        ("another signature", by_hand(header.clone(), &|_| vec![7; 64])),
        ("no signature", format!("{}.{}", parts[0], parts[1])),
        ("changed claims", format!("{}.{}.{}", parts[0], base64url(wider.to_string().as_bytes()), parts[2])),
        ("a stranger's key", stranger.sign(&json!({ "alg": "ES256", "kid": stranger.jkt() }), &claims)),
        ("a stranger's key, nameless", stranger.sign(&json!({ "alg": "ES256" }), &claims)),
        ("a stranger's key under a known name", stranger.sign(&header, &claims)),
        ("a key that it brings itself", stranger.sign(&of_stranger, &claims)),
        ("a key that lies elsewhere", stranger.sign(&by_address, &claims)),
        ("an unknown name", khoa.key.sign(&changed("kid", json!("another")), &claims)),
        ("another algorithm of the same size", khoa.key.sign(&changed("alg", json!("EdDSA")), &claims)),
        ("RSA over a P-256 key", khoa.key.sign(&changed("alg", json!("RS256")), &claims)),
        ("a critical extension", khoa.key.sign(&changed("crit", json!(["urn:example:x"])), &claims)),
        ("a critical claim that is known", khoa.key.sign(&changed("crit", json!(["exp"])), &claims)),
        ("an unencoded payload", khoa.key.sign(&changed("b64", json!(false)), &claims)),
        ("compressed", khoa.key.sign(&changed("zip", json!("DEF")), &claims)),
        ("a huge header", khoa.key.sign(&changed("x", json!("x".repeat(4_096))), &claims)),
        ("a deep header", khoa.key.sign(&changed("jwk", (0..100).fold(json!(1), |inner, _| json!([inner]))), &claims)),
        ("encrypted", format!("{}.a.b.c.d", base64url(br#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#))),
        ("a header that is no JSON", format!("{}.{}.{}", base64url(b"{"), parts[1], parts[2])),
        ("not base64url", format!("!.{}.{}", parts[1], parts[2])),
        ("padded", format!("{}=.{}.{}", parts[0], parts[1], parts[2])),
        ("one word", "x".to_owned()),
    ];

    for (case, object) in &table {
        is_refused(&mut browser, &khoa.client, object, "invalid_request_object", case).await;
    }
    let long = khoa.request_object(&app, |_, claims| claims["state"] = json!("x".repeat(16 * 1024)));
    let answer = browser.get(&by_value(&khoa.client, &long, &[])).await;
    assert_eq!((answer.status, answer.header("location")), (400, None), "too long to be read");
    assert!(receiver.received().is_empty(), "no key is fetched from where a token says");
    assert!(browser.get(&by_value(&khoa.client, &good, &[])).await.param("code").is_some());
}

#[tokio::test]
async fn only_the_registered_algorithm_is_accepted() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    // Neither key says what it may be used with.
    let keys = [ProofKey::of(Algorithm::Ps256), ProofKey::of(Algorithm::Rs256)];
    let bare = keys.each_ref().map(|key| {
        let mut jwk = key.registered_jwk();
        jwk.as_object_mut().expect("a key").remove("alg");
        jwk
    });
    let client = app
        .client("khoa", |settings| {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": bare }));
            settings.request_object_alg = Some(RequestObjectAlg::Signed(Algorithm::Ps256));
        })
        .await;
    let (registered, other) = (Party::new(&client, Algorithm::Ps256, &keys[0]), Party::new(&client, Algorithm::Rs256, &keys[1]));

    let good = browser.get(&by_value(&registered.client, &registered.request_object(&app, |_, _| {}), &[])).await;
    let swapped = other.request_object(&app, |header, _| header["alg"] = json!("PS256"));

    assert!(good.param("code").is_some(), "{}", good.body);
    let object = other.request_object(&app, |_, _| {});
    is_refused(&mut browser, &other.client, &object, "invalid_request_object", "RS256 with a key of the client").await;
    is_refused(&mut browser, &other.client, &swapped, "invalid_request_object", "RS256 that says PS256").await;
    let none = unsigned(&request_claims(&app, &other.client));
    is_refused(&mut browser, &other.client, &none, "invalid_request_object", "none").await;
}

#[tokio::test]
async fn keys_of_one_name_are_told_apart_by_their_kind() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let keys = [Algorithm::EdDsa, Algorithm::Es256].map(|algorithm| (algorithm, ProofKey::of(algorithm)));
    let named = keys.each_ref().map(|(_, key)| {
        let mut jwk = key.registered_jwk();
        jwk["kid"] = json!("same");
        jwk
    });
    let client = app
        .client("khoa", |settings| {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": named }));
        })
        .await;

    for (algorithm, key) in &keys {
        let party = Party::new(&client, *algorithm, key);
        let object = party.request_object(&app, |header, _| header["kid"] = json!("same"));
        let arrived = browser.get(&by_value(&client, &object, &[])).await;

        assert!(arrived.param("code").is_some(), "{}: {}", algorithm.as_str(), arrived.body);
    }
}

#[tokio::test]
async fn a_client_assertion_is_no_request_and_a_request_is_no_assertion() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let fields = app.asked(&khoa.client, &[]);
    let assertion = khoa.assertion(&app, |claims| {
        // Even one that says all that a request says.
        for (name, value) in request_claims(&app, &khoa.client).as_object().expect("claims") {
            claims[name] = value.clone();
        }
    });
    let object = khoa.request_object(&app, |_, claims| claims["jti"] = json!("1"));

    is_refused(&mut browser, &khoa.client, &assertion, "invalid_request_object", "an assertion").await;
    let as_assertion = khoa.post_with(&app, PAR, &borrowed(&fields), &object, None).await;
    let form = [("grant_type", "client_credentials"), ("client_assertion_type", TYPE), ("client_assertion", object.as_str())];
    let at_the_token_endpoint = app.post("/oauth2/token", &form).await;

    for answer in [&as_assertion, &at_the_token_endpoint] {
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")), "{}", answer.body);
    }
    let proven = khoa.post_with(&app, PAR, &borrowed(&fields), &assertion, None).await;
    assert_eq!(proven.status, 201, "the assertion was not used up: {}", proven.body);
    assert!(browser.get(&by_value(&khoa.client, &object, &[])).await.param("code").is_some(), "nor was the object");
}

#[tokio::test]
async fn an_unsigned_object_is_for_clients_that_are_registered_so() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let plain = |settings: &mut ClientSettings| settings.request_object_alg = Some(RequestObjectAlg::None);
    let open = app.client("mo", plain).await;
    let closed = app.client("dong", |_| {}).await;
    let khoa = app.party("khoa", Algorithm::Es256, plain).await;
    let strict = app
        .party("chat", Algorithm::Es256, |settings| {
            plain(settings);
            settings.require_signed_request_object = true;
        })
        .await;
    let of = |client: &TestClient| unsigned(&request_claims(&app, client));
    let claims = request_claims(&app, &open);
    let with_a_signature = made(&json!({ "alg": "none" }), &claims, |_| vec![7; 64]);

    let arrived = browser.get(&by_value(&open, &of(&open), &[])).await;
    let tokens = app.redeem(&open, &arrived.param("code").expect("a code")).await;

    assert_eq!((arrived.param("state").as_deref(), tokens.status), (Some("inside"), 200));
    let refused = "invalid_request_object";
    is_refused(&mut browser, &open, &with_a_signature, refused, "none, and yet a signature").await;
    let late = unsigned(&{
        let mut claims = claims.clone();
        claims["exp"] = json!(app.now_seconds());
        claims
    });
    is_refused(&mut browser, &open, &late, refused, "expired").await;
    is_refused(&mut browser, &closed, &of(&closed), refused, "a client that is not registered so").await;
    let signed = khoa.request_object(&app, |_, _| {});
    is_refused(&mut browser, &khoa.client, &signed, refused, "signed, by a client that is registered for none").await;
    is_refused(&mut browser, &strict.client, &of(&strict.client), "invalid_request", "a client that must sign").await;
}

#[tokio::test]
async fn a_client_that_must_sign_is_answered_only_then() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::EdDsa, |settings| settings.require_signed_request_object = true).await;

    let plain = browser.get(&app.authorize_path(&khoa.client, &[])).await;
    let held = browser.post("/oauth2/authorize", &borrowed(&app.asked(&khoa.client, &[]))).await;
    let signed = browser.get(&by_value(&khoa.client, &khoa.request_object(&app, |_, _| {}), &[])).await;

    for answer in [&plain, &held] {
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{}", answer.body);
        assert_eq!((answer.param("code"), answer.param("state").as_deref()), (None, Some("st")));
    }
    assert!(signed.param("code").is_some(), "{}", signed.body);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_inside_is_told_where_the_request_says() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let beside = [("redirect_uri", "https://khoa.example/callback"), ("state", "beside")];
    let table = [
        ("response_type", json!("token"), "unsupported_response_type"),
        ("scope", json!("nonsense"), "invalid_scope"),
        ("prompt", json!("none login"), "invalid_request"),
        ("max_age", json!(-1), "invalid_request"),
        ("claims", json!("{"), "invalid_request"),
        ("code_challenge_method", json!("plain"), "invalid_request"),
        ("code_challenge", Value::Null, "invalid_request"),
    ];

    for (name, value, expected) in table {
        let object = khoa.request_object(&app, with(name, value));
        let answer = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert_eq!(answer.param("error").as_deref(), Some(expected), "{name}");
        assert_eq!(answer.param("state").as_deref(), Some("inside"), "{name}");
        assert_eq!(answer.param("code"), None, "{name}");
    }
    for address in [json!("https://evil.example/"), json!("https://khoa.example/callback/"), Value::Null] {
        let object = khoa.request_object(&app, with("redirect_uri", address.clone()));
        let answer = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("unregistered_redirect_uri")), "{address}");
        assert_eq!(answer.header("location"), None, "{address}: the address beside it does not count");
    }
}

#[tokio::test]
async fn an_object_may_come_by_post_and_ask_by_numbers_and_lists() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |_, claims| {
        claims["max_age"] = json!(3_600);
        claims["claims"] = json!({ "id_token": { "email": { "essential": true } } });
        claims["scope"] = json!("openid email");
        claims["unknown"] = json!(true);
    });

    let held = browser.post("/oauth2/authorize", &[("client_id", "khoa"), ("request", &object)]).await;
    let arrived = browser.follow(held).await;

    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await.json();
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));
    assert_eq!(claims["email"], "kim@vi-du.vn");
    app.advance_seconds(3_601);
    let later = khoa.request_object(&app, with("max_age", json!(3_600)));
    let silent = khoa.request_object(&app, |_, claims| {
        claims["max_age"] = json!(3_600);
        claims["prompt"] = json!("none");
    });
    assert_eq!(browser.get(&by_value(&khoa.client, &silent, &[])).await.param("error").as_deref(), Some("login_required"));
    let page = browser.get(&by_value(&khoa.client, &later, &[])).await;
    assert_eq!(browser.follow(page).await.page(), Some("signin"));
}

#[tokio::test]
async fn a_public_client_may_sign_too() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let key = ProofKey::of(Algorithm::Es256);
    let jwks = json!({ "keys": [key.registered_jwk()] });
    let client = app
        .client("phone", |settings| {
            settings.application_type = ClientType::Native;
            settings.auth_method = AuthMethod::None;
            settings.jwks = Some(jwks);
        })
        .await;
    let phone = Party::new(&client, Algorithm::Es256, &key);

    let arrived = browser.get(&by_value(&phone.client, &phone.request_object(&app, |_, _| {}), &[])).await;

    assert_eq!(app.redeem(&phone.client, &arrived.param("code").expect("a code")).await.status, 200);
}

#[tokio::test]
async fn discovery_says_what_request_objects_may_be() {
    let app = TestApp::start().await;

    let metadata = app.get("/.well-known/openid-configuration").await.json();

    assert_eq!(metadata["request_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], true);
    assert_eq!(metadata["require_request_uri_registration"], true, "absent would mean that any address is fetched");
    assert_eq!(metadata["require_signed_request_object"], false);
    let algorithms = metadata["request_object_signing_alg_values_supported"].as_array().expect("a list");
    for name in ["none", "RS256", "PS256", "ES256", "EdDSA"] {
        assert!(algorithms.contains(&json!(name)), "{name}");
    }
    assert_eq!(algorithms.len(), 5);
    assert!(metadata.get("request_object_encryption_alg_values_supported").is_none());
}
