//! Promises about client authentication (RFC 6749 §2.3, OpenID Connect Core §9); `assertions.rs` has those of `private_key_jwt`.

use crate::support::clients::{client_of, offer, public};
use crate::support::flows::{code_form, code_of};
use crate::support::records::was_redeemed;
use crate::support::requests::{FORM, TOKEN, basic, encoded, refused_with, send};
use crate::support::{Answer, TestApp, encode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use motlan::base::digest::sha256;
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::protocol::client_assertion::TYPE;
use motlan::service::clients::register::{self, RegisterError};
use motlan::store::changes::Kind;
use motlan::store::{audit, clients};
use secrecy::ExposeSecret as _;
use serde_json::json;

fn by_post(settings: &mut ClientSettings) {
    settings.auth_method = AuthMethod::ClientSecretPost;
}

/// A form to the token endpoint, with or without a header.
async fn post_with(app: &TestApp, authorization: Option<&str>, form: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("content-type", FORM)];
    headers.extend(authorization.map(|header| ("authorization", header)));
    send(app, "POST", TOKEN, &headers, &encode(form)).await
}

#[tokio::test]
async fn each_method_authenticates_its_own_clients_only() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let with_key = app.client_with_key("khoa", |_| {}).await;
    let registered = [
        (AuthMethod::ClientSecretBasic, app.client("tthc", |_| {}).await),
        (AuthMethod::ClientSecretPost, app.client("van-ban", by_post).await),
        (AuthMethod::PrivateKeyJwt, app.client_with_key("khoa-2", |_| {}).await),
        (AuthMethod::None, app.client("phone", public).await),
    ];
    let mut browser = app.browser();
    browser.sign_in(&kim, &app.authorize_path(&registered[0].1, &[])).await;

    for (own, client) in &registered {
        let code = code_of(&app, &mut browser, client, &[]).await;
        let secret = client.secret.clone().unwrap_or_else(|| "x".repeat(43));
        let header = basic(&client.id, &secret);
        let assertion = if *own == AuthMethod::PrivateKeyJwt {
            app.assertion(client, |_| {})
        } else {
            app.assertion(&with_key, |claims| {
                claims["iss"] = json!(client.id);
                claims["sub"] = json!(client.id);
            })
        };
        let form = code_form(client, &code);
        let named: (&str, &str) = ("client_id", &client.id);
        let by_secret = [named, ("client_secret", secret.as_str())];
        let by_assertion = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())];
        let mut tries = [
            (AuthMethod::ClientSecretBasic, Some(header.as_str()), form.clone()),
            (AuthMethod::ClientSecretPost, None, [form.as_slice(), &by_secret].concat()),
            (AuthMethod::PrivateKeyJwt, None, [form.as_slice(), &by_assertion].concat()),
            (AuthMethod::None, None, [form.as_slice(), &[named]].concat()),
        ];
        // Its own method last: a code is good for one success.
        tries.sort_by_key(|(method, ..)| method == own);

        for (method, authorization, form) in tries {
            let answer = post_with(&app, authorization, &form).await;

            let case = format!("{} by {}", client.id, method.as_str());
            assert_eq!(answer.status, if method == *own { 200 } else { 401 }, "{case}: {}", answer.body);
            assert_eq!(was_redeemed(&app, client, &code).await, method == *own, "{case}");
            if method != *own {
                refused_with(&answer, "invalid_client", &case);
            }
        }
    }
}

#[tokio::test]
async fn credentials_come_in_one_way_and_never_in_the_query() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let with_key = app.client_with_key("khoa", |_| {}).await;
    let secret = tthc.secret.clone().expect("a secret");
    let header = basic("tthc", &secret);
    let assertion = app.assertion(&with_key, |_| {});
    let code = app.code(&tthc, &kim, &[]).await;
    let form = code_form(&tthc, &code);
    let in_body = [("client_id", "tthc"), ("client_secret", secret.as_str())];
    let by_assertion = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())];

    let basic_and_post = post_with(&app, Some(&header), &[form.as_slice(), &in_body].concat()).await;
    let basic_and_assertion = post_with(&app, Some(&header), &[form.as_slice(), &by_assertion].concat()).await;
    let post_and_assertion = post_with(&app, None, &[form.as_slice(), &in_body, &by_assertion].concat()).await;
    let another_name = post_with(&app, Some(&header), &[form.as_slice(), &[("client_id", "khoa")]].concat()).await;
    let in_query = app.post(&format!("/oauth2/token?client_id=tthc&client_secret={secret}"), &form).await;
    let spent = was_redeemed(&app, &tthc, &code).await;
    let proper = post_with(&app, Some(&header), &[form.as_slice(), &[("client_id", "tthc")]].concat()).await;

    for answer in [&basic_and_post, &basic_and_assertion, &post_and_assertion, &another_name] {
        refused_with(answer, "invalid_request", "two ways at once");
    }
    refused_with(&in_query, "invalid_client", "in the query");
    assert!(!spent);
    assert_eq!(proper.status, 200, "naming oneself beside the header is no second method: {}", proper.body);
}

