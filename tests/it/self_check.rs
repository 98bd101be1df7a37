//! Checking a client by a real sign-in: it shows what a client would get, to whoever signed in, and gives nobody a token.

use crate::clients_console::{administrator, send};
use crate::support::records::{count_of, rows_of, was_redeemed};
use crate::support::requests::{PAR, post};
use crate::support::{Answer, Browser, TestApp, TestClient, VERIFIER, encode};
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::{ClientType, Profile};
use motlan::store::grants;
use serde_json::Value;

const CHECK: &str = "/admin/clients/tthc/check";

/// The whole way, as a browser goes it.
async fn run(browser: &mut Browser, path: &str) -> Answer {
    let begun = send(browser, path, &[]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    browser.follow(begun).await
}

/// The answer of a check that was begun and that nobody took yet: path and query of the callback.
async fn answer_of(app: &TestApp, browser: &mut Browser) -> String {
    let begun = send(browser, CHECK, &[]).await;
    let location = begun.location().to_owned();
    let path = location.strip_prefix(app.issuer()).expect("our own page").to_owned();
    assert!(path.starts_with(&format!("{CHECK}/callback?code=")), "{path}");
    path
}

/// Sends a step of a sign-in.
async fn fill(browser: &mut Browser, path: &str, page: &Answer, field: (&str, &str)) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post(path, &[("csrf", &csrf), ("request", &request), field]).await
}

fn callback(app: &TestApp) -> String {
    format!("{}{CHECK}/callback", app.issuer())
}

fn parameter(path: &str, name: &str) -> String {
    let query = path.split_once('?').expect("a query").1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(found, _)| found == name).expect("a parameter").1.into_owned()
}

/// The grants that were ever recorded for a client, and whether each was revoked.
async fn grants_of(app: &TestApp, sub_of: &str) -> Vec<bool> {
    let mut revoked = Vec::new();
    for row in rows_of(app, "token.revoked").await {
        let detail: Value = serde_json::from_str(&row.detail).expect("JSON");
        let Some(id) = detail["grant"].as_str() else { continue };
        let mut conn = app.services().store.read().await.expect("a connection");
        let grant = grants::find(&mut conn, id).await.expect("an answer").expect("a grant");
        assert_eq!(grant.client_id, sub_of);
        revoked.push(grant.revoked_at.is_some());
    }
    revoked
}

#[tokio::test]
async fn a_check_shows_each_step_and_claim_and_leaves_no_token() {
    let app = TestApp::start().await;
    app.client("tthc", |settings| settings.roles = vec!["xu_ly".to_owned()]).await;
    let (root, mut browser) = administrator(&app, "root", AdminRole::System, None).await;

    let page = browser.get(CHECK).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-client-check")), "{}", page.body);
    assert!(!page.body.contains("id=\"check-report\""), "nothing was run yet");
    let report = run(&mut browser, CHECK).await;

    assert_eq!((report.status, report.page()), (200, Some("admin-client-check")), "{}", report.body);
    assert_eq!(report.body.matches("<h3 class=\"name\">").count(), 6, "each step: {}", report.body);
    for claim in ["preferred_username", "auth_time", "sub", "email"] {
        assert!(report.body.contains(&format!("<code>{claim}</code>")), "{claim}");
    }
    assert!(report.body.contains("root@vi-du.vn"), "what the client is told");
    assert!(!report.body.contains("eyJ") && !report.body.contains("mlat_"), "no token is shown: {}", report.body);
    assert!(report.body.contains("note warn"), "this person has no role in it: {}", report.body);
    assert_eq!(grants_of(&app, "tthc").await, [true], "what was issued was taken back");
    let rows = rows_of(&app, "client.checked").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].actor.as_deref(), Some(root.id.as_str()));
    assert!(!rows[0].detail.contains("eyJ"));
}

