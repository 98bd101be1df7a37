//! What signing in at another provider promises: an old account leads to the person who has it now, with what that
//! provider may give and no more; and a sign-out on either side reaches the other.

mod addresses;
mod anew;
mod client_proofs;
mod id_tokens;
mod own_way;
mod posted;
mod sign_outs;
mod silent;
mod userinfo;

use crate::support::people::{HEADER as PEOPLE, person};
use crate::support::records::{count_of, rows_of};
use crate::support::upstream::{CLIENT, Upstream};
use crate::support::{Browser, TestApp};
use motlan::base::digest::sha256;
use motlan::base::id::PersonId;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{Settings, SourceKind};
use motlan::model::sign_on::SignOn;
use motlan::service::Origin;
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::legacy::{import, matching};
use motlan::service::provisioning::person_import;
use motlan::store::legacy_matching::{self, ReportRow};
use motlan::store::sign_ons;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::io::Cursor;
use time::macros::date;

pub const NUMBER: &str = "074086000001";
const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email\n";
pub const START: &str = "/signin/federation/bd";
/// What both sides know.
pub const SECRET: &str = "bi-mat-cua-hai-ben";

/// A source that is this provider.
pub async fn source(app: &TestApp, upstream: &Upstream, more: &str) {
    source_of(app, &upstream.settings(more), SECRET).await;
}

