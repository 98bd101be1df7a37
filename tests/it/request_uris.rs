//! Promises about request objects that are fetched (RFC 9101 §5.2 and §10.4, OpenID Connect Core §6.2): from a registered
//! address, with a limit for everything, and never from inside.

use crate::support::keys::{request_claims, unsigned};
use crate::support::{Answer, Browser, Official, TestApp, TestClient, encode};
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse as _;
use http::header::{CONTENT_TYPE, LOCATION};
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

const KIND: &str = "application/oauth-authz-req+jwt";

/// A browser in which somebody is signed on already.
async fn signed_on(app: &TestApp, official: &Official) -> Browser {
    let own = app.client("own", |_| {}).await;
    let mut browser = app.browser();
    let answer = browser.sign_in(official, &app.authorize_path(&own, &[])).await;
    assert!(answer.param("code").is_some(), "the first sign-in ends at the client");
    browser
}

/// The shortest address that says where a request object lies, and what else stands beside it.
fn by_reference(client: &TestClient, address: &str, beside: &[(&str, &str)]) -> String {
    let fields = [beside, &[("client_id", client.id.as_str()), ("request_uri", address)]].concat();
    format!("/oauth2/authorize?{}", encode(&fields))
}

fn with(name: &'static str, value: Value) -> impl Fn(&mut Value, &mut Value) {
    move |_, claims| claims[name] = value.clone()
}

