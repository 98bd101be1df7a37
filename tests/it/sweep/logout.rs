//! The end-session endpoint, by GET and by POST from another site, and its own confirmation form (OpenID Connect
//! RP-Initiated Logout 1.0 §2 to §4): who cannot be understood is sent nowhere and signs nobody out.

use super::{FORM, Fields, LONG, Row, Spoilt, cases, exchanged, post, spoil, whole, with};
use crate::support::proofs::{count_of, text};
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use http::Request;

const PATH: &str = "/oauth2/logout";
const HOME: &str = "https://tthc.example/";

/// How a person who is signed on is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Signed out, and on the way back to the client.
    Back,
    /// Signed out, on our own page.
    Out,
    /// Asked whether they want it.
    Asked,
    /// On a page with this status and error.
    Refused(u16, &'static str),
}

const BACK: Left = Left::Back;
const OUT: Left = Left::Out;
const ASKED: Left = Left::Asked;
const UNREAD: Left = Left::Refused(400, "bad_request");
const REFUSED: Left = Left::Refused(400, "logout_refused");
const FOREIGN: Left = Left::Refused(403, "forbidden");

impl Left {
    fn is_signed_out(self) -> bool {
        matches!(self, Self::Back | Self::Out)
    }

    #[track_caller]
    fn check(self, answer: &Answer, address: &str, case: &str) {
        let (status, page, error, location) = match self {
            Self::Back => (303, None, None, Some(address)),
            Self::Out => (200, Some("signed-out"), None, None),
            Self::Asked => (200, Some("logout"), None, None),
            Self::Refused(status, error) => (status, Some("error"), Some(error), None),
        };
        assert_eq!(answer.header("location"), location, "{case}");
        assert_eq!((answer.status, answer.page(), answer.error_page()), (status, page, error), "{case}");
    }
}

/// What a client asks, with an ID token of this very sign-on.
const HINTED: &[Row<Left>] = &[
    // What cannot be verified is as if absent: the person is asked (§2).
    ("id_token_hint", ASKED, UNREAD, UNREAD, ASKED, ASKED),
    ("client_id", BACK, UNREAD, UNREAD, REFUSED, REFUSED),
    ("post_logout_redirect_uri", OUT, UNREAD, UNREAD, REFUSED, REFUSED),
    ("state", BACK, UNREAD, UNREAD, BACK, BACK),
    ("logout_hint", BACK, UNREAD, UNREAD, BACK, BACK),
    // A language that nobody speaks is no error (§2).
    ("ui_locales", BACK, UNREAD, UNREAD, BACK, BACK),
];

/// What our own page sends once the person has said yes.
const CONFIRMED: &[Row<Left>] = &[
    ("csrf", FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN),
    ("decision", ASKED, UNREAD, UNREAD, ASKED, ASKED),
    ("id_token_hint", BACK, UNREAD, UNREAD, OUT, OUT),
    // An address leads nowhere without somebody whose it is (§3).
    ("client_id", REFUSED, UNREAD, UNREAD, REFUSED, REFUSED),
    ("post_logout_redirect_uri", OUT, UNREAD, UNREAD, REFUSED, REFUSED),
    ("state", BACK, UNREAD, UNREAD, BACK, BACK),
    ("logout_hint", BACK, UNREAD, UNREAD, BACK, BACK),
    ("ui_locales", BACK, UNREAD, UNREAD, BACK, BACK),
];

/// A browser in which somebody is signed on, and the ID token that their system holds.
async fn signed_on(app: &TestApp, person: &Official, client: &TestClient) -> (Browser, String) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(person, &app.authorize_path(client, &[])).await;
    let tokens = app.redeem(client, &arrived.param("code").expect("a code")).await.json();
    (browser, text(&tokens, "id_token").to_owned())
}

/// True when a silent request still finds somebody.
async fn is_signed_on(app: &TestApp, browser: &mut Browser, client: &TestClient) -> bool {
    browser.get(&app.authorize_path(client, &[("prompt", "none")])).await.param("code").is_some()
}

fn hinted(id_token: &str) -> Fields {
    let asked = [
        ("id_token_hint", id_token),
        ("client_id", "tthc"),
        ("post_logout_redirect_uri", HOME),
        ("state", "st"),
        ("logout_hint", "kim"),
        ("ui_locales", "vi"),
    ];
    with(Vec::new(), &asked)
}

/// Where the person is led back to.
fn address(name: &str, how: Spoilt) -> String {
    if name != "state" {
        return format!("{HOME}?state=st");
    }
    match how {
        Spoilt::Emoji => format!("{HOME}?state=%F0%9F%A6%86"),
        Spoilt::Long => format!("{HOME}?state={}", "a".repeat(LONG)),
        Spoilt::Missing | Spoilt::Empty | Spoilt::Repeated | Spoilt::TooLong | Spoilt::Nul | Spoilt::NotUtf8 => HOME.to_owned(),
    }
}

