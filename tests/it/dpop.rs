//! Promises about proofs of possession (RFC 9449 §4 and §7): what no proof gets past, at the endpoints that clients
//! call and at userinfo.

use crate::support::proofs::{
    ProofKey, TOKEN, USERINFO, add_api, at_once, ath, bound, challenge, code_form, code_of, count_of, machine, post, public,
    redeem, refused_with, rounds, signed_on, text, userinfo_refused, userinfo_request, userinfo_with, was_redeemed,
};
use crate::support::{Answer, TestApp};
use http::Request;
use motlan::base::digest::{base64url, hmac_sha256};
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::sync::Arc;

/// Proofs for the token endpoint that must not be believed.
fn hostile(app: &TestApp, key: &ProofKey) -> Vec<(&'static str, String)> {
    type Change = fn(&mut Value, &mut Value);
    let other = ProofKey::es256();
    let good = key.for_token(app);
    let parts: Vec<&str> = good.split('.').collect();
    let now = app.now_seconds();
    let changes: [(&str, Change); 29] = [
        ("typ JWT", |header, _| header["typ"] = json!("JWT")),
        ("typ of an access token", |header, _| header["typ"] = json!("at+jwt")),
        ("no typ", |header, _| drop(header.as_object_mut().expect("members").remove("typ"))),
        ("an unknown critical member", |header, _| header["crit"] = json!(["exp"])),
        ("no key", |header, _| drop(header.as_object_mut().expect("members").remove("jwk"))),
        ("a key by its name only", |header, _| {
            header.as_object_mut().expect("members").remove("jwk");
            header["kid"] = json!("1");
        }),
        ("a private key", |header, _| header["jwk"]["d"] = json!("ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ")),
        ("a shared key", |header, _| header["jwk"] = json!({"kty": "oct", "k": "a2V5"})),
        ("a point that is none", |header, _| header["jwk"]["x"] = json!("AAAA")),
        ("another algorithm's name", |header, _| header["alg"] = json!("ES384")),
        ("an algorithm of another kind of key", |header, _| header["alg"] = json!("PS256")),
        ("no jti", |_, claims| drop(claims.as_object_mut().expect("members").remove("jti"))),
        ("an empty jti", |_, claims| claims["jti"] = json!("")),
        ("a jti that fills memory", |_, claims| claims["jti"] = json!("j".repeat(257))),
        ("a jti that is a number", |_, claims| claims["jti"] = json!(1)),
        ("another method", |_, claims| claims["htm"] = json!("GET")),
        ("the method in small letters", |_, claims| claims["htm"] = json!("post")),
        ("no method", |_, claims| drop(claims.as_object_mut().expect("members").remove("htm"))),
        ("another endpoint", |_, claims| claims["htu"] = json!("https://id.example/oauth2/userinfo")),
        ("another host", |_, claims| claims["htu"] = json!("https://id.example.evil.example/oauth2/token")),
        ("another scheme", |_, claims| claims["htu"] = json!("http://id.example/oauth2/token")),
        ("another port", |_, claims| claims["htu"] = json!("https://id.example:8443/oauth2/token")),
        ("a path alone", |_, claims| claims["htu"] = json!("/oauth2/token")),
        ("no address", |_, claims| drop(claims.as_object_mut().expect("members").remove("htu"))),
        ("no iat", |_, claims| drop(claims.as_object_mut().expect("members").remove("iat"))),
        ("an iat that is text", |_, claims| claims["iat"] = json!("now")),
        ("an iat in milliseconds", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().expect("a number") * 1_000)),
        ("an iat of an hour ago", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().expect("a number") - 3_600)),
        ("an end that has come", |_, claims| claims["exp"] = claims["iat"].clone()),
    ];
    let mut all: Vec<(&'static str, String)> =
        changes.into_iter().map(|(case, change)| (case, key.proof(app, "POST", TOKEN, change))).collect();

    let claims = json!({"jti": "hostile", "htm": "POST", "htu": format!("{}{TOKEN}", app.issuer()), "iat": now});
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let none = json!({"typ": "dpop+jwt", "alg": "none", "jwk": key.jwk()});
    all.push(("alg none", format!("{}.{}.", part(&none), part(&claims))));
    all.push(("alg none with a signature", format!("{}.{}.{}", part(&none), part(&claims), parts[2])));
    for (case, jwk, secret) in [
        ("HS256, keyed with the public key", key.jwk(), key.jwk().to_string()),
        ("HS256, keyed with a shared key that came along", json!({"kty": "oct", "k": base64url(b"key")}), "key".to_owned()),
    ] {
        let signed = format!("{}.{}", part(&json!({"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk})), part(&claims));
        all.push((case, format!("{signed}.{}", base64url(&hmac_sha256(secret.as_bytes(), signed.as_bytes())))));
    }
    let pretended = other.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}), &claims);
    all.push(("signed by another key", pretended));
    all.push(("claims changed after signing", format!("{}.{}.{}", parts[0], part(&claims), parts[2])));
    all.push(("no signature", format!("{}.{}.", parts[0], parts[1])));
    all.push(("two parts", format!("{}.{}", parts[0], parts[1])));
    all.push(("two proofs in one header", format!("{good}, {}", key.for_token(app))));
    all.push(("no JWT", "x".to_owned()));
    all.push(("an empty header", String::new()));
    all
}

#[tokio::test]
async fn a_hostile_proof_gets_nothing_and_spends_nothing() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let code = code_of(&app, &mut browser, &tthc, &[]).await;

    for (case, proof) in hostile(&app, &key) {
        let answer = redeem(&app, &tthc, &code, Some(&proof)).await;

        refused_with(&answer, "invalid_dpop_proof", case);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
    }
    let (first, second) = (key.for_token(&app), key.for_token(&app));
    let twice = post(&app, &tthc, TOKEN, &code_form(&tthc, &code), &[("dpop", &first), ("dpop", &second)]).await;
    refused_with(&twice, "invalid_dpop_proof", "two headers");
    assert!(!was_redeemed(&app, &tthc, &code).await);

    let proper = redeem(&app, &tthc, &code, Some(&key.for_token(&app))).await;
    assert_eq!(proper.json()["token_type"], "DPoP", "none of those tries spent it: {}", proper.body);
}

