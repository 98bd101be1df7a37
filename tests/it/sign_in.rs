//! Signing in: forms of this browser only, 303 after each, cancel on each, and guessing has to wait.

use crate::support::requests::send;
use crate::support::{Answer, Browser, Official, TestApp, TestClient, stage};
use motlan::base::digest::sha256;
use motlan::store::{audit, sign_ons};
use std::collections::BTreeSet;

const SIGN_ON: &str = "__Host-motlan_sign_on";
/// The wait after the last failure before a name is locked.
const LONGEST_DELAY: i64 = 4;
const STEPS: [&str; 4] = ["signin", "password", "position", "consent"];

/// A house in which signing in takes every step: two positions, and a client that asks for consent.
struct Scene {
    app: TestApp,
    kim: Official,
    partner: TestClient,
}

async fn scene() -> Scene {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26737"]).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    Scene { app, kim, partner }
}

impl Scene {
    /// The first page.
    async fn begin(&self, browser: &mut Browser) -> Answer {
        let answer = browser.get(&self.app.authorize_path(&self.partner, &[("scope", "openid profile position")])).await;
        assert_eq!(answer.status, 303);
        browser.follow(answer).await
    }

    /// What a person fills in on a step, beside the hidden fields.
    fn filled(&self, step: &str) -> Vec<(&'static str, String)> {
        match step {
            "signin" => vec![("username", self.kim.username.clone())],
            "password" => vec![("password", self.kim.password.clone())],
            "position" => vec![("position", self.kim.positions[1].as_str().to_owned())],
            "consent" => vec![("decision", "allow".to_owned())],
            other => panic!("an unknown step {other}"),
        }
    }

    /// The pages up to a step, sent as a person would.
    async fn walk_to(&self, browser: &mut Browser, step: &str) -> Answer {
        let mut page = self.begin(browser).await;
        for passed in STEPS.iter().take_while(|passed| **passed != step) {
            assert_eq!(page.page(), Some(*passed));
            let sent = submit(browser, &page, &page.hidden("csrf"), &self.filled(passed)).await;
            page = browser.follow(sent).await;
        }
        assert_eq!(page.page(), Some(step));
        page
    }
}

fn path_of(step: &str) -> String {
    if step == "signin" { "/signin".to_owned() } else { format!("/signin/{step}") }
}

async fn submit(browser: &mut Browser, page: &Answer, csrf: &str, filled: &[(&'static str, String)]) -> Answer {
    let request = page.hidden("request");
    let mut fields = vec![("csrf", csrf), ("request", request.as_str())];
    fields.extend(filled.iter().map(|(name, value)| (*name, value.as_str())));
    browser.post(&path_of(page.page().expect("a page")), &fields).await
}

/// A request with a browser's cookies and further headers.
async fn send_from(app: &TestApp, browser: &Browser, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    send(app, method, path, &[headers, &[("cookie", cookies.as_str())]].concat(), &body).await
}

async fn addresses(app: &TestApp) -> BTreeSet<Option<String>> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 10_000).await.expect("answered");
    rows.into_iter().filter(|row| row.event.starts_with("sign_in.")).map(|row| row.address).collect()
}

#[tokio::test]
async fn a_form_without_its_csrf_value_changes_nothing() {
    let scene = scene().await;
    let foreign = scene.begin(&mut scene.app.browser()).await.hidden("csrf");

    for step in STEPS {
        let mut browser = scene.app.browser();
        let page = scene.walk_to(&mut browser, step).await;
        let before = browser.cookies.get(SIGN_ON).cloned();
        let events = scene.app.audit_events().await;
        let right = page.hidden("csrf");
        for (case, csrf) in [("missing", ""), ("another browser's", foreign.as_str()), ("cut short", &right[1..])] {
            let answer = submit(&mut browser, &page, csrf, &scene.filled(step)).await;
            assert_eq!(answer.status, 403, "{step}: {case}");
            assert_eq!(answer.error_page(), Some("forbidden"), "{step}: {case}");
            assert_eq!(answer.header("location"), None, "{step}: {case}");
        }
        assert_eq!(browser.cookies.get(SIGN_ON), before.as_ref(), "{step}: no sign-on");
        assert_eq!(scene.app.audit_events().await, events, "{step}: nothing happened");
        let answer = submit(&mut browser, &page, &right, &scene.filled(step)).await;
        assert_eq!(answer.status, 303, "{step}: the right form still counts");
    }
}

#[tokio::test]
async fn a_form_that_another_site_sent_changes_nothing() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let page = scene.walk_to(&mut browser, "password").await;
    let form = format!("csrf={}&request={}&password=x", page.hidden("csrf"), page.hidden("request"));
    let form_type = ("content-type", "application/x-www-form-urlencoded");

    for site in ["cross-site", "same-site"] {
        let headers = [form_type, ("sec-fetch-site", site)];
        let answer = send_from(&scene.app, &browser, "POST", "/signin/password", &headers, form.clone()).await;
        assert_eq!((answer.status, answer.error_page()), (403, Some("forbidden")), "{site}");
    }
    assert!(!scene.app.audit_events().await.contains(&"sign_in.failed".to_owned()), "the password was not even looked at");
}

