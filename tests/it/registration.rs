//! Clients that register themselves: invited only, checked member by member, and
//! looking after what is theirs alone (RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0).

use crate::support::proofs::{add_resource, stage};
use crate::support::{Answer, CHALLENGE, TestApp, VERIFIER, encode, form_request};
use axum::Router;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode, Uri};
use motlan::base::digest::sha256;
use motlan::model::client::{AuthMethod, Client, Profile};
use motlan::protocol::jws::Algorithm;
use motlan::service::clients::{register, resources};
use motlan::service::registration;
use motlan::store::{audit, client_logos, client_registrations, clients, consents};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PATH: &str = "/oauth2/register";
const GIF: &[u8] = b"GIF89a\x10\0\x20\0\0\0\0";

async fn send(app: &TestApp, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    app.request(request.body(body.to_owned()).expect("a request")).await
}

async fn invitation(app: &TestApp, uses: i64) -> String {
    let token = registration::invite(app.services(), uses, 24, "os:test").await.expect("an invitation");
    token.expose_secret().to_owned()
}

/// A document; members are added or replaced.
fn document(changes: &Value) -> Value {
    let mut document = json!({ "redirect_uris": ["https://so-tay.example/cb"], "client_name": "Sổ tay" });
    for (member, value) in changes.as_object().expect("members") {
        document[member] = value.clone();
    }
    document
}

async fn post(app: &TestApp, token: &str, changes: &Value) -> Answer {
    send(app, "POST", PATH, Some(token), &document(changes).to_string()).await
}

/// What a client is told when it has registered.
async fn registered(app: &TestApp, changes: &Value) -> Value {
    let answer = post(app, &invitation(app, 1).await, changes).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

fn text<'a>(information: &'a Value, member: &str) -> &'a str {
    information[member].as_str().unwrap_or_else(|| panic!("{member}: {information}"))
}

fn place(information: &Value) -> String {
    format!("{PATH}/{}", text(information, "client_id"))
}

async fn manage(app: &TestApp, method: &str, information: &Value, body: &str) -> Answer {
    send(app, method, &place(information), Some(text(information, "registration_access_token")), body).await
}

/// What a client sends back to change itself: what only the server says is left out.
fn to_put(information: &Value, changes: &Value) -> Value {
    let mut document = information.clone();
    let members = document.as_object_mut().expect("members");
    for member in ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"] {
        members.remove(member);
    }
    for (member, value) in changes.as_object().expect("members") {
        members.insert(member.clone(), value.clone());
    }
    document
}

async fn client_count(app: &TestApp) -> usize {
    clients::list(&mut app.services().store.read().await.expect("a connection")).await.expect("clients").len()
}

/// What was audited, but for the provider's own keys.
/// What was recorded, by name: the clock stands still, so rows have no order of their own.
async fn events(app: &TestApp) -> Vec<String> {
    let mut all: Vec<String> = app.audit_events().await.into_iter().filter(|event| !event.starts_with("key.")).collect();
    all.sort();
    all
}

#[track_caller]
fn refused(answer: &Answer, member: &str) {
    let error = if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
    assert_eq!(answer.status, 400, "{member}: {}", answer.body);
    assert_eq!(answer.json()["error"], error, "{member}: {}", answer.body);
    assert!(text(&answer.json(), "error_description").starts_with(&format!("{member}: ")), "{member}: {}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[track_caller]
fn unauthorized(answer: &Answer, error: Option<&str>) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer realm=\"motlan\""), "{challenge}");
    assert_eq!(challenge.contains("error="), error.is_some(), "{challenge}");
    if let Some(error) = error {
        assert_eq!(answer.json()["error"], error);
    }
    assert!(!answer.body.contains("client_id"), "{}", answer.body);
}

