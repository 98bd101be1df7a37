//! Authorization requests that stand elsewhere: pushed ahead (RFC 9126 §4), inside an object, or inside one that is
//! fetched (RFC 9101 §5 and §6.3, OpenID Connect Core §6). What stands beside them does not count, but it must be
//! readable, and nothing of it may come twice (RFC 6749 §3.1).

use super::authorize::{CODE, INVALID, Led, NOWHERE, OBJECT, REFERENCE, UNKNOWN, UNREAD};
use super::{Fields, Row, cases, exchanged, spoil, whole, with};
use crate::support::keys::Party;
use crate::support::proofs::{signed_on, text};
use crate::support::{TestApp, TestClient};
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use motlan::model::signing_key::Algorithm;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const PUSHED: &[Row<Led>] = &[
    ("client_id", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    // Without the reference there is no address, and with another it is not proven.
    ("request_uri", NOWHERE, NOWHERE, NOWHERE, UNREAD, UNREAD),
    ("request", CODE, INVALID, UNREAD, UNREAD, UNREAD),
    ("redirect_uri", CODE, INVALID, UNREAD, CODE, CODE),
    ("response_type", CODE, INVALID, UNREAD, CODE, CODE),
    ("response_mode", CODE, INVALID, UNREAD, CODE, CODE),
    ("scope", CODE, INVALID, UNREAD, CODE, CODE),
    ("state", CODE, INVALID, UNREAD, CODE, CODE),
];

/// What stands beside an object, signed by the client and of the type that RFC 9101 gives it.
const BESIDE: &[Row<Led>] = &[
    ("client_id", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ("redirect_uri", CODE, INVALID, UNREAD, CODE, CODE),
    // It contradicts the one inside (Core §6.1).
    ("response_type", CODE, INVALID, UNREAD, INVALID, INVALID),
    ("scope", CODE, INVALID, UNREAD, CODE, CODE),
    ("state", CODE, INVALID, UNREAD, CODE, CODE),
];

const BY_VALUE: &[Row<Led>] = &[
    // Without the object there is no code challenge.
    ("request", INVALID, INVALID, UNREAD, OBJECT, OBJECT),
    ("request_uri", CODE, INVALID, UNREAD, INVALID, INVALID),
];

const BY_REFERENCE: &[Row<Led>] =
    &[("request_uri", INVALID, INVALID, UNREAD, REFERENCE, REFERENCE), ("request", CODE, INVALID, UNREAD, INVALID, INVALID)];

fn path(encoded: &str) -> String {
    format!("/oauth2/authorize?{encoded}")
}

/// A new reference, and what leads to it.
async fn pushed(app: &TestApp, client: &TestClient) -> Fields {
    let reference = text(&app.push(client, &[]).await.json(), "request_uri").to_owned();
    with(Vec::new(), &[("client_id", client.id.as_str()), ("request_uri", reference.as_str())])
}

#[tokio::test]
async fn what_is_spoilt_beside_a_pushed_request_uses_no_reference_up() {
    let app = TestApp::start().await;
    let client = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &client).await;
    let kept = pushed(&app, &client).await;

    for (name, how, led) in cases(&kept, PUSHED) {
        let form = if led == CODE { pushed(&app, &client).await } else { kept.clone() };
        let answer = browser.get(&path(&spoil(&form, name, how))).await;
        led.check(&answer, &client.redirect_uri, &[Some("st")], &format!("{name} {how:?}"));
    }

    let honest = browser.get(&path(&whole(&kept))).await;
    CODE.check(&honest, &client.redirect_uri, &[Some("st")], "no refusal used it up");
    let again = browser.get(&path(&whole(&kept))).await;
    UNREAD.check(&again, &client.redirect_uri, &[], "a second time");
}

/// Spoils everything around an object, which stands in `source`.
async fn sweep(app: &TestApp, party: &Party, source: (&'static str, &str), table: &[Row<Led>]) {
    let client = &party.client;
    let stranger = app.party("khac", Algorithm::Es256, |_| {}).await;
    let mut browser = signed_on(app, client).await;
    let beside = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "st"),
        source,
    ];
    let form = with(Vec::new(), &beside);

    for (name, how, led) in cases(&form, &[BESIDE, table].concat()) {
        let answer = browser.get(&path(&spoil(&form, name, how))).await;
        // An error may come before the object was read.
        let states: &[Option<&str>] = if led == CODE { &[Some("inside")] } else { &[Some("inside"), Some("st"), None] };
        led.check(&answer, &client.redirect_uri, states, &format!("{name} {how:?}"));
    }
    let theirs = stranger.request_object(app, |_, claims| claims["iss"] = json!(client.id));
    let without = with(Vec::new(), &beside[..5]);
    let foreign = browser.get(&path(&exchanged(&without, "request", &theirs))).await;
    OBJECT.check(&foreign, &client.redirect_uri, &[Some("st")], "signed by another client");
    let in_its_name = browser.get(&path(&exchanged(&form, "client_id", "khac"))).await;

    assert_eq!((in_its_name.status, in_its_name.header("location")), (400, None), "by another client");
    assert_eq!(in_its_name.error_page(), Some("bad_request"), "by another client");
    let honest = browser.get(&path(&whole(&form))).await;
    CODE.check(&honest, &client.redirect_uri, &[Some("inside")], "as it should be");
}

#[tokio::test]
async fn what_is_spoilt_around_an_object_gives_no_code() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |_, _| {});

    sweep(&app, &khoa, ("request", object.as_str()), BY_VALUE).await;
}

/// Shows an object at `/r.jwt`.
fn show(listener: TcpListener, object: String) -> JoinHandle<()> {
    let answer = move || {
        let object = object.clone();
        async move { ([(CONTENT_TYPE, "application/oauth-authz-req+jwt")], object) }
    };
    let router: Router = Router::new().route("/r.jwt", get(answer));
    tokio::spawn(async move {
        axum::serve(listener, router).await.expect("the site runs");
    })
}

#[tokio::test]
async fn what_is_spoilt_around_an_object_that_is_fetched_gives_no_code() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/r.jwt", listener.local_addr().expect("an address"));
    let registered = vec![address.clone()];
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = registered).await;
    let site = show(listener, khoa.request_object(&app, |_, _| {}));

    sweep(&app, &khoa, ("request_uri", address.as_str()), BY_REFERENCE).await;

    site.abort();
}