/// A source of these settings; the secret is kept where they need one.
pub async fn source_of(app: &TestApp, settings: &str, secret: &str) {
    let settings = Settings::from_toml(SourceKind::Oidc, settings).expect("settings");
    let secret = settings.needs_secret().then(|| SecretString::from(secret));
    let source = NewSource {
        id: "bd".to_owned(),
        name: Some("Bình Dương".to_owned()),
        province: Some("74".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings,
        secret,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source");
}

/// Nguyễn Văn An, who is in the directory and has an old account.
pub async fn an(app: &TestApp) -> PersonId {
    let origin = Origin::command_line();
    let request = person_import::Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let text = format!("{PEOPLE}an,Nguyễn Văn An,1986-03-14,{NUMBER},,,,,,,,,,,\n");
    person_import::import(app.services(), text.as_bytes(), &request, |_| {}).await.expect("people");
    let text = format!("{HEADER}bd-1,an.nv,Nguyễn Văn An,14/03/1986,{NUMBER},an.nv@bd.vn\n");
    let request =
        import::Request { source: "bd", encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("accounts");
    matching::run(app.services(), &matching::Request { source: None, actor: "os:test", origin: &origin }, |_| {})
        .await
        .expect("matched");
    person(app, "an").await.expect("An").id
}

/// A provider, a stage with it as a source, and An.
pub async fn scene(more: &str) -> (TestApp, Upstream, PersonId) {
    let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
    source(&app, &upstream, more).await;
    let an = an(&app).await;
    (app, upstream, an)
}

/// What the provider says of An.
pub fn claims_of_an() -> Value {
    json!({ "sub": "bd-1" })
}

/// The open sign-on of a browser.
pub async fn sign_on_of(app: &TestApp, browser: &Browser) -> Option<SignOn> {
    let cookie = browser.cookies.get("__Host-motlan_sign_on").filter(|cookie| !cookie.is_empty())?;
    let mut conn = app.services().store.read().await.expect("a connection");
    let found = sign_ons::find_by_cookie(&mut conn, &sha256(cookie.as_bytes())).await.expect("an answer")?;
    found.ended_at.is_none().then_some(found)
}

/// What is decided of an account of the source, if it is there.
pub async fn account(app: &TestApp, legacy_id: &str) -> Option<ReportRow> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let first = AccountKey { source: String::new(), legacy_id: String::new() };
    let rows = legacy_matching::list_report(&mut conn, "bd", &first, 1_000).await.expect("rows");
    rows.into_iter().find(|row| row.legacy_id == legacy_id)
}

#[tokio::test]
async fn an_old_account_leads_through_its_provider_to_the_person_who_has_it() {
    let (app, upstream, an) = scene("").await;
    let mut browser = app.browser();

    let sent = upstream.sent(&mut browser, START).await;
    assert_eq!((sent.get("client_id"), sent.get("response_type"), sent.get("code_challenge_method")), (CLIENT, "code", "S256"));
    assert_eq!(sent.get("redirect_uri"), "https://id.example/signin/federation/bd/callback");
    let code = upstream.code(&app, &sent, &claims_of_an());
    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;
    let answer = browser.follow(answer).await;

    assert_eq!((answer.status, answer.page()), (200, Some("confirm")), "{}", answer.body);
    let sign_on = sign_on_of(&app, &browser).await.expect("a sign-on");
    assert_eq!((&sign_on.person, sign_on.level, sign_on.methods.as_str()), (&an, 1, "fed"));
    assert_eq!(sign_on.legacy.as_deref(), Some("bd"));
    let (body, header) = upstream.asked().remove(0);
    assert!(body.contains("client_secret=") && header.is_empty(), "as the source says");
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 1);
    for row in rows_of(&app, "sign_in.succeeded").await {
        assert!(!row.detail.contains("bd-1") && !row.detail.contains(NUMBER), "{}", row.detail);
    }
}

#[tokio::test]
async fn a_code_is_redeemed_with_a_verifier_where_the_provider_knows_challenges() {
    for (more, with_verifier) in [("", true), ("pkce = false\n", false)] {
        let (app, upstream, _) = scene(more).await;

        upstream.sign_in(&app, &mut app.browser(), START, &claims_of_an()).await;

        let (body, _) = upstream.asked().remove(0);
        assert_eq!(body.contains("code_verifier="), with_verifier, "{more}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_last_gives_the_lowest_level_whatever_it_says() {
    for (more, level) in [("", 1), ("lasting = true\n", 2)] {
        let (app, upstream, _) = scene(&format!("{more}[levels]\nLoA2 = 2\n")).await;
        let mut browser = app.browser();
        let mut claims = claims_of_an();
        claims["acr"] = json!("LoA2");

        upstream.sign_in(&app, &mut browser, START, &claims).await;

        assert_eq!(sign_on_of(&app, &browser).await.expect("a sign-on").level, level, "{more}");
    }
}

#[tokio::test]
async fn whoever_is_not_known_yet_comes_in_by_what_the_provider_says() {
    let (app, upstream, _) = scene("[claims]\npersonal_number = \"SoDinhDanh\"\nfull_name = \"HoVaTen\"\n").await;
    let mut browser = app.browser();
    upstream.userinfo(json!({ "HoVaTen": "Trần Thị Bé", "SoDinhDanh": "074190000002", "birthdate": "1990-05-02" }));

    let answer = upstream.sign_in(&app, &mut browser, START, &json!({ "sub": "bd-2" })).await;

    assert_eq!(answer.page(), Some("confirm"), "{}", answer.body);
    let made = account(&app, "bd-2").await.expect("an account");
    assert_eq!((made.decision.as_str(), made.rule.as_str()), ("created", "no_counterpart"));
    assert_eq!(made.person_id, sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person.0));
    let rows = rows_of(&app, "legacy_account.arrived").await;
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].detail.contains("074190000002") && !rows[0].detail.contains("Bé"), "{}", rows[0].detail);
}

#[tokio::test]
async fn a_form_that_the_provider_posts_is_fetched_by_its_own_browser() {
    let (app, upstream, an) = scene("form_post = true\n").await;
    let mut browser = app.browser();
    let sent = upstream.sent(&mut browser, START).await;
    assert_eq!(sent.get("response_mode"), "form_post");
    let code = upstream.code(&app, &sent, &claims_of_an());
    let fields = [("state", sent.get("state")), ("code", code.as_str()), ("iss", upstream.issuer.as_str())];

    // From another site: without cookies.
    let posted = app.post("/signin/federation/bd/callback", &fields).await;

    assert_eq!(posted.status, 303);
    assert!(posted.location().starts_with("/signin/federation/bd/callback?answer="), "{}", posted.location());
    assert!(!posted.location().contains(&code), "the code stands in no address");
    assert_eq!(posted.header("set-cookie"), None, "a new cookie would take from the browser what it waits with");
    let path = posted.location().to_owned();
    let answer = browser.get(&path).await;
    browser.follow(answer).await;
    assert_eq!(sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person), Some(an));
    assert_eq!(browser.get(&path).await.error_page(), Some("federation_over"), "once");
    let stranger = app.post("/signin/federation/bd/callback", &[("state", "khong-ai"), ("code", "x")]).await;
    let stranger = browser.follow(stranger).await;
    assert_eq!(stranger.error_page(), Some("federation_over"));
}