#[tokio::test]
async fn every_announced_algorithm_is_accepted() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let announced = app.get("/.well-known/openid-configuration").await.json()["dpop_signing_alg_values_supported"].clone();

    for name in announced.as_array().expect("a list") {
        let algorithm = Algorithm::parse(name.as_str().expect("a name")).expect("an algorithm");
        let key = ProofKey::of(algorithm);
        let tokens = bound(&app, &mut browser, &tthc, &key).await;
        let access_token = text(&tokens, "access_token");

        assert_eq!(tokens["token_type"], "DPoP", "{name}");
        assert_eq!(app.claims(access_token)["cnf"]["jkt"], key.jkt(), "{name}");
        assert_eq!(userinfo_with(&app, &key, access_token).await.status, 200, "{name}");
    }
    assert_eq!(announced, json!(["RS256", "PS256", "ES256", "EdDSA"]));
}

#[tokio::test]
async fn htu_is_compared_in_its_normal_form_without_query_and_fragment() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();

    for htu in [
        "HTTPS://ID.EXAMPLE/oauth2/token",
        "https://id.example:443/oauth2/token",
        "https://id.example/oauth2/./token",
        "https://id.example/oauth2/%74oken",
        "https://id.example/oauth2/token?x=1",
        "https://id.example/oauth2/token#part",
    ] {
        let code = code_of(&app, &mut browser, &tthc, &[]).await;
        let proof = key.proof(&app, "POST", TOKEN, |_, claims| claims["htu"] = json!(htu));
        let answer = redeem(&app, &tthc, &code, Some(&proof)).await;
        assert_eq!(answer.status, 200, "{htu}: {}", answer.body);
    }

    let tokens = bound(&app, &mut browser, &tthc, &key).await;
    let access_token = text(&tokens, "access_token");
    for path in [USERINFO, "/oauth2/userinfo?x=1", "/oauth2/userinfo?htu=https%3A%2F%2Felsewhere.example"] {
        let proof = key.for_userinfo(&app, access_token);
        let mut request = userinfo_request("DPoP", access_token, &[("dpop", &proof)]);
        *request.uri_mut() = path.parse().expect("an address");
        let answer = app.request(request).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.headers);
    }
}

#[tokio::test]
async fn iat_may_be_ten_seconds_off_to_either_side() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let now = app.now_seconds();

    for (seconds, fine) in [(-11, false), (-10, true), (0, true), (10, true), (11, false)] {
        let code = code_of(&app, &mut browser, &tthc, &[]).await;
        let proof = key.proof(&app, "POST", TOKEN, |_, claims| claims["iat"] = json!(now + seconds));

        let answer = redeem(&app, &tthc, &code, Some(&proof)).await;

        if fine {
            assert_eq!(answer.status, 200, "{seconds}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_dpop_proof", &seconds.to_string());
        }
        assert_eq!(was_redeemed(&app, &tthc, &code).await, fine, "{seconds}");
    }
}

