//! Promises about certificates of clients (RFC 8705): who proves itself by one, and what is bound to one.
//!
//! TLS ends at a proxy here, which hands the certificate on in a header (RFC 9440): the stage trusts 127.0.0.1.

use crate::support::certificates::{
    EXPIRED, LGSP, LGSP_DIGEST, OTHER, RENEWED, RENEWED_DIGEST, SELF, SELF_AGAIN, behind_a_proxy, by_name, by_subject,
    certificate_bound, own_key, shown,
};
use crate::support::proofs::{
    Door, ProofKey, TOKEN, code_form, code_of, count_of, form, public, refused_with, signed_on, stage, text, userinfo_refused,
    userinfo_request, was_redeemed,
};
use crate::support::{Answer, Browser, TestApp, TestClient, encode};
use motlan::model::client::{AuthMethod, CertificateSubject, ClientSettings};
use serde_json::{Value, json};

/// A form from a client that shows certificates while connecting.
async fn ask(app: &TestApp, door: &Door, client: &TestClient, path: &str, fields: &[(&str, &str)], shows: &[&str]) -> Answer {
    let headers = shown(shows);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    door.send(form(app, client, path, fields, &headers)).await
}

async fn redeem(app: &TestApp, door: &Door, client: &TestClient, code: &str, shows: &[&str]) -> Answer {
    ask(app, door, client, TOKEN, &code_form(client, code), shows).await
}

async fn refresh(app: &TestApp, door: &Door, client: &TestClient, token: &str, shows: &[&str]) -> Answer {
    ask(app, door, client, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)], shows).await
}

async fn userinfo(door: &Door, token: &str, shows: &[&str]) -> Answer {
    let headers = shown(shows);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    door.send(userinfo_request("Bearer", token, &headers)).await
}

/// A browser that is signed on at a client that asks for nothing special.
async fn browser_of(app: &TestApp) -> Browser {
    let door_keeper = app.client("cua", |_| {}).await;
    signed_on(app, &door_keeper).await
}

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

#[tokio::test]
async fn a_certificate_proves_its_client_by_the_subject_or_by_one_alternative_name() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let table = [
        (CertificateSubject::SubjectDn("C=VN,O=City,CN=lgsp".to_owned()), true),
        (CertificateSubject::SubjectDn("c=vn, o=CITY, cn=  LGSP".to_owned()), true),
        (CertificateSubject::SubjectDn("countryName=VN,organizationName=City,2.5.4.3=lgsp".to_owned()), true),
        (CertificateSubject::SubjectDn("CN=lgsp,O=City,C=VN".to_owned()), false),
        (CertificateSubject::SubjectDn("CN=lgsp".to_owned()), false),
        (CertificateSubject::SubjectDn("C=VN,O=City,CN=other".to_owned()), false),
        (CertificateSubject::SanDns("lgsp.example.vn".to_owned()), true),
        (CertificateSubject::SanDns("LGSP.example.vn".to_owned()), true),
        (CertificateSubject::SanDns("example.vn".to_owned()), false),
        (CertificateSubject::SanDns("lgsp".to_owned()), false),
        (CertificateSubject::SanUri("urn:example:lgsp".to_owned()), true),
        (CertificateSubject::SanUri("urn:example:LGSP".to_owned()), false),
        (CertificateSubject::SanIp("192.0.2.7".to_owned()), true),
        (CertificateSubject::SanIp("2001:0db8:0:0::7".to_owned()), true),
        (CertificateSubject::SanIp("192.0.2.8".to_owned()), false),
        (CertificateSubject::SanEmail("lgsp@EXAMPLE.vn".to_owned()), true),
        (CertificateSubject::SanEmail("LGSP@example.vn".to_owned()), false),
    ];

    for (place, (subject, fine)) in table.into_iter().enumerate() {
        let case = format!("{subject:?}");
        let client = app.client(&format!("may-{place}"), by_subject(subject)).await;
        let code = code_of(&app, &mut browser, &client, &[]).await;

        let answer = redeem(&app, &door, &client, &code, &[LGSP]).await;

        if fine {
            assert_eq!(answer.status, 200, "{case}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_client", &case);
        }
        assert_eq!(was_redeemed(&app, &client, &code).await, fine, "{case}");
    }
}

