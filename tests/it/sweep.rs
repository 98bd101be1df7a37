//! Each parameter of each endpoint, spoilt in every way: missing, empty,
//! repeated, too long, of wrong bytes. The refusal is clear, nothing is issued,
//! and nothing is used up that an honest repetition needs.

use crate::support::proofs::{API, add_api, reaching};
use crate::support::{Answer, Browser, TestApp, TestClient};
use http::Request;
use motlan::protocol::pkce::Challenge;
use url::form_urlencoded::byte_serialize;

const FORM: &str = "application/x-www-form-urlencoded";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// How a parameter is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoilt {
    Missing,
    Empty,
    Repeated,
    TooLong,
    Nul,
    NotUtf8,
    Emoji,
}

const WAYS: [Spoilt; 7] =
    [Spoilt::Missing, Spoilt::Empty, Spoilt::Repeated, Spoilt::TooLong, Spoilt::Nul, Spoilt::NotUtf8, Spoilt::Emoji];

impl Spoilt {
    /// True for what no value of any parameter can be.
    fn is_never_right(self) -> bool {
        matches!(self, Self::Repeated | Self::TooLong | Self::Nul | Self::NotUtf8)
    }
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// A form in which one parameter is spoilt.
fn spoil(fields: &[(&str, String)], name: &str, how: Spoilt) -> String {
    let mut parts = Vec::new();
    for (field, value) in fields {
        let fine = format!("{}={}", encoded(field), encoded(value));
        if *field != name {
            parts.push(fine);
            continue;
        }
        match how {
            Spoilt::Missing => {}
            Spoilt::Empty => parts.push(format!("{field}=")),
            Spoilt::Repeated => parts.extend([fine.clone(), fine]),
            Spoilt::TooLong => parts.push(format!("{field}={}", "a".repeat(17_000))),
            Spoilt::Nul => parts.push(format!("{fine}%00")),
            Spoilt::NotUtf8 => parts.push(format!("{fine}%ff")),
            Spoilt::Emoji => parts.push(format!("{field}=%F0%9F%A6%86")),
        }
    }
    parts.join("&")
}

async fn post(app: &TestApp, path: &str, body: String) -> Answer {
    let request = Request::builder().method("POST").uri(path).header("content-type", FORM);
    app.request(request.body(body).expect("a request")).await
}

/// An OAuth error in JSON that gives nothing (RFC 6749 §5.2).
#[track_caller]
fn refused(answer: &Answer, case: &str) {
    assert!(matches!(answer.status, 400 | 401 | 413), "{case}: {} {}", answer.status, answer.body);
    assert!(answer.json()["error"].is_string(), "{case}: {}", answer.body);
    for gift in ["access_token", "refresh_token", "request_uri", "\"active\":true"] {
        assert!(
            !answer.body.contains(&format!("\"{gift}\":")) && !answer.body.contains("\"active\":true"),
            "{case}: {}",
            answer.body
        );
    }
}

/// Spoils every parameter in every way; `needed` are those without which there is no good answer.
async fn sweep(app: &TestApp, path: &str, fields: &[(&str, String)], needed: &[&str]) {
    for (name, _) in fields {
        for how in WAYS {
            let case = format!("{path} {name} {how:?}");
            let answer = post(app, path, spoil(fields, name, how)).await;
            assert!(answer.status < 500, "{case}: {}", answer.status);
            let must = how.is_never_right() || needed.contains(name);
            // `resource` may come several times (RFC 8707 §2).
            let fine = *name == "resource" && how == Spoilt::Repeated;
            if must && !fine {
                refused(&answer, &case);
            }
        }
    }
}

fn own(client: &TestClient) -> Vec<(&'static str, String)> {
    vec![("client_id", client.id.clone()), ("client_secret", client.secret.clone().expect("a secret"))]
}

fn with<'a>(mut fields: Vec<(&'a str, String)>, more: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    fields
}

async fn by_post(app: &TestApp, id: &str) -> TestClient {
    add_api(app).await;
    app.client(id, |settings| {
        settings.auth_method = motlan::model::client::AuthMethod::ClientSecretPost;
        settings.grant_types = ["authorization_code", "client_credentials", "refresh_token"].map(str::to_owned).to_vec();
        settings.scopes.push("offline_access".to_owned());
        reaching(settings);
    })
    .await
}