/// Another site, which counts how often it is called.
struct Site {
    address: std::net::SocketAddr,
    calls: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn with(files: Vec<(&'static str, &'static str, Vec<u8>)>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let files = Arc::new(files);
        let answer = move |uri: Uri| {
            counted.fetch_add(1, Ordering::SeqCst);
            let found = files.iter().find(|(path, ..)| *path == uri.path()).cloned();
            async move {
                match found {
                    Some((_, kind, bytes)) => ([(CONTENT_TYPE, kind)], bytes).into_response(),
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }
        };
        let router: Router = Router::new().fallback(answer);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the site runs");
        });
        Self { address, calls, task }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn nobody_registers_uninvited_and_nothing_is_fetched_for_strangers() {
    let app = TestApp::start().await;
    let site = Site::with(vec![("/logo", "image/gif", GIF.to_vec())]).await;
    let invitation = invitation(&app, 1).await;
    let mut body = document(&json!({ "logo_uri": site.url("/logo") }));
    let request = |header: Option<String>| {
        let mut request = Request::post(PATH).header("content-type", "application/json");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        request.body(body.to_string()).expect("a request")
    };

    let without = app.request(request(None)).await;
    let basic = app.request(request(Some(format!("Basic {}", STANDARD.encode(&invitation))))).await;
    let wrong = app.request(request(Some(format!("Bearer {invitation}x")))).await;
    let empty = app.request(request(Some("Bearer ".to_owned()))).await;
    let in_query = send(&app, "POST", &format!("{PATH}?access_token={invitation}"), None, &body.to_string()).await;
    body["access_token"] = json!(invitation);
    let in_body = send(&app, "POST", PATH, None, &body.to_string()).await;
    let wrong_and_unreadable = send(&app, "POST", PATH, Some("x"), "{").await;

    for answer in [&without, &basic, &in_query, &in_body] {
        unauthorized(answer, None);
    }
    assert_eq!(empty.status, 401, "{}", empty.body);
    unauthorized(&wrong, Some("invalid_token"));
    unauthorized(&wrong_and_unreadable, Some("invalid_token"));
    assert_eq!((client_count(&app).await, site.calls()), (0, 0));
    assert_eq!(events(&app).await, ["initial_access_token.issued"]);
}

#[tokio::test]
async fn a_client_is_told_everything_that_was_registered() {
    let app = TestApp::start().await;
    let wishes = json!({
        "client_name#en": "Handbook", "contacts": ["kim@so-tay.example"], "client_uri": "https://so-tay.example/",
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "client_secret_post",
        "scope": "email openid", "default_max_age": 600, "software_id": "so-tay", "unknown_member": 1,
    });

    let answer = post(&app, &invitation(&app, 1).await, &wishes).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
    let information = answer.json();
    for (member, value) in document(&wishes).as_object().expect("members") {
        let expected = if member == "unknown_member" { &Value::Null } else { value };
        assert_eq!(&information[member], expected, "{member}");
    }
    let defaults = [
        ("application_type", json!("web")),
        ("response_types", json!(["code"])),
        ("id_token_signed_response_alg", json!("RS256")),
        ("subject_type", json!("public")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(app.now_seconds())),
        ("registration_client_uri", json!(format!("{}{}", app.issuer(), place(&information)))),
    ];
    for (member, value) in defaults {
        assert_eq!(information[member], value, "{member}");
    }
    let id = text(&information, "client_id");
    let mut conn = app.services().store.read().await.expect("a connection");
    let client = clients::find(&mut conn, id).await.expect("an answer").expect("a client");
    assert!(client.settings.dynamic && client.settings.third_party && client.settings.require_pkce);
    assert_eq!(client.name, "Sổ tay");
    assert_eq!(client.settings.scopes, ["email", "openid"]);
    assert_eq!(client.secrets[0].digest, sha256(text(&information, "client_secret").as_bytes()));
    assert_eq!(events(&app).await, ["client.registered", "initial_access_token.issued"]);
}

#[tokio::test]
async fn secrets_and_tokens_have_256_bits_and_only_their_digests_are_kept() {
    let app = TestApp::start().await;
    let invitation = invitation(&app, 1).await;

    let information = post(&app, &invitation, &json!({})).await.json();

    let (secret, token) = (text(&information, "client_secret"), text(&information, "registration_access_token"));
    let mut conn = app.services().store.read().await.expect("a connection");
    let id = text(&information, "client_id");
    let kept = client_registrations::find(&mut conn, id).await.expect("an answer").expect("a registration");
    let client = clients::find(&mut conn, id).await.expect("an answer");
    let rows = audit::list_after(&mut conn, "", 1_000).await.expect("rows");
    let everything = format!("{kept:?} {client:?} {rows:?}");
    for word in [secret, token, invitation.as_str()] {
        assert_eq!(word.len(), 43, "256 bits");
        assert!(!everything.contains(word));
    }
    assert_eq!(kept.token_digest, sha256(token.as_bytes()));
}

#[tokio::test]
async fn an_invitation_is_good_for_its_uses_and_its_hours() {
    let app = TestApp::start().await;
    let twice = invitation(&app, 2).await;
    let late = invitation(&app, 1).await;

    let answers = [post(&app, &twice, &json!({})).await, post(&app, &twice, &json!({})).await];
    let third = post(&app, &twice, &json!({})).await;
    app.advance_seconds(24 * 3_600);
    let over = post(&app, &late, &json!({})).await;

    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 201]);
    assert_ne!(answers[0].json()["client_id"], answers[1].json()["client_id"]);
    unauthorized(&third, Some("invalid_token"));
    unauthorized(&over, Some("invalid_token"));
    assert_eq!(client_count(&app).await, 2);
}

