//! The authorization endpoint, by GET and by POST from another site (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6):
//! what is wrong with the client or its address stays on a page here, everything else is told at that address.

use super::{Fields, LONG, Row, Spoilt, cases, exchanged, post, spoil, whole, with};
use crate::support::keys::path_of;
use crate::support::proofs::{API, add_api, add_resource, code_of, reaching, signed_on, text};
use crate::support::{Answer, Browser, CHALLENGE, TestApp, TestClient};
use motlan::model::signing_key::Algorithm;
use serde_json::json;

const PATH: &str = "/oauth2/authorize";
/// An API that only another client reaches.
const THEIRS: &str = "https://kho.example/api";

/// Where an authorization request leads a person who is signed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Led {
    /// To the client, with a code.
    Code,
    /// To the client, with this error.
    Error(&'static str),
    /// To a page of ours with this error, and nowhere else.
    Page(&'static str),
}

pub(super) const CODE: Led = Led::Code;
pub(super) const INVALID: Led = Led::Error("invalid_request");
pub(super) const OBJECT: Led = Led::Error("invalid_request_object");
pub(super) const REFERENCE: Led = Led::Error("invalid_request_uri");
pub(super) const UNKNOWN: Led = Led::Page("unknown_client");
pub(super) const NOWHERE: Led = Led::Page("unregistered_redirect_uri");
pub(super) const UNREAD: Led = Led::Page("bad_request");

const LOGIN: Led = Led::Error("login_required");
const SCOPE: Led = Led::Error("invalid_scope");
const TARGET: Led = Led::Error("invalid_target");
const DETAILS: Led = Led::Error("invalid_authorization_details");
const RESPONSE_TYPE: Led = Led::Error("unsupported_response_type");
const REGISTRATION: Led = Led::Error("registration_not_supported");

impl Led {
    /// Holds an answer against it: an address of the client's, and what `state` may be there.
    #[track_caller]
    pub(super) fn check(self, answer: &Answer, address: &str, states: &[Option<&str>], case: &str) {
        if let Self::Page(error) = self {
            assert_eq!(answer.header("location"), None, "{case}");
            assert_eq!((answer.status, answer.error_page()), (400, Some(error)), "{case}");
            return;
        }
        let error = if let Self::Error(error) = self { Some(error) } else { None };
        assert_eq!(answer.status, 303, "{case}: {:?}", answer.error_page());
        assert!(answer.location().starts_with(&format!("{address}?")), "{case}: {}", answer.location());
        assert_eq!(answer.param("error").as_deref(), error, "{case}: {}", answer.location());
        assert_eq!(answer.param("code").is_some(), error.is_none(), "{case}: {}", answer.location());
        assert!(states.contains(&answer.param("state").as_deref()), "{case}: {}", answer.location());
    }
}

const ASKED: &[Row<Led>] = &[
    ("client_id", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ("redirect_uri", NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE),
    // Nobody knows how to answer in a mode that is not offered (Core §3.1.2.6).
    ("response_mode", CODE, INVALID, UNREAD, UNREAD, UNREAD),
    ("response_type", INVALID, INVALID, UNREAD, RESPONSE_TYPE, RESPONSE_TYPE),
    // There is no default (RFC 6749 §3.3).
    ("scope", SCOPE, INVALID, UNREAD, SCOPE, SCOPE),
    // It comes back as it was sent, unless it was sent twice.
    ("state", CODE, INVALID, UNREAD, CODE, CODE),
    ("nonce", CODE, INVALID, UNREAD, CODE, INVALID),
    // Demanded, and only with S256 (RFC 7636 §4.4.1).
    ("code_challenge", INVALID, INVALID, UNREAD, INVALID, INVALID),
    ("code_challenge_method", INVALID, INVALID, UNREAD, INVALID, INVALID),
    ("prompt", CODE, INVALID, UNREAD, INVALID, INVALID),
    ("max_age", CODE, INVALID, UNREAD, INVALID, INVALID),
    ("id_token_hint", CODE, INVALID, UNREAD, LOGIN, LOGIN),
    ("login_hint", CODE, INVALID, UNREAD, CODE, CODE),
    ("ui_locales", CODE, INVALID, UNREAD, CODE, CODE),
    ("claims_locales", CODE, INVALID, UNREAD, CODE, CODE),
    ("display", CODE, INVALID, UNREAD, CODE, CODE),
    ("acr_values", CODE, INVALID, UNREAD, CODE, CODE),
    ("claims", CODE, INVALID, UNREAD, INVALID, INVALID),
    // It may come several times (RFC 8707 §2).
    ("resource", CODE, CODE, UNREAD, TARGET, TARGET),
    ("authorization_details", CODE, INVALID, UNREAD, DETAILS, DETAILS),
    ("dpop_jkt", CODE, INVALID, UNREAD, INVALID, INVALID),
    ("position", CODE, INVALID, UNREAD, CODE, CODE),
    ("request", CODE, INVALID, UNREAD, OBJECT, OBJECT),
    ("request_uri", CODE, INVALID, UNREAD, REFERENCE, REFERENCE),
    ("registration", CODE, INVALID, UNREAD, REGISTRATION, REGISTRATION),
];

fn asked(client: &TestClient, id_token: &str) -> Fields {
    let asked = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("response_mode", "query"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "st"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
        ("max_age", "60"),
        ("id_token_hint", id_token),
        ("login_hint", "kim"),
        ("ui_locales", "vi"),
        ("claims_locales", "vi"),
        ("display", "page"),
        ("acr_values", "LoA1"),
        ("claims", "{}"),
        ("resource", API),
        ("authorization_details", "[]"),
        ("dpop_jkt", "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"),
        ("position", "p"),
    ];
    with(Vec::new(), &asked)
}

/// What `state` comes back as, when it does.
fn state_of(name: &str, how: Spoilt) -> Option<String> {
    if name != "state" {
        return Some("st".to_owned());
    }
    match how {
        Spoilt::Emoji => Some("\u{1f986}".to_owned()),
        Spoilt::Long => Some("a".repeat(LONG)),
        Spoilt::Missing | Spoilt::Empty | Spoilt::Repeated | Spoilt::TooLong | Spoilt::Nul | Spoilt::NotUtf8 => None,
    }
}

/// Asks in a browser that is signed on. What another site posts comes without cookies, and goes on with them.
async fn ask(app: &TestApp, browser: &mut Browser, method: &str, encoded: String) -> Answer {
    if method == "GET" {
        return browser.get(&format!("{PATH}?{encoded}")).await;
    }
    let held = post(app, PATH, encoded).await;
    browser.follow(held).await
}

/// An ID token of the person in a browser, for a client.
async fn id_token_for(app: &TestApp, browser: &mut Browser, client: &TestClient) -> String {
    let code = code_of(app, browser, client, &[]).await;
    text(&app.redeem(client, &code).await.json(), "id_token").to_owned()
}

#[tokio::test]
async fn a_spoilt_authorization_request_leads_where_it_must_and_gives_no_code() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", reaching).await;
    let mut browser = signed_on(&app, &client).await;
    let form = asked(&client, &id_token_for(&app, &mut browser, &client).await);

    for (name, how, led) in cases(&form, ASKED) {
        let state = state_of(name, how);
        for method in ["GET", "POST"] {
            let answer = ask(&app, &mut browser, method, spoil(&form, name, how)).await;
            led.check(&answer, &client.redirect_uri, &[state.as_deref()], &format!("{method} {name} {how:?}"));
        }
    }

    for method in ["GET", "POST"] {
        let honest = ask(&app, &mut browser, method, whole(&form)).await;
        CODE.check(&honest, &client.redirect_uri, &[Some("st")], method);
    }
}

#[tokio::test]
async fn what_is_another_clients_gives_no_code_and_still_counts_for_its_owner() {
    let app = TestApp::start().await;
    add_api(&app).await;
    add_resource(&app, json!({ "identifier": THEIRS, "name": "Kho", "scopes": ["kho.doc"] })).await;
    let client = app.client("tthc", reaching).await;
    let other = app
        .client("van-ban", |settings| {
            settings.resources.push(THEIRS.to_owned());
            settings.scopes.push("kho.doc".to_owned());
        })
        .await;
    let signing = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let mut browser = signed_on(&app, &client).await;
    let form = asked(&client, &id_token_for(&app, &mut browser, &client).await);
    let their_hint = id_token_for(&app, &mut browser, &other).await;
    let their_push = app.push(&other, &[]).await;
    let reference = text(&their_push.json(), "request_uri").to_owned();
    let object = signing.request_object(&app, |_, claims| claims["iss"] = json!("tthc"));

    for method in ["GET", "POST"] {
        for (name, value, led) in [
            ("client_id", "van-ban", NOWHERE),
            ("redirect_uri", other.redirect_uri.as_str(), NOWHERE),
            ("scope", "kho.doc", SCOPE),
            ("resource", THEIRS, TARGET),
            ("id_token_hint", their_hint.as_str(), LOGIN),
            ("request", object.as_str(), OBJECT),
            ("request_uri", reference.as_str(), REFERENCE),
        ] {
            let answer = ask(&app, &mut browser, method, exchanged(&form, name, value)).await;
            led.check(&answer, &client.redirect_uri, &[Some("st")], &format!("{method} {name} {value}"));
        }
    }

    assert!(browser.get(&path_of(&other, &their_push)).await.param("code").is_some(), "their own reference still counts");
}