#[tokio::test]
async fn a_spoilt_token_request_gives_nothing_and_uses_nothing_up() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = by_post(&app, "tthc").await;
    let challenge = Challenge::read(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some("S256")).expect("a challenge");
    assert!(challenge.is_some_and(|challenge| challenge.matches(VERIFIER)));
    let asked = [("scope", "openid offline_access"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")];
    let code = app.code(&client, &kim, &asked).await;
    let redirect_uri = "https://tthc.example/callback";
    let by_code = with(
        own(&client),
        &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", redirect_uri), ("code_verifier", VERIFIER)],
    );

    let needed = ["client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"];
    sweep(&app, "/oauth2/token", &by_code, &needed).await;
    let honest = post(&app, "/oauth2/token", spoil(&by_code, "", Spoilt::Missing)).await;
    assert_eq!(honest.status, 200, "the code was not used up: {}", honest.body);

    let by_itself = with(
        own(&client),
        &[("grant_type", "client_credentials"), ("scope", "ho_so.doc"), ("resource", API), ("authorization_details", "[]")],
    );
    sweep(&app, "/oauth2/token", &by_itself, &["client_id", "client_secret", "grant_type"]).await;
    let granted = post(&app, "/oauth2/token", spoil(&by_itself, "", Spoilt::Missing)).await;
    assert_eq!(granted.status, 200, "{}", granted.body);

    let token = honest.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
    let by_refresh = with(own(&client), &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", "openid")]);
    sweep(&app, "/oauth2/token", &by_refresh, &["client_id", "client_secret", "grant_type", "refresh_token"]).await;
    let honest = post(&app, "/oauth2/token", spoil(&by_refresh, "", Spoilt::Missing)).await;
    assert_eq!(honest.status, 200, "the refresh token still counts: {}", honest.body);
}

#[tokio::test]
async fn a_spoilt_pushed_request_introspection_or_revocation_does_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = by_post(&app, "tthc").await;
    let tokens = app.tokens(&client, &kim, &[("scope", "openid")]).await;
    let token = tokens["access_token"].as_str().expect("a token");

    let request = with(
        own(&client),
        &[
            ("response_type", "code"),
            ("redirect_uri", "https://tthc.example/callback"),
            ("scope", "openid"),
            ("state", "st"),
            ("nonce", "n"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("prompt", "login"),
            ("max_age", "60"),
            ("claims", "{}"),
            ("response_mode", "query"),
            ("resource", API),
            ("authorization_details", "[]"),
            ("dpop_jkt", "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"),
        ],
    );
    let needed = ["client_id", "client_secret", "response_type", "redirect_uri", "code_challenge"];
    sweep(&app, "/oauth2/par", &request, &needed).await;
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        // An unknown token is no error at either endpoint: only the rest of the form is needed.
        let form = with(own(&client), &[("token", token), ("token_type_hint", "access_token")]);
        for (name, _) in &form {
            for how in WAYS {
                if path == "/oauth2/revoke" && *name == "token_type_hint" && !how.is_never_right() {
                    // That would be an honest revocation.
                    continue;
                }
                let answer = post(&app, path, spoil(&form, name, how)).await;
                assert!(answer.status < 500, "{path} {name} {how:?}: {}", answer.status);
                if how.is_never_right() || ["client_id", "client_secret"].contains(name) {
                    refused(&answer, &format!("{path} {name} {how:?}"));
                }
            }
        }
    }
    assert_eq!(app.userinfo(token).await.status, 200, "the token still counts");
}

#[tokio::test]
async fn a_spoilt_authorization_request_gives_no_code_and_goes_nowhere_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("tthc", |_| {}).await;
    let mut browser: Browser = app.browser();
    assert!(browser.sign_in(&kim, &app.authorize_path(&client, &[])).await.param("code").is_some());
    let fields: Vec<(&str, String)> = [
        ("client_id", "tthc"),
        ("response_type", "code"),
        ("redirect_uri", "https://tthc.example/callback"),
        ("scope", "openid"),
        ("state", "st"),
        ("nonce", "n"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("max_age", "60"),
        ("acr_values", "LoA1"),
        ("claims", "{}"),
        ("response_mode", "query"),
        ("ui_locales", "vi"),
        ("display", "page"),
        ("login_hint", "kim"),
        ("authorization_details", "[]"),
        ("dpop_jkt", "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"),
        ("position", "p"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec();

    let needed = ["client_id", "response_type", "redirect_uri", "scope", "code_challenge"];
    for (name, _) in &fields {
        for how in WAYS {
            let case = format!("{name} {how:?}");
            let answer = browser.get(&format!("/oauth2/authorize?{}", spoil(&fields, name, how))).await;
            assert!(answer.status < 500, "{case}: {}", answer.status);
            if let Some(location) = answer.header("location") {
                assert!(location.starts_with("https://tthc.example/callback?"), "{case}: {location}");
            }
            if how.is_never_right() || needed.contains(name) {
                assert_eq!(answer.param("code"), None, "{case}");
                assert!(answer.error_page().is_some() || answer.param("error").is_some(), "{case}");
            }
        }
    }
}