#[tokio::test]
async fn a_redirect_after_a_form_is_303() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let mut page = scene.begin(&mut browser).await;

    for step in STEPS {
        assert_eq!(page.page(), Some(step));
        let sent = submit(&mut browser, &page, &page.hidden("csrf"), &scene.filled(step)).await;
        assert_eq!(sent.status, 303, "{step}");
        page = if step == "consent" { sent } else { browser.follow(sent).await };
    }

    assert!(page.location().starts_with("https://partner.example/callback?"));
    assert!(page.param("code").is_some());
    let home = browser.get("/").await;
    let csrf = home.hidden("csrf");
    let changed = browser.post("/preferences", &[("csrf", &csrf), ("locale", "en"), ("back", "/")]).await;
    assert_eq!((changed.status, changed.location()), (303, "/"));
}

#[tokio::test]
async fn cancel_on_every_step_is_access_denied() {
    let scene = scene().await;

    for step in STEPS {
        let mut browser = scene.app.browser();
        let page = scene.walk_to(&mut browser, step).await;
        let denied = submit(&mut browser, &page, &page.hidden("csrf"), &[("decision", "deny".to_owned())]).await;

        assert_eq!(denied.status, 303, "{step}");
        assert!(denied.location().starts_with("https://partner.example/callback?"), "{step}");
        assert_eq!(denied.param("error").as_deref(), Some("access_denied"), "{step}");
        assert_eq!(denied.param("state").as_deref(), Some("st"), "{step}");
        assert_eq!(denied.param("iss").as_deref(), Some(scene.app.issuer()), "{step}");
        assert_eq!(denied.param("code"), None, "{step}");
        let signed_on = browser.cookies.contains_key(SIGN_ON);
        assert_eq!(signed_on, ["position", "consent"].contains(&step), "{step}: a sign-on comes from a password only");
        let again = submit(&mut browser, &page, &page.hidden("csrf"), &scene.filled(step)).await;
        assert_eq!(again.error_page(), Some("expired"), "{step}: what was cancelled is over");
    }
    assert!(!scene.app.audit_events().await.contains(&"consent.given".to_owned()));
}

#[tokio::test]
async fn pages_cannot_be_framed_and_load_only_their_own_files() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let mut pages = vec![("error", scene.app.get("/nowhere").await), ("portal of nobody", scene.app.get("/").await)];
    let mut page = scene.begin(&mut browser).await;
    for step in STEPS {
        let sent = submit(&mut browser, &page, &page.hidden("csrf"), &scene.filled(step)).await;
        let next = if step == "consent" { sent } else { browser.follow(sent).await };
        pages.push((step, std::mem::replace(&mut page, next)));
    }
    pages.push(("form-post", browser.get(&scene.app.authorize_path(&scene.partner, &[("response_mode", "form_post")])).await));
    pages.push(("portal", browser.get("/").await));
    let logout = browser.get("/oauth2/logout").await;
    let csrf = logout.hidden("csrf");
    pages.push(("logout", logout));
    pages.push(("signed-out", browser.post("/oauth2/logout", &[("csrf", &csrf), ("decision", "confirm")]).await));

    for (name, page) in &pages {
        assert!(page.page().is_some(), "{name}: {}", page.status);
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{name} has no policy"));
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{name}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{name}: {policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{name}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{name}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{name}");
        assert!(page.header("cache-control").is_some_and(|value| value.contains("no-store")), "{name}");
        for inline in ["<style", "<script>", " style=\"", " onload=", " onclick=", "javascript:"] {
            assert!(!page.body.contains(inline), "{name} holds {inline}");
        }
        for loaded in loaded_by(&page.body) {
            assert!(loaded.starts_with('/') && !loaded.starts_with("//"), "{name} loads {loaded}");
        }
    }
    for file in loaded_by(&pages[0].1.body) {
        let path = file.split('#').next().unwrap_or_default();
        assert_eq!(scene.app.get(path).await.status, 200, "{path}");
    }
}

/// The addresses that a browser loads with a page.
fn loaded_by(html: &str) -> BTreeSet<String> {
    let tags = html
        .split('<')
        .filter(|tag| ["link ", "script ", "img ", "use ", "iframe ", "object "].iter().any(|name| tag.starts_with(name)));
    let value = |tag: &str, name: &str| Some(tag.split_once(name)?.1.split('"').next()?.to_owned());
    tags.filter_map(|tag| value(tag, " src=\"").or_else(|| value(tag, " href=\""))).collect()
}