#[tokio::test]
async fn a_refused_registration_spends_no_use() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;

    refused(&post(&app, &once, &json!({ "redirect_uris": ["http://so-tay.example/cb"] })).await, "redirect_uris");
    refused(&post(&app, &once, &json!({ "logo_uri": "https://127.0.0.1:1/" })).await, "logo_uri");

    assert_eq!(client_count(&app).await, 0);
    assert_eq!(post(&app, &once, &json!({})).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_who_use_one_invitation_at_once_one_registers() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;

    let tries: Vec<_> = (0..64)
        .map(|_| {
            let (app, once) = (app.clone(), once.clone());
            tokio::spawn(async move { post(&app, &once, &json!({})).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.expect("an answer").status);
    }

    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 63, "{statuses:?}");
    assert_eq!(client_count(&app).await, 1);
    assert_eq!(app.audit_events().await.iter().filter(|event| *event == "client.registered").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_registered_is_named_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let private = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c" }] });
    let table = [
        ("redirect_uris", json!([])),
        ("redirect_uris", json!("https://so-tay.example/cb")),
        ("redirect_uris", json!(["https://localhost/cb"])),
        ("redirect_uris", json!(vec!["https://so-tay.example/cb"; 21])),
        ("response_types", json!(["token"])),
        ("response_types", json!(["code token"])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!(["password", "authorization_code"])),
        ("application_type", json!("spa")),
        ("client_name", json!(7)),
        ("client_name", json!("Ngân\u{202e}hàng")),
        ("contacts", json!(["nobody"])),
        ("client_uri", json!("http://so-tay.example/")),
        ("jwks", private),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })),
        ("jwks", json!({ "keys": [] })),
        ("jwks", json!({})),
        ("jwks_uri", json!("ftp://so-tay.example/")),
        ("subject_type", json!("other")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP-256")),
        ("request_object_encryption_enc", json!("A256GCM")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("default_max_age", json!("600")),
        ("require_auth_time", json!("true")),
        ("scope", json!("openid unit")),
        ("scope", json!("roles")),
        ("scope", json!(["openid"])),
        ("post_logout_redirect_uris", json!(["http://so-tay.example/"])),
        ("frontchannel_logout_uri", json!("https://other.example/")),
        ("authorization_details_types", json!(["ho_so"])),
        ("sector_identifier_uri", json!("https://127.0.0.1:1/")),
    ];

    for (member, value) in table {
        refused(&post(&app, &once, &json!({ member: value })).await, member);
    }
    let vouched = post(&app, &once, &json!({ "software_statement": "a.b.c" })).await;

    assert_eq!((vouched.status, vouched.json()["error"].as_str()), (400, Some("unapproved_software_statement")));
    assert_eq!(client_count(&app).await, 0);
    assert_eq!(events(&app).await, ["initial_access_token.issued"]);
}

#[tokio::test]
async fn a_body_is_a_json_object_of_reasonable_size() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let fine = document(&json!({})).to_string();
    let with_type = |kind: &str| {
        let request = Request::post(PATH).header("authorization", format!("Bearer {once}")).header("content-type", kind);
        request.body(fine.clone()).expect("a request")
    };
    let deep = format!("{{\"redirect_uris\":[\"https://so-tay.example/cb\"],\"x\":{}{}}}", "[".repeat(8), "]".repeat(8));
    let padded = format!("{fine}{}", " ".repeat(64 * 1024));

    for (status, answer) in [
        (400, app.request(with_type("text/plain")).await),
        (400, app.request(with_type("application/x-www-form-urlencoded")).await),
        (400, send(&app, "POST", PATH, Some(&once), "[]").await),
        (400, send(&app, "POST", PATH, Some(&once), "{\"redirect_uris\":").await),
        (400, send(&app, "POST", PATH, Some(&once), &deep).await),
        (413, send(&app, "POST", PATH, Some(&once), &padded).await),
    ] {
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some("invalid_client_metadata")),
            "{}",
            answer.body
        );
    }
    assert_eq!(client_count(&app).await, 0);
    assert_eq!(app.request(with_type("Application/JSON; charset=utf-8")).await.status, 201);
}