#[tokio::test]
async fn a_check_that_asks_for_everything_once_more_goes_through_the_pages_of_a_sign_in() {
    let app = TestApp::start().await;
    app.client("tthc", |settings| settings.third_party = true).await;
    let (root, mut browser) = administrator(&app, "root", AdminRole::System, None).await;

    let begun = send(&mut browser, CHECK, &[("anew", "1")]).await;
    let name = browser.follow(begun).await;
    assert_eq!(name.page(), Some("signin"), "{}", name.body);
    let sent = fill(&mut browser, "/signin", &name, ("username", &root.username)).await;
    let password = browser.follow(sent).await;
    assert_eq!(password.page(), Some("password"), "{}", password.body);
    let cancelled = fill(&mut browser, "/signin/password", &password, ("decision", "deny")).await;
    let report = browser.follow(cancelled).await;

    assert_eq!(report.page(), Some("admin-client-check"), "{}", report.body);
    assert!(report.body.contains("access_denied"), "the step that failed is named: {}", report.body);
    assert_eq!(count_of(&app, "client.checked").await, 1);
    assert!(grants_of(&app, "tthc").await.is_empty());

    let consent = run(&mut browser, CHECK).await;
    assert_eq!(consent.page(), Some("consent"), "others are asked about, here too: {}", consent.body);
    let allowed = fill(&mut browser, "/signin/consent", &consent, ("decision", "allow")).await;
    let report = browser.follow(allowed).await;
    assert!(report.body.contains("root@vi-du.vn"), "{}", report.body);
}

#[tokio::test]
async fn no_request_from_outside_leads_to_the_page_that_takes_the_answer() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let kim = app.official("kim").await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let mut victim = app.browser();
    assert_eq!(victim.sign_in(&kim, "/signin").await.page(), Some("portal"));

    let lure = app.authorize_path(&tthc, &[("redirect_uri", &callback(&app))]);
    for browser in [&mut victim, &mut root] {
        let answer = browser.get(&lure).await;
        assert_eq!((answer.status, answer.error_page()), (400, Some("unregistered_redirect_uri")), "{}", answer.body);
    }
    let redirect = callback(&app);
    let pushed = [("client_id", "tthc"), ("response_type", "code"), ("redirect_uri", redirect.as_str()), ("scope", "openid")];
    let refused = post(&app, &tthc, PAR, &pushed, &[]).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    for browser in [&mut victim, &mut root] {
        let answer = browser.get(&format!("{CHECK}/callback?code=x&state=y&iss={}", app.issuer())).await;
        assert!([403, 410].contains(&answer.status), "{} {}", answer.status, answer.body);
    }
    assert_eq!(count_of(&app, "client.checked").await, 0);
}

#[tokio::test]
async fn an_answer_counts_where_it_was_asked_for_and_nowhere_else() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    app.client("qlvb", |_| {}).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let mut stranger = app.browser();

    // Somebody else's browser, with the very same rights, signed on or not.
    for browser in [&mut root, &mut stranger] {
        let answer = answer_of(&app, &mut owner).await;
        let code = parameter(&answer, "code");
        let taken = browser.get(&answer).await;
        assert!([303, 410].contains(&taken.status), "{} {}", taken.status, taken.body);
        assert!(!taken.body.contains("Nguyễn Văn owner") && !was_redeemed(&app, &tthc, &code).await);
    }
    let spoiled = answer_of(&app, &mut owner).await;
    assert_eq!(root.get(&spoiled).await.status, 410);
    assert_eq!(owner.get(&spoiled).await.status, 410, "whoever asks wrongly spoils it");
    // Another client's page.
    let answer = answer_of(&app, &mut root).await;
    let moved = answer.replace("/clients/tthc/", "/clients/qlvb/");
    assert_eq!(root.get(&moved).await.status, 410);
    // Another sign-on of the same person in the same browser.
    let answer = answer_of(&app, &mut owner).await;
    let mut without = owner.clone();
    without.cookies.retain(|name, _| !name.contains("sign_on"));
    assert_eq!(without.get(&answer).await.status, 303, "to sign in");
    assert_eq!(count_of(&app, "client.checked").await, 0, "nothing came of any of it");
    let mut kept = owner.clone();
    let mut other = app.browser();
    kept.cookies.retain(|name, _| !name.contains("browser"));
    other.get("/signin/recover").await;
    for (name, value) in other.cookies.iter().filter(|(name, _)| name.contains("browser")) {
        kept.cookies.insert(name.clone(), value.clone());
    }
    assert_eq!(kept.get(&answer).await.status, 410, "the sign-on in another browser");
}