type Page = (u16, &'static str, Vec<u8>);

/// A client's own site, where request objects lie; it tells which paths were asked for.
struct Site {
    address: std::net::SocketAddr,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
    gate: Arc<RwLock<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let gate: Arc<RwLock<()>> = Arc::default();
        let (known, noted, passed) = (pages.clone(), asked.clone(), gate.clone());
        let answer = move |uri: Uri| {
            noted.lock().expect("the list").push(uri.to_string());
            let found = known.lock().expect("the pages").get(&uri.to_string()).cloned();
            let passed = passed.clone();
            async move {
                drop(passed.read().await);
                match found {
                    Some((302, to, _)) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
                    Some((status, kind, body)) => {
                        (StatusCode::from_u16(status).expect("a status"), [(CONTENT_TYPE, kind)], body).into_response()
                    }
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }
        };
        let router: Router = Router::new().fallback(answer);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the site runs");
        });
        Self { address, pages, asked, gate, task }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn put(&self, path: &str, status: u16, kind: &'static str, body: impl Into<Vec<u8>>) {
        self.pages.lock().expect("the pages").insert(path.to_owned(), (status, kind, body.into()));
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the list").clone()
    }

    /// Whoever asks is answered when this is dropped.
    async fn hold(&self) -> OwnedRwLockWriteGuard<()> {
        self.gate.clone().write_owned().await
    }

    /// Sixteen strangers follow their links at the same moment, and wait while the site is called.
    async fn visited_by_sixteen(&self, app: &TestApp, link: impl Fn(usize) -> String) -> Vec<Answer> {
        let held = self.hold().await;
        let before = self.asked().len();
        let visit = |number| {
            let (app, link) = (app.clone(), link(number));
            tokio::spawn(async move { app.get(&link).await })
        };
        let visits: Vec<_> = (0..16).map(visit).collect();
        let called = async {
            while self.asked().len() == before {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(4), called).await.expect("the site is called");
        drop(held);
        let mut answers = Vec::new();
        for visit in visits {
            answers.push(visit.await.expect("an answer"));
        }
        answers
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn request_and_request_uri_exclude_each_other() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let address = site.url("/r.jwt");
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = vec![address.clone()]).await;
    let object = khoa.request_object(&app, |_, _| {});
    site.put("/r.jwt", 200, KIND, object.clone());

    let answer = browser.get(&app.authorize_path(&khoa.client, &[("request", &object), ("request_uri", &address)])).await;

    assert_eq!(answer.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(answer.param("code"), None);
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_registered_address_is_fetched() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let addresses = [site.url("/r.jwt"), site.url("/versioned.jwt#old"), site.url("/q?id=1")];
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = addresses.to_vec()).await;
    let kinds = [KIND, "application/jwt", "Application/OAuth-Authz-Req+JWT; charset=utf-8"];
    let table = [
        ("/r.jwt", site.url("/r.jwt")),
        ("/r.jwt", site.url("/r.jwt#ObCqg2sEzNHoQMdXHUuK5gw1Z1YVZQv4KzcmwA4sWXQ")),
        ("/versioned.jwt", site.url("/versioned.jwt#new")),
        ("/versioned.jwt", site.url("/versioned.jwt")),
        ("/q?id=1", site.url("/q?id=1")),
    ];

    for (number, (path, address)) in table.into_iter().enumerate() {
        let state = format!("inside {number}");
        let object = khoa.request_object(&app, with("state", json!(state)));
        site.put(path, 200, kinds[number % kinds.len()], format!("{object}\n"));

        let arrived = browser.get(&by_reference(&khoa.client, &address, &[("state", "beside")])).await;

        assert_eq!(arrived.param("state"), Some(state), "{address}: {}", arrived.body);
        let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await;
        assert_eq!(tokens.status, 200, "{address}");
        assert_eq!(site.asked().last().map(String::as_str), Some(path), "what stands after # stays here");
    }
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_not_fetched() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let address = site.url("/r.jwt");
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = vec![address]).await;
    let none = app.party("khac", Algorithm::Es256, |_| {}).await;
    for path in ["/r.jwt", "/R.jwt", "/r.jwt/", "/r.jwt?x=1", "/other.jwt"] {
        site.put(path, 200, KIND, khoa.request_object(&app, |_, _| {}));
    }
    let near = [
        site.url("/R.jwt"),
        site.url("/r.jwt/"),
        site.url("/r.jwt?x=1"),
        site.url("/other.jwt"),
        site.url("/x/../r.jwt"),
        site.url("/%72.jwt"),
        site.url("/r.jwt").replace("http:", "https:"),
        site.url("/r.jwt").replace("http:", "HTTP:"),
        site.url("/r.jwt").replace("//", "//kim@"),
        "file:///etc/passwd".to_owned(),
        "data:application/jwt,x".to_owned(),
        "/r.jwt".to_owned(),
        "URN:ietf:params:oauth:request_uri:abc".to_owned(),
    ];

    for address in &near {
        let answer = browser.get(&app.authorize_path(&khoa.client, &[("request_uri", address)])).await;

        assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "{address}");
        assert_eq!((answer.param("code"), answer.param("state").as_deref()), (None, Some("st")), "{address}");
    }
    let theirs = browser.get(&app.authorize_path(&none.client, &[("request_uri", &site.url("/r.jwt"))])).await;
    assert_eq!(theirs.param("error").as_deref(), Some("invalid_request_uri"), "registered by another client");
    let shown = browser.get(&by_reference(&khoa.client, &near[0], &[])).await;
    assert_eq!((shown.status, shown.error_page(), shown.header("location")), (400, Some("bad_request"), None));
    assert_eq!(site.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_fetched_is_refused_in_one_sentence() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    // Loopback, but in no network that the test's settings name.
    let inner = TcpListener::bind("[::1]:0").await.ok().map(Site::on);
    let mut addresses: Vec<String> =
        ["/gone", "/broken", "/moved", "/page", "/untyped", "/large", "/bytes"].map(|path| site.url(path)).to_vec();
    addresses.extend(
        [
            "https://10.0.0.1/r.jwt",
            "https://172.16.0.1/r.jwt",
            "https://192.168.0.1/r.jwt",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00::1]/r.jwt",
            "https://[::ffff:10.0.0.1]/r.jwt",
            "https://0.0.0.0/r.jwt",
        ]
        .map(str::to_owned),
    );
    match &inner {
        Some(inner) => addresses.push(inner.url("/r.jwt")),
        None => println!("skipped: this machine has no [::1]; other private addresses are tried"),
    }
    let registered = addresses.clone();
    let khoa = app.party("khoa", Algorithm::Es256, move |settings| settings.request_uris = registered).await;
    let object = khoa.request_object(&app, |_, _| {});
    for (path, status, kind, body) in [
        ("/broken", 500, KIND, object.clone().into_bytes()),
        ("/moved", 302, "/r.jwt", Vec::new()),
        ("/r.jwt", 200, KIND, object.clone().into_bytes()),
        ("/page", 200, "text/html", object.clone().into_bytes()),
        ("/untyped", 200, "application/octet-stream", object.clone().into_bytes()),
        ("/large", 200, KIND, vec![b'a'; 16 * 1024 + 1]),
    ] {
        site.put(path, status, kind, body);
    }
    if let Some(inner) = &inner {
        inner.put("/r.jwt", 200, KIND, object.clone());
    }

    let mut told = Vec::new();
    for address in addresses.iter().filter(|address| !address.ends_with("/bytes")) {
        let answer = browser.get(&app.authorize_path(&khoa.client, &[("request_uri", address)])).await;

        assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "{address}: {}", answer.body);
        assert_eq!(answer.param("code"), None, "{address}");
        told.push(answer.param("error_description").expect("a sentence"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "the reasons would tell which inner addresses exist: {told:?}");
    assert!(!site.asked().contains(&"/r.jwt".to_owned()), "no redirect is followed");
    assert!(inner.as_ref().is_none_or(|inner| inner.asked().is_empty()), "a private address is not even called");
    site.put("/bytes", 200, KIND, vec![0xff, 0xfe]);
    let answer = browser.get(&app.authorize_path(&khoa.client, &[("request_uri", &site.url("/bytes"))])).await;
    assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "not text");
}