/// What a client asks for in a browser.
fn asked(information: &Value, scope: &str) -> String {
    let fields = [
        ("response_type", "code"),
        ("client_id", text(information, "client_id")),
        ("redirect_uri", "https://so-tay.example/cb"),
        ("scope", scope),
        ("state", "st"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    format!("/oauth2/authorize?{}", encode(&fields))
}

/// A code, by way of every page.
async fn code(app: &TestApp, information: &Value, username: &str, scope: &str) -> Answer {
    let official = app.official(username).await;
    app.browser().sign_in(&official, &asked(information, scope)).await
}

async fn redeem(app: &TestApp, information: &Value, secret: &str, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "https://so-tay.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let mut request = form_request("/oauth2/token", &fields);
    let basic = STANDARD.encode(format!("{}:{secret}", text(information, "client_id")));
    request.headers_mut().insert("authorization", format!("Basic {basic}").parse().expect("a header"));
    app.request(request).await
}

#[tokio::test]
async fn people_are_asked_and_what_is_the_citys_alone_is_never_told() {
    let app = TestApp::start().await;
    let information = registered(&app, &json!({})).await;
    let id = text(&information, "client_id").to_owned();

    let answer = code(&app, &information, "kim", "openid profile unit position positions roles").await;
    let arrived = answer.param("code").unwrap_or_else(|| panic!("no code came: {} {}", answer.status, answer.body));
    let tokens = redeem(&app, &information, text(&information, "client_secret"), &arrived).await;

    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = tokens.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(app.claims(&access)["scope"], "openid profile");
    let id_token = tokens.json()["id_token"].as_str().expect("a token").to_owned();
    assert_eq!(app.header(&id_token)["alg"], "RS256", "what the specification gives who names none");
    assert_eq!(app.audit_events().await.iter().filter(|event| *event == "consent.given").count(), 1);
    let mut conn = app.services().store.read().await.expect("a connection");
    let kim = motlan::store::persons::find_id_by_username(&mut conn, "kim").await.expect("an answer").expect("a person");
    assert_eq!(consents::find(&mut conn, &kim, &id).await.expect("an answer").as_deref(), Some("openid profile"));
}

#[tokio::test]
async fn a_sector_document_lists_every_address_or_the_client_does_not_join() {
    let app = TestApp::start().await;
    let listed = json!(["https://so-tay.example/cb", "https://other.example/cb"]).to_string();
    let site = Site::with(vec![
        ("/all", "application/json", listed.clone().into_bytes()),
        ("/other", "application/json", json!(["https://other.example/cb"]).to_string().into_bytes()),
        ("/object", "application/json", b"{}".to_vec()),
        ("/page", "text/html", listed.into_bytes()),
    ])
    .await;
    let once = invitation(&app, 1).await;
    let both = json!(["https://so-tay.example/cb", "https://other.example/cb"]);
    let wish = |path: &str| json!({ "subject_type": "pairwise", "redirect_uris": both, "sector_identifier_uri": site.url(path) });

    for path in ["/other", "/object", "/page", "/missing"] {
        refused(&post(&app, &once, &wish(path)).await, "sector_identifier_uri");
    }
    let without = json!({ "subject_type": "pairwise", "redirect_uris": both });
    refused(&post(&app, &once, &without).await, "sector_identifier_uri");
    assert_eq!(client_count(&app).await, 0);
    let joined = post(&app, &once, &wish("/all")).await;

    assert_eq!(joined.status, 201, "{}", joined.body);
    assert_eq!(joined.json()["sector_identifier_uri"], json!(site.url("/all")));
}

#[tokio::test]
async fn a_picture_is_fetched_once_and_shown_from_our_own_copy() {
    let app = TestApp::start().await;
    let mut wide = GIF.to_vec();
    wide[7] = 5;
    let site = Site::with(vec![
        ("/logo", "image/png", GIF.to_vec()),
        ("/wide", "image/gif", wide),
        ("/drawing", "image/png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("/svg", "image/svg+xml", GIF.to_vec()),
        ("/large", "image/gif", [GIF, vec![0; 256 * 1024].as_slice()].concat()),
    ])
    .await;
    let once = invitation(&app, 1).await;

    for path in ["/wide", "/drawing", "/svg", "/large", "/missing"] {
        refused(&post(&app, &once, &json!({ "logo_uri": site.url(path) })).await, "logo_uri");
    }
    assert_eq!(client_count(&app).await, 0);
    let before = site.calls();
    let information = post(&app, &once, &json!({ "logo_uri": site.url("/logo") })).await.json();
    let path = format!("/clients/{}/logo", text(&information, "client_id"));
    let shown = [app.get(&path).await, app.get(&path).await];

    assert_eq!(site.calls(), before + 1, "fetched once");
    for answer in &shown {
        assert_eq!((answer.status, answer.body.as_bytes()), (200, GIF));
        assert_eq!(answer.header("content-type"), Some("image/gif"), "by its bytes, not by the sender's word");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
        assert!(answer.header("cache-control").is_some_and(|keep| keep.contains("max-age=604800")));
    }
    for unknown in ["/clients/nobody/logo", "/clients/%20/logo"] {
        assert_eq!(app.get(unknown).await.status, 404);
    }

    let same = manage(&app, "PUT", &information, &to_put(&information, &json!({})).to_string()).await;
    assert_eq!((same.status, site.calls()), (200, before + 1), "an unchanged address is not fetched again");
    let without = manage(&app, "PUT", &information, &to_put(&information, &json!({ "logo_uri": null })).to_string()).await;
    assert_eq!(without.status, 200, "{}", without.body);
    assert_eq!(app.get(&path).await.status, 404);
}

#[tokio::test]
async fn pages_show_the_picture_from_here_and_the_host_behind_every_link() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let city = app.client("tthc", |_| {}).await;
    let site = Site::with(vec![("/logo", "image/gif", GIF.to_vec())]).await;
    let links = [
        ("client_uri", "https://so-tay.example/", "so-tay.example"),
        ("policy_uri", "https://luat.example/so-tay?a=1&b=2", "luat.example"),
        ("tos_uri", "https://so-tay.example/terms", "so-tay.example"),
    ];
    let mut wishes = json!({ "logo_uri": site.url("/logo") });
    for (member, address, _) in links {
        wishes[member] = json!(address);
    }
    let information = registered(&app, &wishes).await;
    let path = asked(&information, "openid profile");
    let mut browser = app.browser();

    let entry = browser.get(&path).await;
    let entry = browser.follow(entry).await;
    let of_city = browser.get(&app.authorize_path(&city, &[])).await;
    let of_city = browser.follow(of_city).await;
    browser.sign_in(&kim, &app.authorize_path(&city, &[])).await;
    let consent = browser.get(&path).await;
    let consent = browser.follow(consent).await;

    assert_eq!((entry.page(), of_city.page(), consent.page()), (Some("signin"), Some("signin"), Some("consent")));
    let picture = format!("<img class=\"logo\" src=\"/clients/{}/logo\" alt=\"\"", text(&information, "client_id"));
    for page in [&entry, &consent] {
        assert!(page.body.contains(&picture) && page.body.contains("https://so-tay.example"), "{}", page.body);
        assert!(!page.body.contains("src=\"http") && !page.body.contains(&site.url("/logo")), "nothing is loaded from elsewhere");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("img-src"), "{policy}");
    }
    let plain = !of_city.body.contains("class=\"logo\"") && !of_city.body.contains("tthc.example");
    assert!(plain, "a system of the city's own needs no warning");
    for (_, address, host) in links {
        let address = address.replace('&', "&#38;");
        let link = format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
        assert!(consent.body.contains(&link), "{link}: {}", consent.body);
        assert!(consent.body.contains(&format!("<span class=\"soft\">{host}</span>")), "{host}: {}", consent.body);
    }
    assert!(consent.body.contains("Hệ thống này tự đăng ký"), "{}", consent.body);
    assert_eq!(site.calls(), 1, "a person's browser is never sent there for a picture");
}

#[tokio::test]
async fn the_portal_begins_a_sign_in_where_a_system_of_the_citys_wants_it_to() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            settings.home_uri = Some("https://tthc.example/home?a=1".to_owned());
            settings.initiate_login_uri = Some("https://tthc.example/login?by=portal".to_owned());
        })
        .await;
    app.client("van-ban", |settings| settings.home_uri = Some("https://van-ban.example/".to_owned())).await;
    registered(&app, &json!({ "initiate_login_uri": "https://so-tay.example/login" })).await;
    let mut browser = app.browser();
    browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;

    let portal = browser.get("/").await;

    assert_eq!(portal.page(), Some("portal"));
    let asked = [("iss", app.issuer()), ("target_link_uri", "https://tthc.example/home?a=1")];
    let begun = format!("https://tthc.example/login?by=portal&#38;{}", encode(&asked).replace('&', "&#38;"));
    assert!(portal.body.contains(&format!("href=\"{begun}\"")), "{}", portal.body);
    assert!(portal.body.contains("href=\"https://van-ban.example/\""), "{}", portal.body);
    assert!(!portal.body.contains("so-tay"), "whoever registers does not hang itself up in the portal: {}", portal.body);
}