#[tokio::test]
async fn an_answer_counts_once_and_for_ten_minutes() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let first = answer_of(&app, &mut root).await;
    let taken = root.get(&first).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    let report = taken.location().to_owned();
    assert!(!report.contains("code=") && !report.contains("state="), "{report}");
    assert_eq!(root.get(&first).await.status, 410, "once");
    assert_eq!(root.get(&report).await.status, 200, "what came of it can be read again");
    let late = answer_of(&app, &mut root).await;
    let code = parameter(&late, "code");
    app.advance_seconds(600);
    assert_eq!(root.get(&late).await.status, 410, "ten minutes");
    assert!(!was_redeemed(&app, &tthc, &code).await);
    let gone = root.get(&report).await;
    assert!(gone.status == 200 && !gone.body.contains("id=\"check-report\""), "{}", gone.body);
    assert_eq!(count_of(&app, "client.checked").await, 1);
}

#[tokio::test]
async fn the_code_of_a_check_is_worth_nothing_to_whoever_holds_the_secret() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let answer = answer_of(&app, &mut owner).await;
    let (code, redirect) = (parameter(&answer, "code"), callback(&app));

    let tries = [(redirect.as_str(), VERIFIER), (tthc.redirect_uri.as_str(), VERIFIER), (redirect.as_str(), "")];
    for (redirect_uri, verifier) in tries {
        let mut fields = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", redirect_uri)];
        if !verifier.is_empty() {
            fields.push(("code_verifier", verifier));
        }
        let refused = app.token(&tthc, &fields).await;
        assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")), "{}", refused.body);
    }
    assert!(!was_redeemed(&app, &tthc, &code).await);
}

#[tokio::test]
async fn somebody_elses_code_gets_nobody_a_look_at_them() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let kim = app.official("kim").await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let stolen = app.code(&tthc, &kim, &[]).await;
    let own = answer_of(&app, &mut owner).await;
    let state = parameter(&own, "state");
    let fields = encode(&[("code", &stolen), ("state", &state), ("iss", app.issuer())]);

    let taken = owner.get(&format!("{CHECK}/callback?{fields}")).await;
    let report = owner.follow(taken).await;

    assert_eq!(report.page(), Some("admin-client-check"), "{}", report.body);
    assert!(!report.body.contains("Nguyễn Văn kim") && !report.body.contains("kim@vi-du.vn"));
    assert!(!was_redeemed(&app, &tthc, &stolen).await, "it is still the system's own to redeem");
}

#[tokio::test]
async fn what_came_of_a_check_is_for_whoever_ran_it() {
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let answer = answer_of(&app, &mut owner).await;
    let report = owner.get(&answer).await.location().to_owned();

    let others = root.get(&report).await;
    assert!(others.status == 200 && !others.body.contains("Nguyễn Văn owner"), "{}", others.body);
    assert!(owner.get(&report).await.body.contains("owner@vi-du.vn"));
}

#[tokio::test]
async fn mistakes_of_a_registration_are_named() {
    let app = TestApp::start().await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    app.client("tthc", |settings| settings.minimum_level = Some(4)).await;
    let report = run(&mut root, CHECK).await;
    assert!(report.body.contains("unmet_authentication_requirements"), "{}", report.body);

    app.client("service", |settings| {
        settings.application_type = ClientType::Service;
        settings.grant_types = vec!["client_credentials".to_owned()];
        settings.redirect_uris.clear();
        settings.scopes.clear();
    })
    .await;
    let page = send(&mut root, "/admin/clients/service/check", &[]).await;
    assert_eq!((page.status, page.page()), (422, Some("admin-client-check")), "{}", page.body);
    assert_eq!(root.get("/admin/clients/no-such/check").await.status, 404);
}

#[tokio::test]
async fn clients_with_stricter_rules_are_checked_by_the_same_rules() {
    let app = TestApp::start().await;
    let strict: TestClient = app.client_with_key("tthc", |settings| settings.profile = Profile::Fapi2MessageSigning).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let report = run(&mut root, CHECK).await;

    assert!(report.body.contains("DPoP") && report.body.contains("root@vi-du.vn"), "{}", report.body);
    assert_eq!(grants_of(&app, &strict.id).await, [true]);
}
