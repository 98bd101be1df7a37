//! Bearer tokens: in the header, which registration takes too, and in a posted form at userinfo (RFC 6750 §2 and §3.1,
//! OpenID Connect Core §5.3.1 and §5.3.3).

use super::{FORM, LONG, Row, TOO_LONG, cases, exchanged, post, spoil, whole, with};
use crate::support::proofs::{TOKEN, USERINFO, add_api, challenge, code_of, machine, post as post_as, signed_on, text};
use crate::support::{Answer, TestApp};
use http::{HeaderValue, Request};

/// What a bearer token is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It counts.
    Fine,
    /// None came: 401, and nothing is said about what would be wrong with one.
    Bare,
    /// This status and error.
    Refused(u16, &'static str),
}

pub(super) const FINE: Held = Held::Fine;
pub(super) const BARE: Held = Held::Bare;
pub(super) const INVALID: Held = Held::Refused(400, "invalid_request");
pub(super) const WORTHLESS: Held = Held::Refused(401, "invalid_token");

impl Held {
    /// Holds an answer against it; `status` is that of success.
    #[track_caller]
    pub(super) fn check(self, answer: &Answer, status: u16, case: &str) {
        let (status, error) = match self {
            Self::Fine => (status, None),
            Self::Bare => (401, None),
            Self::Refused(status, error) => (status, Some(error)),
        };
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        if self == Self::Fine {
            return;
        }
        assert_eq!(challenge(answer, "Bearer").get("error").map(String::as_str), error, "{case}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
        for gift in ["sub", "client_id", "registration_access_token"] {
            assert!(!answer.body.contains(gift), "{case}: {}", answer.body);
        }
    }
}

/// The Authorization header, spoilt in every way that a header can be; it holds no NUL byte.
pub(super) fn headers(token: &str) -> Vec<(&'static str, Vec<HeaderValue>, Held)> {
    let header = |bytes: &[u8]| HeaderValue::from_bytes(bytes).expect("a value");
    let bearer = |token: &str| vec![header(format!("Bearer {token}").as_bytes())];
    let good = bearer(token);
    vec![
        ("missing", Vec::new(), BARE),
        ("another scheme", vec![header(format!("Basic {token}").as_bytes())], BARE),
        ("empty", vec![header(b"")], INVALID),
        ("a scheme alone", vec![header(b"Bearer")], INVALID),
        ("twice", [good.clone(), good.clone()].concat(), INVALID),
        ("beside another scheme", [good.clone(), vec![header(b"Basic eA==")]].concat(), INVALID),
        ("not ASCII", vec![header(&[good[0].as_bytes(), b"\xff"].concat())], INVALID),
        ("an emoji", bearer("\u{1f986}"), INVALID),
        ("long", bearer(&"a".repeat(LONG)), WORTHLESS),
        ("too long", bearer(&"a".repeat(TOO_LONG)), WORTHLESS),
        ("cut short", bearer(&token[1..]), WORTHLESS),
    ]
}

/// A request with such headers.
pub(super) fn request(method: &str, path: &str, values: &[HeaderValue]) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    values.iter().fold(request, |request, value| request.header("authorization", value))
}

const IN_A_FORM: &[Row<Held>] = &[("access_token", BARE, INVALID, INVALID, WORTHLESS, WORTHLESS)];

#[tokio::test]
async fn a_spoilt_header_tells_nothing_about_anybody() {
    let app = TestApp::start().await;
    let client = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &client).await;
    let code = code_of(&app, &mut browser, &client, &[]).await;
    let tokens = app.redeem(&client, &code).await.json();
    let token = text(&tokens, "access_token");

    for method in ["GET", "POST"] {
        for (case, values, held) in headers(token) {
            let answer = app.request(request(method, USERINFO, &values).body(String::new()).expect("a request")).await;
            held.check(&answer, 200, &format!("{method} {case}"));
        }
    }

    assert_eq!(app.userinfo(token).await.status, 200);
}

#[tokio::test]
async fn a_spoilt_token_in_a_form_tells_nothing_about_anybody() {
    let app = TestApp::start().await;
    let client = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &client).await;
    let code = code_of(&app, &mut browser, &client, &[]).await;
    let tokens = app.redeem(&client, &code).await.json();
    let form = with(Vec::new(), &[("access_token", text(&tokens, "access_token"))]);

    for (name, how, held) in cases(&form, IN_A_FORM) {
        let answer = post(&app, USERINFO, spoil(&form, name, how)).await;
        held.check(&answer, 200, &format!("{name} {how:?}"));
    }
    let bearer = HeaderValue::from_str(&format!("Bearer {}", text(&tokens, "access_token"))).expect("a value");
    let both = request("POST", USERINFO, &[bearer]).header("content-type", FORM).body(whole(&form)).expect("a request");
    INVALID.check(&app.request(both).await, 200, "in the header and in the form");

    FINE.check(&post(&app, USERINFO, whole(&form)).await, 200, "as it should be");
}

#[tokio::test]
async fn a_token_of_another_kind_or_for_another_tells_nothing_about_anybody() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", |_| {}).await;
    let lgsp = app.client("lgsp", machine).await;
    let mut browser = signed_on(&app, &client).await;
    let code = code_of(&app, &mut browser, &client, &[("scope", "openid offline_access")]).await;
    let tokens = app.redeem(&client, &code).await.json();
    let unused = code_of(&app, &mut browser, &client, &[]).await;
    let for_an_api = post_as(&app, &lgsp, TOKEN, &[("grant_type", "client_credentials")], &[]).await.json();
    let form = with(Vec::new(), &[("access_token", text(&tokens, "access_token"))]);

    for (case, token) in [
        ("an ID token", text(&tokens, "id_token")),
        ("a refresh token", text(&tokens, "refresh_token")),
        ("a code", unused.as_str()),
        ("for an API", text(&for_an_api, "access_token")),
    ] {
        WORTHLESS.check(&app.userinfo(token).await, 200, case);
        WORTHLESS.check(&post(&app, USERINFO, exchanged(&form, "access_token", token)).await, 200, case);
    }

    FINE.check(&post(&app, USERINFO, whole(&form)).await, 200, "as it should be");
    assert_eq!(app.redeem(&client, &unused).await.status, 200, "a code that was shown elsewhere still counts");
}