#[tokio::test]
async fn a_proof_is_good_for_one_request() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let proof = key.for_token(&app);
    let codes = [
        (&tthc, code_of(&app, &mut browser, &tthc, &[]).await),
        (&phone, code_of(&app, &mut browser, &phone, &[]).await),
        (&tthc, code_of(&app, &mut browser, &tthc, &[]).await),
    ];
    let first = redeem(&app, codes[0].0, &codes[0].1, Some(&proof)).await;
    assert_eq!(first.status, 200, "{}", first.body);

    for seconds in [0, 10] {
        app.advance_seconds(seconds);
        for (client, code) in &codes[1..] {
            let again = redeem(&app, client, code, Some(&proof)).await;
            refused_with(&again, "invalid_dpop_proof", &client.id);
            assert!(!was_redeemed(&app, client, code).await, "{}", client.id);
        }
    }
    let named = |jti: &str, key: &ProofKey| key.proof(&app, "POST", TOKEN, |_, claims| claims["jti"] = json!(jti));
    let used = redeem(&app, codes[1].0, &codes[1].1, Some(&named("the same", &key))).await;
    let same_name = redeem(&app, codes[2].0, &codes[2].1, Some(&named("the same", &key))).await;
    let of_another_key = redeem(&app, codes[2].0, &codes[2].1, Some(&named("the same", &ProofKey::es256()))).await;

    assert_eq!(used.status, 200, "{}", used.body);
    refused_with(&same_name, "invalid_dpop_proof", "another proof of the same number");
    assert_eq!(of_another_key.status, 200, "nobody uses up numbers of others: {}", of_another_key.body);
}

#[tokio::test]
async fn a_proof_that_was_used_on_one_node_is_refused_on_the_other() {
    let Some((app, second)) = TestApp::two_nodes().await else { return };
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let (one, two) = (code_of(&app, &mut browser, &tthc, &[]).await, code_of(&app, &mut browser, &tthc, &[]).await);
    let proof = key.for_token(&app);

    let used = redeem(&app, &tthc, &one, Some(&proof)).await;
    let replayed = redeem(&second, &tthc, &two, Some(&proof)).await;
    let spent = was_redeemed(&second, &tthc, &two).await;
    let access_token = used.json()["access_token"].as_str().expect("a token").to_owned();
    let shown = key.for_userinfo(&app, &access_token);
    let there = second.request(userinfo_request("DPoP", &access_token, &[("dpop", &shown)])).await;
    let here = app.request(userinfo_request("DPoP", &access_token, &[("dpop", &shown)])).await;

    refused_with(&replayed, "invalid_dpop_proof", "on the other node");
    assert!(!spent);
    assert_eq!(there.status, 200, "{:?}", there.headers);
    userinfo_refused(&here, "DPoP", "invalid_dpop_proof", "and back");
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token_and_an_unbound_one_needs_no_proof() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let tokens = bound(&app, &mut browser, &tthc, &key).await;
    let token = text(&tokens, "access_token");
    let code = code_of(&app, &mut browser, &tthc, &[]).await;
    let unbound = redeem(&app, &tthc, &code, None).await.json();
    let unbound = text(&unbound, "access_token");
    let form_type = "application/x-www-form-urlencoded";
    let body = format!("access_token={token}");
    let in_body = Request::post(USERINFO).header("content-type", form_type).body(body).expect("a request");

    let as_bearer = app.userinfo(token).await;
    let with_proof = app.request(userinfo_request("Bearer", token, &[("dpop", &key.for_userinfo(&app, token))])).await;
    let in_body = app.request(in_body).await;
    let bare = app.request(userinfo_request("DPoP", token, &[])).await;
    let stolen = userinfo_with(&app, &other, token).await;
    let pretended = userinfo_with(&app, &key, unbound).await;

    userinfo_refused(&as_bearer, "Bearer", "invalid_token", "as a bearer token");
    userinfo_refused(&with_proof, "Bearer", "invalid_token", "as a bearer token beside a proof");
    userinfo_refused(&in_body, "Bearer", "invalid_token", "in a form");
    userinfo_refused(&bare, "DPoP", "invalid_dpop_proof", "without a proof");
    userinfo_refused(&stolen, "DPoP", "invalid_token", "with another key");
    userinfo_refused(&pretended, "DPoP", "invalid_token", "an unbound token as if it were bound");
    for answer in [&bare, &stolen, &pretended] {
        assert_eq!(challenge(answer, "DPoP")["algs"], "RS256 PS256 ES256 EdDSA");
    }
    assert_eq!(userinfo_with(&app, &key, token).await.status, 200);
    assert_eq!(app.userinfo(unbound).await.status, 200);
}