#[tokio::test]
async fn an_assertion_is_signed_with_the_algorithm_that_was_registered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let table = [("any", None, true), ("same", Some(Algorithm::Es256), true), ("other", Some(Algorithm::Ps256), false)];

    for (id, algorithm, fine) in table {
        let client = app.client_with_key(id, |settings| settings.token_endpoint_auth_alg = algorithm).await;
        let code = app.code(&client, &kim, &[]).await;
        let answer = app.redeem(&client, &code).await;

        assert_eq!(answer.status, if fine { 200 } else { 401 }, "{id}: {}", answer.body);
        if !fine {
            assert_eq!(answer.json()["error"], "invalid_client", "{id}");
        }
    }
}

#[tokio::test]
async fn a_client_reads_what_it_registered_and_nobody_else_does() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({ "contacts": ["kim@so-tay.example"], "client_name#en": "Handbook" })).await;
    let other = registered(&app, &json!({})).await;
    let city = app.client("tthc", |_| {}).await;
    let mut expected = own.clone();
    expected.as_object_mut().expect("members").remove("client_secret");

    let read = manage(&app, "GET", &own, "").await;

    assert_eq!((read.status, read.header("cache-control")), (200, Some("no-store")));
    assert_eq!(read.json(), expected, "all but the secret, which nobody here knows any more");
    let token = text(&own, "registration_access_token");
    let places = [place(&other), format!("{PATH}/{}", city.id), format!("{PATH}/nobody"), format!("{PATH}/%20")];
    let mut answers = vec![send(&app, "GET", &place(&own), Some("wrong"), "").await];
    for place in &places {
        for method in ["GET", "PUT", "DELETE"] {
            answers.push(send(&app, method, place, Some(token), "").await);
        }
    }
    for answer in &answers {
        unauthorized(answer, Some("invalid_token"));
        assert_eq!(answer.body, answers[0].body, "nobody learns which clients there are");
    }
    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&send(&app, method, &place(&own), None, "").await, None);
    }
    assert_eq!(manage(&app, "GET", &other, "").await.status, 200);
}