#[tokio::test]
async fn without_its_certificate_a_client_gets_nothing() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let lgsp = app.client("lgsp", by_name).await;
    let code = code_of(&app, &mut browser, &lgsp, &[]).await;
    let fields = code_form(&lgsp, &code);
    let raw = async |values: &[&str]| {
        let headers: Vec<(&str, &str)> = values.iter().map(|value| ("client-cert", *value)).collect();
        door.send(form(&app, &lgsp, TOKEN, &fields, &headers)).await
    };
    let whole = format!(":{LGSP}:");

    let refused = [
        ("no certificate", "invalid_client", redeem(&app, &door, &lgsp, &code, &[]).await),
        ("an empty header", "invalid_client", raw(&[""]).await),
        ("another's certificate", "invalid_client", redeem(&app, &door, &lgsp, &code, &[OTHER]).await),
        ("one that says its own name", "invalid_client", redeem(&app, &door, &lgsp, &code, &[SELF]).await),
        ("an expired one", "invalid_client", redeem(&app, &door, &lgsp, &code, &[EXPIRED]).await),
        ("no certificate at all", "invalid_client", raw(&[":AQIDBA==:"]).await),
        ("not in colons", "invalid_request", raw(&[LGSP]).await),
        ("two headers", "invalid_request", raw(&[&whole, &whole]).await),
    ];
    let with_secret = [fields.as_slice(), &[("client_secret", "x")]].concat();
    let by_secret = ask(&app, &door, &lgsp, TOKEN, &with_secret, &[LGSP]).await;
    let spent = was_redeemed(&app, &lgsp, &code).await;
    let proper = redeem(&app, &door, &lgsp, &code, &[LGSP]).await;

    for (case, error, answer) in &refused {
        refused_with(answer, error, case);
    }
    refused_with(&by_secret, "invalid_client", "a secret is not how it proves itself");
    assert!(!spent);
    assert_eq!(proper.status, 200, "{}", proper.body);
    assert_eq!(proper.json()["token_type"], "Bearer");
    assert_eq!(app.claims(text(&proper.json(), "access_token")).get("cnf"), None, "nothing is bound unless it is set so");
}

#[tokio::test]
async fn a_certificate_is_no_proof_of_a_client_that_has_another_one() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let with_key = app.client_with_key("khoa", |_| {}).await;
    let with_secret = app.client("tthc", |_| {}).await;

    for client in [&with_key, &with_secret] {
        let code = code_of(&app, &mut browser, client, &[]).await;
        let mut bare = form(&app, client, TOKEN, &[], &[("client-cert", &format!(":{LGSP}:"))]);
        bare.headers_mut().remove("authorization");
        let fields = [code_form(client, &code).as_slice(), &[("client_id", client.id.as_str())]].concat();
        *bare.body_mut() = encode(&fields);

        let answer = door.send(bare).await;

        refused_with(&answer, "invalid_client", &client.id);
        assert!(!was_redeemed(&app, client, &code).await, "{}", client.id);
    }
}

#[tokio::test]
async fn a_certificate_that_signs_itself_counts_when_it_or_its_key_is_registered() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let with = |chain: Option<Value>| {
        move |settings: &mut ClientSettings| {
            let mut key = own_key();
            if let Some(chain) = chain {
                key["x5c"] = chain;
            }
            settings.auth_method = AuthMethod::SelfSignedTlsClientAuth;
            settings.jwks = Some(json!({ "keys": [key] }));
        }
    };
    let by_key = app.client("khoa", with(None)).await;
    let by_certificate = app.client("chung-thu", with(Some(json!([SELF])))).await;

    for (client, certificate, fine) in [
        (&by_key, SELF, true),
        (&by_key, SELF_AGAIN, true),
        (&by_key, LGSP, false),
        (&by_certificate, SELF, true),
        (&by_certificate, SELF_AGAIN, false),
        (&by_certificate, OTHER, false),
    ] {
        let code = code_of(&app, &mut browser, client, &[]).await;

        let answer = redeem(&app, &door, client, &code, &[certificate]).await;

        if fine {
            assert_eq!(answer.status, 200, "{}: {}", client.id, answer.body);
        } else {
            refused_with(&answer, "invalid_client", &client.id);
        }
        assert_eq!(was_redeemed(&app, client, &code).await, fine, "{}", client.id);
    }
}