#[tokio::test]
async fn guessing_is_throttled_per_account_and_per_address() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let limits = app.services().settings.throttle;
    let mut browser = app.browser();
    let path = app.authorize_path(&tthc, &[]);

    let mut refused = Vec::new();
    for name in [kim.username.as_str(), "nobody.here"] {
        for _ in 0..limits.failures {
            let wrong = attempt(&mut browser, &path, name, "not the password").await;
            assert_eq!((wrong.status, wrong.page()), (422, Some("password")), "{name}");
            app.advance_seconds(LONGEST_DELAY);
        }
        let answer = attempt(&mut browser, &path, name, &kim.password).await;
        assert_eq!((answer.status, answer.page()), (429, Some("password")), "{name}: also with the right password");
        refused.push(answer.body.replace(&answer.hidden("request"), "").replace(name, ""));
    }
    assert_eq!(refused[0], refused[1], "an unknown name is answered in the same words");
    assert!(!browser.cookies.contains_key(SIGN_ON));
    assert!(!app.audit_events().await.contains(&"sign_in.succeeded".to_owned()));

    for _ in 0..=limits.failures {
        let mut fresh = app.browser();
        assert!(fresh.sign_in(&minh, &path).await.param("code").is_some(), "colleagues go on, and successes never count");
    }

    app.advance_seconds(limits.lock_seconds + 1);
    assert!(browser.sign_in(&kim, &path).await.param("code").is_some(), "after the wait the account is open again");

    for guess in 0..limits.failures_per_address {
        attempt(&mut app.browser(), &path, &format!("guess.{guess}"), "not the password").await;
    }
    let answer = attempt(&mut app.browser(), &path, &minh.username, &minh.password).await;
    assert_eq!(answer.status, 429, "many names from one address have to wait as well");
}

/// One try to sign in; answers what comes after the password.
async fn attempt(browser: &mut Browser, path: &str, username: &str, password: &str) -> Answer {
    let answer = browser.get(path).await;
    let page = browser.follow(answer).await;
    let sent = submit(browser, &page, &page.hidden("csrf"), &[("username", username.to_owned())]).await;
    let page = browser.follow(sent).await;
    submit(browser, &page, &page.hidden("csrf"), &[("password", password.to_owned())]).await
}

#[tokio::test]
async fn the_cookie_is_http_only_lax_and_secure_on_https() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let first = attempt(&mut browser, &app.authorize_path(&tthc, &[]), &kim.username, &kim.password).await;
    let flags: Vec<String> =
        first.headers.get_all("set-cookie").iter().filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect();
    let flags = flags.iter().find(|flags| flags.starts_with(SIGN_ON)).expect("the cookie");
    for flag in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
        assert!(flags.contains(flag), "{flag}: {flags}");
    }
    assert!(!flags.contains("Domain"), "{flags}");

    let old = browser.cookies.clone();
    let again = app.authorize_path(&tthc, &[("prompt", "login")]);
    assert!(browser.sign_in(&kim, &again).await.param("code").is_some());
    assert_eq!(old[SIGN_ON].len(), 43, "256 random bits");
    assert_ne!(browser.cookies[SIGN_ON], old[SIGN_ON], "a new value at each sign-in");
    let mut conn = app.services().store.read().await.expect("a connection");
    let value = browser.cookies[SIGN_ON].as_bytes();
    assert!(sign_ons::find_by_cookie(&mut conn, &sha256(value)).await.expect("answered").is_some(), "kept as a digest");
    assert!(sign_ons::find_by_cookie(&mut conn, value).await.expect("answered").is_none(), "and not as it is");
    drop(conn);

    let mut thief = app.browser();
    thief.cookies = old;
    let silent = thief.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"), "the value before is worth nothing");
}

#[tokio::test]
async fn the_address_of_a_person_is_not_taken_from_a_strangers_header() {
    let limit = 5;
    let app = stage(|config| config.throttle.failures_per_address = limit).await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&tthc, &[]);
    let mut browser = app.browser();
    attempt(&mut browser, &path, "guess.0", "not the password").await;
    let honest = addresses(&app).await;
    assert_eq!(honest.len(), 1);

    for guess in 1..=limit {
        let answer = browser.get(&path).await;
        let page = browser.follow(answer).await;
        let sent = submit(&mut browser, &page, &page.hidden("csrf"), &[("username", format!("guess.{guess}"))]).await;
        let page = browser.follow(sent).await;
        let form = format!("csrf={}&request={}&password=wrong", page.hidden("csrf"), page.hidden("request"));
        let address = format!("203.0.113.{guess}");
        let forwarded = format!("for={address}");
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", address.as_str()),
            ("x-real-ip", address.as_str()),
            ("forwarded", forwarded.as_str()),
        ];
        let answer = send_from(&app, &browser, "POST", "/signin/password", &headers, form).await;
        assert_eq!(answer.status, if guess < limit { 422 } else { 429 }, "try {guess} counts for the same address");
    }

    assert_eq!(addresses(&app).await, honest, "audit names the peer");
}

#[tokio::test]
async fn a_person_may_come_by_themselves_and_signs_in_to_the_portal() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();

    let arrived = browser.sign_in(&kim, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"));
    assert!(arrived.body.contains("kim"), "{}", arrived.body);

    // Beginning anew is a sign-in of its own: being signed on does not pass for it.
    let begun = browser.get("/signin").await;
    let again = browser.follow(begun).await;
    assert_eq!(again.page(), Some("signin"));
    let waiting = again.hidden("request");
    assert!(!waiting.is_empty());
    let resumed = browser.get(&format!("/signin/continue?request={waiting}")).await;
    assert_eq!(browser.follow(resumed).await.page(), Some("signin"));
}