#[tokio::test]
async fn a_change_replaces_the_whole_registration() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({ "contacts": ["kim@so-tay.example"], "default_max_age": 600 })).await;
    let changes = json!({ "client_name": "Sổ tay mới", "contacts": null, "default_max_age": null, "scope": "openid" });

    let changed = manage(&app, "PUT", &own, &to_put(&own, &changes).to_string()).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    let information = changed.json();
    assert_eq!((text(&information, "client_name"), text(&information, "scope")), ("Sổ tay mới", "openid"));
    for gone in ["contacts", "default_max_age", "client_secret"] {
        assert_eq!(information[gone], Value::Null, "{gone}");
    }
    for kept in ["client_id", "client_id_issued_at", "registration_access_token", "registration_client_uri"] {
        assert_eq!(information[kept], own[kept], "{kept}");
    }
    assert_eq!(manage(&app, "GET", &own, "").await.json(), information);
    let client = app.services().client(text(&own, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!((client.name.as_str(), client.settings.default_max_age), ("Sổ tay mới", None));
    assert!(events(&app).await.contains(&"client.changed".to_owned()));
}

#[tokio::test]
async fn a_change_that_is_not_the_clients_to_make_changes_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let before = manage(&app, "GET", &own, "").await.json();
    let table = [
        ("client_id", json!("another")),
        ("client_id", json!(null)),
        ("client_secret", json!("of my own choice")),
        ("client_secret", json!(1)),
        ("registration_access_token", own["registration_access_token"].clone()),
        ("registration_client_uri", own["registration_client_uri"].clone()),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", own["client_id_issued_at"].clone()),
        ("scope", json!("openid unit")),
        ("redirect_uris", json!(["http://so-tay.example/cb"])),
        ("grant_types", json!(["authorization_code", "client_credentials"])),
    ];

    for (member, value) in table {
        let body = to_put(&own, &json!({ member: value, "client_name": "Khác" })).to_string();
        refused(&manage(&app, "PUT", &own, &body).await, member);
    }

    assert_eq!(manage(&app, "GET", &own, "").await.json(), before);
    assert!(!app.audit_events().await.contains(&"client.changed".to_owned()));
    let good = to_put(&own, &json!({})).to_string();
    assert_eq!(manage(&app, "PUT", &own, &good).await.status, 200, "its present secret may come along");
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method_that_uses_it() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let method = |name: &str| to_put(&own, &json!({ "token_endpoint_auth_method": name, "client_secret": null })).to_string();

    let public = manage(&app, "PUT", &own, &method("none")).await.json();
    let again = manage(&app, "PUT", &own, &method("client_secret_basic")).await.json();

    assert_eq!((&public["client_secret"], &public["client_secret_expires_at"]), (&Value::Null, &Value::Null));
    let fresh = text(&again, "client_secret");
    assert_ne!(fresh, text(&own, "client_secret"));
    assert_eq!(again["client_secret_expires_at"], 0);
    let arrived = code(&app, &own, "kim", "openid").await.param("code").expect("a code");
    let with_old = redeem(&app, &own, text(&own, "client_secret"), &arrived).await;
    assert_eq!((with_old.status, with_old.json()["error"].as_str()), (401, Some("invalid_client")));
    assert_eq!(redeem(&app, &own, fresh, &arrived).await.status, 200);
}