#[tokio::test]
async fn a_certificate_from_anybody_but_a_trusted_proxy_is_ignored() {
    let nobody = stage(|config| {
        config.server.trusted_proxies = "10.0.0.0/8".to_owned();
        config.tls.client_certificate_header = Some("client-cert".to_owned());
        config.tls.client_certificate_verified = true;
    })
    .await;
    let unnamed = stage(|config| config.server.trusted_proxies = "127.0.0.0/8".to_owned()).await;
    let other_name = stage(|config| {
        config.server.trusted_proxies = "127.0.0.0/8".to_owned();
        config.tls.client_certificate_header = Some("x-client-cert".to_owned());
        config.tls.client_certificate_verified = true;
    })
    .await;

    for app in [&nobody, &unnamed, &other_name] {
        let door = Door::of(app).await;
        let mut browser = browser_of(app).await;
        let lgsp = app.client("lgsp", by_name).await;
        let tthc = app.client("tthc", certificate_bound).await;
        let (code, of_tthc) = (code_of(app, &mut browser, &lgsp, &[]).await, code_of(app, &mut browser, &tthc, &[]).await);

        let pretended = redeem(app, &door, &lgsp, &code, &[LGSP]).await;
        let unbound = redeem(app, &door, &tthc, &of_tthc, &[LGSP]).await;

        refused_with(&pretended, "invalid_client", "a header that anybody can write");
        refused_with(&unbound, "invalid_request", "nothing to bind to");
        assert!(!was_redeemed(app, &lgsp, &code).await && !was_redeemed(app, &tthc, &of_tthc).await);
    }
}

#[tokio::test]
async fn a_name_in_a_certificate_proves_nothing_unless_an_authority_vouches_for_it() {
    let app = stage(|config| {
        config.server.trusted_proxies = "127.0.0.0/8".to_owned();
        config.tls.client_certificate_header = Some("client-cert".to_owned());
    })
    .await;
    let door = Door::of(&app).await;
    let mut browser = browser_of(&app).await;
    let by_subject = app.client("lgsp", by_name).await;
    let by_key = app
        .client("khoa", |settings| {
            settings.auth_method = AuthMethod::SelfSignedTlsClientAuth;
            settings.jwks = Some(json!({ "keys": [own_key()] }));
            certificate_bound(settings);
        })
        .await;
    let (code, of_key) = (code_of(&app, &mut browser, &by_subject, &[]).await, code_of(&app, &mut browser, &by_key, &[]).await);

    let pretended = redeem(&app, &door, &by_subject, &code, &[LGSP]).await;
    let registered = redeem(&app, &door, &by_key, &of_key, &[SELF]).await;

    refused_with(&pretended, "invalid_client", "a proxy that lets every certificate through");
    assert!(!was_redeemed(&app, &by_subject, &code).await);
    assert_eq!(registered.status, 200, "a registered key needs no authority: {}", registered.body);
    assert!(app.claims(text(&registered.json(), "access_token"))["cnf"]["x5t#S256"].is_string());
}

#[tokio::test]
async fn a_bound_access_token_is_used_with_its_certificate_only() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let by_certificate = app
        .client("lgsp", |settings| {
            by_name(settings);
            certificate_bound(settings);
        })
        .await;
    let by_secret = app.client("tthc", certificate_bound).await;
    let phone = app
        .client("phone", |settings| {
            public(settings);
            certificate_bound(settings);
        })
        .await;

    for client in [&by_certificate, &by_secret, &phone] {
        let code = code_of(&app, &mut browser, client, &[]).await;
        let tokens = redeem(&app, &door, client, &code, &[LGSP]).await;
        assert_eq!(tokens.status, 200, "{}: {}", client.id, tokens.body);
        let tokens = tokens.json();
        let token = text(&tokens, "access_token");
        let proof = ProofKey::es256().for_userinfo(&app, token);
        let certificate = format!(":{LGSP}:");
        let with_both = userinfo_request("DPoP", token, &[("dpop", &proof), ("client-cert", &certificate)]);

        assert_eq!(tokens["token_type"], "Bearer", "{}", client.id);
        assert_eq!(app.claims(token)["cnf"], json!({ "x5t#S256": LGSP_DIGEST }), "{}", client.id);
        assert_eq!(userinfo(&door, token, &[LGSP]).await.status, 200, "{}", client.id);
        userinfo_refused(&userinfo(&door, token, &[]).await, "Bearer", "invalid_token", "without a certificate");
        for other in [RENEWED, OTHER, SELF, EXPIRED] {
            userinfo_refused(&userinfo(&door, token, &[other]).await, "Bearer", "invalid_token", "with another certificate");
        }
        userinfo_refused(&app.userinfo(token).await, "Bearer", "invalid_token", "past the proxy");
        userinfo_refused(&door.send(with_both).await, "DPoP", "invalid_token", "as if it were bound to a key");
    }
}