#[tokio::test]
async fn what_was_fetched_is_checked_like_any_object_and_leads_nowhere_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let addresses = vec![site.url("/r.jwt"), site.url("/next.jwt")];
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = addresses).await;
    let stranger = app.party("khac", Algorithm::Es256, |_| {}).await;
    site.put("/next.jwt", 200, KIND, khoa.request_object(&app, |_, _| {}));
    let now = app.now_seconds();
    let table = [
        ("another client's", stranger.request_object(&app, |_, _| {})),
        ("unsigned", unsigned(&request_claims(&app, &khoa.client))),
        ("expired", khoa.request_object(&app, with("exp", json!(now)))),
        ("leads on", khoa.request_object(&app, with("request_uri", json!(site.url("/next.jwt"))))),
        ("the address alone", khoa.request_object(&app, |_, claims| *claims = json!({ "request_uri": site.url("/next.jwt") }))),
        ("nothing", String::new()),
        ("no object", "<html>".to_owned()),
    ];

    for (case, object) in table {
        site.put("/r.jwt", 200, KIND, object);
        let answer = browser.get(&app.authorize_path(&khoa.client, &[("request_uri", &site.url("/r.jwt"))])).await;

        assert_eq!(answer.param("error").as_deref(), Some("invalid_request_object"), "{case}: {}", answer.body);
        assert_eq!(answer.param("code"), None, "{case}");
    }
    assert!(site.asked().iter().all(|path| path == "/r.jwt"), "{:?}", site.asked());
}

#[tokio::test]
async fn a_failure_is_not_fetched_again_within_ten_seconds() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let addresses = ["/r.jwt", "/other.jwt"].map(|path| site.url(path));
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = addresses.to_vec()).await;
    let object = khoa.request_object(&app, |_, _| {});
    site.put("/other.jwt", 200, KIND, object.clone());
    let link = |path: &str| app.authorize_path(&khoa.client, &[("request_uri", &site.url(path))]);

    for path in ["/r.jwt", "/r.jwt", "/r.jwt#1", "/r.jwt#2"] {
        let answer = browser.get(&link(path)).await;
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "{path}: {}", answer.body);
        assert_eq!(answer.param("code"), None, "{path}");
    }
    assert_eq!(site.asked(), ["/r.jwt"], "another fragment is no other address");
    site.put("/r.jwt", 200, KIND, object);
    app.advance_seconds(9);
    let early = browser.get(&link("/r.jwt")).await;
    let other = browser.get(&link("/other.jwt")).await;
    app.advance_seconds(1);
    let late = browser.get(&link("/r.jwt")).await;

    assert_eq!((early.param("error").as_deref(), early.param("code")), (Some("invalid_request_uri"), None));
    assert!(other.param("code").is_some(), "another address did not fail: {}", other.body);
    assert!(late.param("code").is_some(), "after ten seconds it is tried again: {}", late.body);
    assert_eq!(site.asked(), ["/r.jwt", "/other.jwt", "/r.jwt"]);
}

#[tokio::test]
async fn an_object_is_fetched_anew_for_every_request() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let site = Site::start().await;
    let address = site.url("/r.jwt");
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = vec![address.clone()]).await;
    let link = by_reference(&khoa.client, &address, &[]);

    for (count, state) in ["một", "hai", "ba"].into_iter().enumerate() {
        site.put("/r.jwt", 200, KIND, khoa.request_object(&app, with("state", json!(state))));
        let arrived = browser.get(&link).await;

        assert_eq!(arrived.param("state").as_deref(), Some(state), "nobody gets the request of another: {}", arrived.body);
        assert_eq!(site.asked().len(), count + 1, "{state}");
    }
}

#[tokio::test]
async fn sixteen_at_once_for_one_address_cause_one_fetch() {
    let app = TestApp::start().await;
    let site = Site::start().await;
    let (here, gone) = (site.url("/r.jwt"), site.url("/gone.jwt"));
    let addresses = vec![here.clone(), gone.clone()];
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.request_uris = addresses).await;
    site.put("/r.jwt", 200, KIND, khoa.request_object(&app, |_, _| {}));
    let link = |address: &str| by_reference(&khoa.client, address, &[]);
    let goes_on = |answer: &Answer| answer.status == 303 && answer.param("request").is_some();
    // The client is in memory from here on: nothing but the address is waited for.
    assert!(goes_on(&app.get(&link(&here)).await));
    assert_eq!(site.asked().len(), 1);

    let same = site.visited_by_sixteen(&app, |_| link(&here)).await;
    assert!(same.iter().all(goes_on), "{same:?}");
    assert_eq!(site.asked().len(), 2);

    let versions = site.visited_by_sixteen(&app, |number| link(&format!("{here}#{number}"))).await;
    assert!(versions.iter().all(goes_on), "{versions:?}");
    assert_eq!(site.asked().len(), 4, "what was under way may be an older version, so the others share the next");

    let refused = site.visited_by_sixteen(&app, |_| link(&gone)).await;
    for answer in &refused {
        assert_eq!((answer.status, answer.error_page()), (400, Some("bad_request")), "{}", answer.body);
    }
    assert_eq!(site.asked().len(), 5);
}