#[tokio::test]
async fn a_wrong_secret_is_401_and_spends_no_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", by_post).await;
    let wrong = "x".repeat(43);

    for client in [&tthc, &documents] {
        let code = app.code(client, &kim, &[]).await;
        let form = code_form(client, &code);
        let guess = |id: &'static str| [("client_id", id), ("client_secret", "wrong")];
        let refused = [
            post_with(&app, Some(&basic(&client.id, &wrong)), &form).await,
            post_with(&app, Some(&basic(&client.id, "")), &form).await,
            post_with(&app, Some(&basic("nobody", &wrong)), &form).await,
            post_with(&app, None, &[form.as_slice(), &guess("tthc")].concat()).await,
            post_with(&app, None, &[form.as_slice(), &guess("van-ban")].concat()).await,
            post_with(&app, None, &[form.as_slice(), &guess("nobody")].concat()).await,
        ];
        let spent = was_redeemed(&app, client, &code).await;
        let proper = app.redeem(client, &code).await;

        for answer in &refused {
            refused_with(answer, "invalid_client", &client.id);
            assert_eq!(answer.body, refused[0].body, "nobody learns which clients there are");
            let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
            assert_eq!(challenges.len(), 1);
            assert!(challenges[0].to_str().is_ok_and(|challenge| challenge.starts_with("Basic ")));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        assert!(!spent);
        assert_eq!(proper.status, 200, "{}", proper.body);
    }
}

#[tokio::test]
async fn basic_credentials_are_form_decoded() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let special = "a b+c:d%41&e=f/\u{1ed9}";
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    clients::add_secret(&mut tx, "tthc", &sha256(special.as_bytes()), services.clock.now()).await.expect("added");
    tx.commit().await.expect("committed");
    services.known.forget(Kind::Client, "tthc", services.clock.now());
    let every_letter = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
    let generated = tthc.secret.clone().expect("a secret");
    let good = [
        basic("tthc", &generated),
        basic(&every_letter("tthc"), &every_letter(&generated)),
        basic("tthc", &encoded(special)),
        basic("tthc", &every_letter(special)),
        basic("tthc", &generated).replacen("Basic", "bAsIc", 1),
    ];
    let bad = [
        basic("tthc", special),
        basic("tthc", "%zz%ff"),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic {}", STANDARD.encode("tthc")),
        format!("Basic {}", STANDARD.encode([0xff, b':', 0xfe])),
        format!("Bearer {generated}"),
    ];

    for header in &good {
        let code = app.code(&tthc, &kim, &[]).await;
        let answer = post_with(&app, Some(header), &code_form(&tthc, &code)).await;
        assert_eq!(answer.status, 200, "{header}: {}", answer.body);
    }
    let code = app.code(&tthc, &kim, &[]).await;
    for header in &bad {
        refused_with(&post_with(&app, Some(header), &code_form(&tthc, &code)).await, "invalid_client", header);
    }
    assert!(!was_redeemed(&app, &tthc, &code).await);
}

#[tokio::test]
async fn a_public_client_says_who_it_is_and_has_no_secret() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for (id, application_type) in [("phone", ClientType::Native), ("page", ClientType::Spa)] {
        let settings = ClientSettings {
            application_type,
            redirect_uris: vec!["https://x.example/cb".to_owned()],
            ..ClientSettings::default()
        };
        let by_secret = client_of(&format!("{id}-secret"), settings);
        let mut without = by_secret.clone();
        without.id = format!("{id}-none");
        without.settings.auth_method = AuthMethod::None;
        let refused = register::add(app.services(), &by_secret, "os:test").await;
        let added = register::add(app.services(), &without, "os:test").await;
        let again = register::add(app.services(), &without, "os:test").await;
        let client = app
            .client(id, move |settings| {
                settings.application_type = application_type;
                settings.auth_method = AuthMethod::None;
            })
            .await;
        let code = app.code(&client, &kim, &[]).await;
        let form = code_form(&client, &code);
        let named = [form.as_slice(), &[("client_id", id)]].concat();

        let nameless = post_with(&app, None, &form).await;
        let with_header = post_with(&app, Some(&basic(id, "x")), &form).await;
        let with_secret = post_with(&app, None, &[named.as_slice(), &[("client_secret", "x")]].concat()).await;
        let spent = was_redeemed(&app, &client, &code).await;
        let proper = post_with(&app, None, &named).await;

        assert!(matches!(refused, Err(RegisterError::Refused(_))), "{id}: a shared secret proves nothing");
        assert!(matches!(added, Ok(None)), "{id}: there is no secret to give out");
        assert!(matches!(again, Err(RegisterError::Taken)), "{id}: an identifier is given once");
        for answer in [&nameless, &with_header, &with_secret] {
            refused_with(answer, "invalid_client", id);
        }
        assert!(!spent, "{id}");
        assert_eq!(proper.status, 200, "{id}: {}", proper.body);
        let mut conn = app.services().store.read().await.expect("a connection");
        assert!(clients::find(&mut conn, &by_secret.id).await.expect("an answer").is_none(), "{id}");
        let stored = clients::find(&mut conn, &without.id).await.expect("an answer").expect("a client");
        assert_eq!((stored.settings.application_type, stored.is_public(), stored.secrets.len()), (application_type, true, 0));
    }
}

#[tokio::test]
async fn a_generated_secret_has_256_bits_and_is_kept_as_a_digest() {
    let app = TestApp::start().await;
    let settings = ClientSettings { redirect_uris: vec!["https://x.example/cb".to_owned()], ..ClientSettings::default() };
    let mut secrets = Vec::new();
    for id in ["one", "two"] {
        let secret = offer(&app, id, settings.clone()).await.expect("added").expect("a secret");

        let mut conn = app.services().store.read().await.expect("a connection");
        let stored = clients::find(&mut conn, id).await.expect("an answer").expect("a client");
        assert_eq!(stored.secrets.len(), 1);
        assert_eq!(stored.secrets[0].digest, sha256(secret.expose_secret().as_bytes()));
        let rows = audit::list_after(&mut conn, "", 1_000).await.expect("rows");
        assert!(!format!("{stored:?} {rows:?} {secret:?}").contains(secret.expose_secret()));
        secrets.push(secret.expose_secret().to_owned());
    }

    assert_ne!(secrets[0], secrets[1]);
    for secret in &secrets {
        assert_eq!(secret.len(), 43, "256 bits");
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{secret}");
    }
}