#[tokio::test]
async fn userinfo_holds_the_proof_against_the_request_and_the_token() {
    type Change<'c> = &'c dyn Fn(&mut Value, &mut Value);
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();
    let (mine, also_mine) = (bound(&app, &mut browser, &tthc, &key).await, bound(&app, &mut browser, &tthc, &key).await);
    let (token, another) = (text(&mine, "access_token"), text(&also_mine, "access_token"));
    let now = app.now_seconds();
    let table: [(&str, Change<'_>); 9] = [
        ("no ath", &|_, claims| drop(claims.as_object_mut().expect("members").remove("ath"))),
        ("ath of another token of the same key", &|_, claims| claims["ath"] = json!(ath(another))),
        ("ath that is the token itself", &|_, claims| claims["ath"] = json!(token)),
        ("another method", &|_, claims| claims["htm"] = json!("POST")),
        ("another endpoint", &|_, claims| claims["htu"] = json!("https://id.example/oauth2/token")),
        ("too old", &|_, claims| claims["iat"] = json!(now - 11)),
        ("too young", &|_, claims| claims["iat"] = json!(now + 11)),
        ("alg none", &|header, _| header["alg"] = json!("none")),
        ("a private key", &|header, _| header["jwk"]["d"] = json!("ZA")),
    ];

    for (case, change) in table {
        let proof = key.proof(&app, "GET", USERINFO, |header, claims| {
            claims["ath"] = json!(ath(token));
            change(header, claims);
        });
        let answer = app.request(userinfo_request("DPoP", token, &[("dpop", &proof)])).await;
        userinfo_refused(&answer, "DPoP", "invalid_dpop_proof", case);
    }
    let (one, two) = (key.for_userinfo(&app, token), key.for_userinfo(&app, token));
    let twice = app.request(userinfo_request("DPoP", token, &[("dpop", &one), ("dpop", &two)])).await;
    let first = app.request(userinfo_request("DPoP", token, &[("dpop", &one)])).await;
    let again = app.request(userinfo_request("DPoP", token, &[("dpop", &one)])).await;

    userinfo_refused(&twice, "DPoP", "invalid_dpop_proof", "two headers");
    assert_eq!(first.status, 200, "{:?}", first.headers);
    userinfo_refused(&again, "DPoP", "invalid_dpop_proof", "a second time");
}

#[tokio::test]
async fn a_proof_counts_for_a_machine_as_it_does_for_a_person() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let lgsp = app.client("lgsp", machine).await;
    let key = ProofKey::es256();
    let fields = [("grant_type", "client_credentials")];

    let proof = key.for_token(&app);
    let answer = post(&app, &lgsp, TOKEN, &fields, &[("dpop", &proof)]).await;
    let replayed = post(&app, &lgsp, TOKEN, &fields, &[("dpop", &proof)]).await;

    assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.body);
    assert_eq!(app.claims(text(&answer.json(), "access_token"))["cnf"], json!({ "jkt": key.jkt() }));
    refused_with(&replayed, "invalid_dpop_proof", "a second time");
    assert_eq!(count_of(&app, "token.issued").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_proof_give_one_answer() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let key = ProofKey::es256();

    for round in 0..rounds() {
        let tokens = bound(&app, &mut browser, &tthc, &key).await;
        let token: Arc<str> = text(&tokens, "access_token").into();
        let proof: Arc<str> = key.for_userinfo(&app, &token).into();
        let answers = at_once(|| {
            let (app, token, proof) = (app.clone(), token.clone(), proof.clone());
            async move { app.request(userinfo_request("DPoP", &token, &[("dpop", &proof)])).await }
        })
        .await;

        let (fine, refused): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(fine.len(), 1, "round {round}");
        for answer in refused {
            userinfo_refused(answer, "DPoP", "invalid_dpop_proof", "too late");
        }
    }
}