#[tokio::test]
async fn a_client_that_removes_itself_is_refused_everywhere_from_then_on() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let id = text(&own, "client_id").to_owned();
    let secret = text(&own, "client_secret").to_owned();
    let arrived = code(&app, &own, "kim", "openid").await.param("code").expect("a code");
    let access = redeem(&app, &own, &secret, &arrived).await.json()["access_token"].as_str().expect("a token").to_owned();
    let unused = code(&app, &own, "lan", "openid").await.param("code").expect("a code");
    assert_eq!(app.userinfo(&access).await.status, 200);

    let removed = manage(&app, "DELETE", &own, "").await;

    assert_eq!((removed.status, removed.body.as_str(), removed.header("cache-control")), (204, "", Some("no-store")));
    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&manage(&app, method, &own, "").await, Some("invalid_token"));
    }
    assert_eq!(app.userinfo(&access).await.status, 401);
    assert_eq!(redeem(&app, &own, &secret, &unused).await.json()["error"], "invalid_client");
    let asked = app.get(&format!("/oauth2/authorize?response_type=code&client_id={id}")).await;
    assert_eq!(asked.error_page(), Some("unknown_client"));
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(clients::find(&mut conn, &id).await.expect("an answer").is_some_and(|client| client.disabled_at.is_some()));
    assert!(client_logos::find(&mut conn, &id).await.expect("an answer").is_none());
    assert_eq!(app.audit_events().await.iter().filter(|event| *event == "client.removed").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_is_removed_once_however_often_it_asks_at_once() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;

    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (app, own) = (app.clone(), own.clone());
            tokio::spawn(async move { manage(&app, "DELETE", &own, "").await })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.expect("an answer").status);
    }

    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 15, "{statuses:?}");
    assert_eq!(app.audit_events().await.iter().filter(|event| *event == "client.removed").count(), 1);
}