/// What another site posts comes without cookies, and again with them by a redirect.
async fn ask(app: &TestApp, browser: &mut Browser, method: &str, encoded: String) -> Answer {
    if method == "GET" {
        return browser.get(&format!("{PATH}?{encoded}")).await;
    }
    let sent = post(app, PATH, encoded).await;
    browser.follow(sent).await
}

#[tokio::test]
async fn a_spoilt_logout_request_leaves_people_where_it_must() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("tthc", |_| {}).await;
    let (mut kept, kept_token) = signed_on(&app, &kim, &client).await;
    let mut ended = 0;

    for (name, how, left) in cases(&hinted(&kept_token), HINTED) {
        for method in ["GET", "POST"] {
            let case = format!("{method} {name} {how:?}");
            let fresh = if left.is_signed_out() { Some(signed_on(&app, &kim, &client).await) } else { None };
            let (mut browser, id_token) = fresh.unwrap_or_else(|| (kept.clone(), kept_token.clone()));
            let cookies = browser.cookies.clone();

            let answer = ask(&app, &mut browser, method, spoil(&hinted(&id_token), name, how)).await;

            left.check(&answer, &address(name, how), &case);
            // Also for whoever kept the cookie.
            browser.cookies = cookies;
            assert_eq!(is_signed_on(&app, &mut browser, &client).await, !left.is_signed_out(), "{case}");
            ended += usize::from(left.is_signed_out());
        }
    }

    assert_eq!(count_of(&app, "sign_out").await, ended);
    let honest = ask(&app, &mut kept, "GET", whole(&hinted(&kept_token))).await;
    BACK.check(&honest, &format!("{HOME}?state=st"), "as it should be");
}

#[tokio::test]
async fn what_is_another_clients_signs_nobody_out() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("tthc", |_| {}).await;
    let other = app.client("van-ban", |_| {}).await;
    let (mut browser, id_token) = signed_on(&app, &kim, &client).await;
    let code = browser.get(&app.authorize_path(&other, &[])).await.param("code").expect("a code");
    let their_token = text(&app.redeem(&other, &code).await.json(), "id_token").to_owned();
    let (_, of_another_sign_on) = signed_on(&app, &kim, &client).await;
    let form = hinted(&id_token);

    for method in ["GET", "POST"] {
        for (name, value, left) in [
            ("client_id", "van-ban", REFUSED),
            ("post_logout_redirect_uri", "https://van-ban.example/", REFUSED),
            ("id_token_hint", their_token.as_str(), REFUSED),
            ("id_token_hint", of_another_sign_on.as_str(), ASKED),
        ] {
            let case = format!("{method} {name} {value}");
            left.check(&ask(&app, &mut browser, method, exchanged(&form, name, value)).await, "", &case);
            assert!(is_signed_on(&app, &mut browser, &client).await, "{case}");
        }
    }
    assert_eq!(count_of(&app, "sign_out").await, 0);
}

/// What the confirmation page of a browser sends.
async fn confirmed(browser: &mut Browser) -> Fields {
    let page = browser.get(&format!("{PATH}?client_id=tthc")).await;
    assert_eq!(page.page(), Some("logout"));
    let csrf = page.hidden("csrf");
    let sent = [
        ("csrf", csrf.as_str()),
        ("decision", "confirm"),
        ("client_id", "tthc"),
        ("post_logout_redirect_uri", HOME),
        ("state", "st"),
    ];
    with(Vec::new(), &sent)
}

/// Sends a form of our own page, with the browser's cookies.
async fn send(app: &TestApp, browser: &Browser, body: String) -> Answer {
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::post(PATH).header("content-type", FORM).header("cookie", cookies.join("; "));
    app.request(request.body(body).expect("a request")).await
}

#[tokio::test]
async fn a_spoilt_confirmation_signs_nobody_out_who_did_not_confirm() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("tthc", |_| {}).await;
    let (mut kept, _) = signed_on(&app, &kim, &client).await;
    let kept_form = confirmed(&mut kept).await;
    let mut ended = 0;

    for (name, how, left) in cases(&kept_form, CONFIRMED) {
        let case = format!("{name} {how:?}");
        let fresh = if left.is_signed_out() { Some(signed_on(&app, &kim, &client).await) } else { None };
        let mut browser = fresh.map_or_else(|| kept.clone(), |(browser, _)| browser);
        let form = if left.is_signed_out() { confirmed(&mut browser).await } else { kept_form.clone() };

        let answer = send(&app, &browser, spoil(&form, name, how)).await;

        left.check(&answer, &address(name, how), &case);
        assert_eq!(is_signed_on(&app, &mut browser, &client).await, !left.is_signed_out(), "{case}");
        ended += usize::from(left.is_signed_out());
    }

    let (mut other, _) = signed_on(&app, &kim, &client).await;
    let their_csrf = confirmed(&mut other).await.swap_remove(0).1;
    let foreign = send(&app, &kept, exchanged(&kept_form, "csrf", &their_csrf)).await;
    FOREIGN.check(&foreign, "", "another browser's");
    assert_eq!(count_of(&app, "sign_out").await, ended);
    BACK.check(&send(&app, &kept, whole(&kept_form)).await, &format!("{HOME}?state=st"), "as it should be");
}