#[tokio::test]
async fn a_client_whose_tokens_are_bound_gets_none_without_a_certificate_or_a_key() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let tthc = app.client("tthc", certificate_bound).await;
    let code = code_of(&app, &mut browser, &tthc, &[]).await;

    let without = redeem(&app, &door, &tthc, &code, &[]).await;
    let spent = was_redeemed(&app, &tthc, &code).await;
    let key = ProofKey::es256();
    let proof = key.for_token(&app);
    let with_key = door.send(form(&app, &tthc, TOKEN, &code_form(&tthc, &code), &[("dpop", &proof)])).await;

    refused_with(&without, "invalid_request", "neither");
    assert!(!spent);
    assert_eq!(with_key.json()["token_type"], "DPoP", "{}", with_key.body);
    assert_eq!(app.claims(text(&with_key.json(), "access_token"))["cnf"], json!({ "jkt": key.jkt() }));
}

#[tokio::test]
async fn a_public_clients_refresh_token_stays_with_its_certificate() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let phone = app
        .client("phone", |settings| {
            public(settings);
            certificate_bound(settings);
        })
        .await;
    let code = code_of(&app, &mut browser, &phone, &OFFLINE).await;
    let tokens = redeem(&app, &door, &phone, &code, &[SELF]).await.json();
    let token = text(&tokens, "refresh_token");

    let others: [(&str, &[&str]); 3] = [("without", &[]), ("of the same key", &[SELF_AGAIN]), ("another", &[LGSP])];
    for (case, shows) in others {
        refused_with(&refresh(&app, &door, &phone, token, shows).await, "invalid_grant", case);
    }
    let own = refresh(&app, &door, &phone, token, &[SELF]).await;

    assert_eq!(own.status, 200, "those tries used up nothing: {}", own.body);
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
    assert_eq!(count_of(&app, "token.refreshed").await, 1);
}

#[tokio::test]
async fn a_confidential_clients_refresh_token_survives_a_new_certificate() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let lgsp = app
        .client("lgsp", |settings| {
            by_name(settings);
            certificate_bound(settings);
        })
        .await;
    let code = code_of(&app, &mut browser, &lgsp, &OFFLINE).await;
    let tokens = redeem(&app, &door, &lgsp, &code, &[LGSP]).await.json();
    let token = text(&tokens, "refresh_token");

    let renewed = refresh(&app, &door, &lgsp, token, &[RENEWED]).await;
    let without = refresh(&app, &door, &lgsp, token, &[]).await;
    let other = refresh(&app, &door, &lgsp, token, &[OTHER]).await;

    assert_eq!(app.claims(text(&renewed.json(), "access_token"))["cnf"], json!({ "x5t#S256": RENEWED_DIGEST }));
    refused_with(&without, "invalid_client", "its client proves itself by a certificate");
    refused_with(&other, "invalid_client", "another's certificate");
}

#[tokio::test]
async fn introspection_tells_which_certificate_a_token_is_bound_to() {
    let (app, door) = behind_a_proxy().await;
    let mut browser = browser_of(&app).await;
    let lgsp = app
        .client("lgsp", |settings| {
            by_name(settings);
            certificate_bound(settings);
        })
        .await;
    let code = code_of(&app, &mut browser, &lgsp, &[]).await;
    let tokens = redeem(&app, &door, &lgsp, &code, &[LGSP]).await.json();
    let fields = [("token", text(&tokens, "access_token"))];

    let told = ask(&app, &door, &lgsp, "/oauth2/introspect", &fields, &[RENEWED]).await;
    let unproven = ask(&app, &door, &lgsp, "/oauth2/introspect", &fields, &[]).await;

    assert_eq!(told.json()["active"], true, "{}", told.body);
    assert_eq!(told.json()["cnf"], json!({ "x5t#S256": LGSP_DIGEST }));
    assert_eq!(told.json()["token_type"], "Bearer");
    refused_with(&unproven, "invalid_client", "without a certificate");
}

#[tokio::test]
async fn it_is_announced() {
    let app = TestApp::start().await;
    let document = app.get("/.well-known/openid-configuration").await.json();

    for endpoint in ["token", "revocation", "introspection"] {
        let methods = document[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().expect("a list");
        for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
            assert!(methods.iter().any(|announced| announced == method), "{endpoint} {method}");
        }
    }
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
}