#[tokio::test]
async fn a_client_that_the_city_switched_off_looks_after_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    register::disable(app.services(), text(&own, "client_id"), "os:test").await.expect("switched off");

    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&manage(&app, method, &own, &to_put(&own, &json!({})).to_string()).await, Some("invalid_token"));
    }
}

#[tokio::test]
async fn a_client_reaches_what_understands_the_details_that_it_may_ask_and_nothing_else() {
    let app = stage(|config| config.registration.authorization_details_types = vec!["ho_so".to_owned()]).await;
    for (identifier, kind) in [("https://ho-so.example/api", "ho_so"), ("https://kho.example/api", "kho")] {
        let details = json!({ kind: { "required": ["identifier"], "optional": [] } });
        add_resource(&app, json!({ "identifier": identifier, "name": kind, "details": details })).await;
    }
    let once = invitation(&app, 1).await;

    let information = post(&app, &once, &json!({ "authorization_details_types": ["ho_so"] })).await.json();

    assert_eq!(information["authorization_details_types"], json!(["ho_so"]), "{information}");
    let client = app.services().client(text(&information, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!(client.settings.resources, ["https://ho-so.example/api"]);
    let resources = resources::list(app.services()).await.expect("resources");
    assert_eq!(client.refuse(&resources), None);
}

#[tokio::test]
async fn a_profile_that_the_city_set_is_not_left_by_registering_anew() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let own = post(&app, &once, &json!({})).await.json();
    let strict = |client: &mut Client| {
        client.settings.profile = Profile::Fapi2;
        client.settings.auth_method = AuthMethod::PrivateKeyJwt;
        client.settings.jwks_uri = Some("https://so-tay.example/jwks".to_owned());
        (client.settings.id_token_alg, client.settings.authorization_signed_response_alg) = (Algorithm::Es256, Algorithm::Es256);
        Ok(())
    };
    register::change(app.services(), text(&own, "client_id"), "os:test", strict).await.expect("changed");

    let back = manage(&app, "PUT", &own, &to_put(&own, &json!({})).to_string()).await;

    assert_eq!((back.status, back.json()["error"].as_str()), (400, Some("invalid_client_metadata")), "{}", back.body);
    let client = app.services().client(text(&own, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!((client.settings.profile, client.settings.auth_method), (Profile::Fapi2, AuthMethod::PrivateKeyJwt));
}

#[tokio::test]
async fn a_secret_ends_when_the_policy_says() {
    let app = stage(|config| config.registration.client_secret_seconds = 3_600).await;
    let information = registered(&app, &json!({})).await;
    let told = information["client_secret_expires_at"].as_i64().expect("seconds");
    assert_eq!(told, app.now_seconds() + 3_600);

    for (seconds, error) in [(0, "invalid_grant"), (3_599, "invalid_grant"), (1, "invalid_client")] {
        app.advance_seconds(seconds);
        app.sync().await;
        let answer = redeem(&app, &information, text(&information, "client_secret"), "no-code").await;
        assert_eq!(answer.json()["error"], error, "{seconds} s later");
    }
    let read = manage(&app, "GET", &information, "").await.json();
    assert_eq!(read["client_secret_expires_at"], told);
    let forever = registered(&TestApp::start().await, &json!({})).await;
    assert_eq!(forever["client_secret_expires_at"], 0);
}

#[tokio::test]
async fn the_implicit_flow_is_registered_only_where_it_is_switched_on() {
    let asked = json!({ "grant_types": ["implicit"], "response_types": ["id_token"] });
    let app = stage(|config| config.flows.implicit = true).await;
    assert_eq!(registered(&app, &asked).await["response_types"], json!(["id_token"]));

    let app = TestApp::start().await;
    let answer = post(&app, &invitation(&app, 1).await, &asked).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_client_metadata")), "{}", answer.body);
    assert_eq!(client_count(&app).await, 0);
}