#[tokio::test]
async fn a_logout_token_ends_the_sign_ons_that_came_from_its_session_once() {
    let (app, upstream, _) = scene("").await;
    let (mut one, mut other) = (app.browser(), app.browser());
    let with_sid = |sid: &str| json!({ "sub": "bd-1", "sid": sid });
    upstream.sign_in(&app, &mut one, START, &with_sid("phien-1")).await;
    upstream.sign_in(&app, &mut other, START, &with_sid("phien-2")).await;
    let now = app.now_seconds();
    let claims = json!({
        "iss": upstream.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "j1", "sid": "phien-1",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let token = upstream.signed(&json!({ "typ": "logout+jwt" }), &claims);

    let ended = app.post("/federation/bd/backchannel-logout", &[("logout_token", &token)]).await;
    let again = app.post("/federation/bd/backchannel-logout", &[("logout_token", &token)]).await;

    assert_eq!((ended.status, again.status), (200, 400), "{}", ended.body);
    assert_eq!(ended.header("cache-control"), Some("no-store"));
    assert!(sign_on_of(&app, &one).await.is_none());
    assert!(sign_on_of(&app, &other).await.is_some(), "another session there");
    assert_eq!(count_of(&app, "sign_out").await, 1);
    let mut of_person = claims;
    of_person["jti"] = json!("j2");
    of_person["sub"] = json!("bd-1");
    of_person.as_object_mut().expect("members").remove("sid");
    let token = upstream.signed(&json!({}), &of_person);
    assert_eq!(app.post("/federation/bd/backchannel-logout", &[("logout_token", &token)]).await.status, 200);
    assert!(sign_on_of(&app, &other).await.is_none());
}

#[tokio::test]
async fn whoever_signs_out_here_is_led_to_sign_out_there() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
    let asked = browser.get("/oauth2/logout").await;

    let answer = browser.post("/oauth2/logout", &[("csrf", &asked.hidden("csrf")), ("decision", "confirm")]).await;

    assert_eq!(answer.page(), Some("signed-out"));
    assert!(answer.body.contains(&format!("{}/logout?", upstream.issuer)), "{}", answer.body);
    assert!(answer.body.contains("id_token_hint=") && answer.body.contains("post_logout_redirect_uri="));
    assert!(sign_on_of(&app, &browser).await.is_none());
}

#[tokio::test]
async fn browsers_are_led_on_by_a_page_since_they_may_come_behind_a_form() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    let begun = browser.get(START).await;
    assert!(begun.location().starts_with("/signin/federation/bd?request="), "{}", begun.location());
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = http::Request::get(begun.location()).header("cookie", jar).header("sec-fetch-mode", "navigate");

    let answer = app.request(request.body(String::new()).expect("a request")).await;

    assert_eq!((answer.status, answer.page()), (200, Some("federation-leaving")));
    assert!(answer.body.contains(&format!("0; url={}/auth?", upstream.issuer)), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_source_that_is_closed_sends_nobody_anywhere() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    let sent = upstream.sent(&mut browser, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    let stop = |source: &mut motlan::model::legacy_source::LegacySource| {
        source.stopped_at = Some(motlan::base::clock::Millis(1));
        Ok(())
    };
    sources::change(app.services(), "bd", "os:test", None, stop).await.expect("stopped");

    let late = browser.get(&upstream.back(&sent, &[("code", &code)])).await;
    let begun = browser.get(START).await;
    let begun = browser.follow(begun).await;

    assert_eq!((late.status, begun.status), (404, 404));
    assert!(upstream.asked().is_empty(), "no code is redeemed");
    assert!(sign_on_of(&app, &browser).await.is_none());
}
