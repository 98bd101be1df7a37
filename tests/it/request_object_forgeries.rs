//! Promises about request objects that are not what they should be (RFC 9101 §5, §6 and §10): nothing in them counts.

use crate::support::flows::signed_on_elsewhere;
use crate::support::keys::{Party, borrowed, by_value, request_claims, unsigned, with};
use crate::support::proofs::ProofKey;
use crate::support::requests::PAR;
use crate::support::{Browser, TestApp, TestClient};
use motlan::base::digest::{base64url, hmac_sha256};
use motlan::model::client::{AuthMethod, ClientSettings, RequestObjectAlg};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use serde_json::{Value, json};

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

fn under(name: &'static str, value: Value) -> impl Fn(&mut Value, &mut Value) {
    move |header, _| header[name] = value.clone()
}

#[tokio::test]
async fn an_object_whose_claims_are_wrong_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
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
    let mut browser = signed_on_elsewhere(&app, &kim).await;
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
    let mut browser = signed_on_elsewhere(&app, &kim).await;
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
async fn a_client_assertion_is_no_request_and_a_request_is_no_assertion() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
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
    let mut browser = signed_on_elsewhere(&app, &kim).await;
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
