//! The walk that first-timers are taken on: it can be left and resumed, does nothing twice, holds whoever must have a
//! second factor, and goes on with what waited.

use crate::passkeys::authenticator::Device;
use crate::support::flows::visit;
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::clock::Millis;
use motlan::crypto::totp::{Secret, step_at};
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::model::sign_in_policy::SignInPolicy;
use motlan::service::second_factor::recovery::{self, CODES};
use motlan::service::{forget, policies, welcome};
use motlan::store::admin_roles;
use motlan::store::changes::Kind;
use time::macros::date;

const WALK: &str = "/welcome";
const SIGN_ON: &str = "__Host-motlan_sign_on";

/// Somebody who came to the portal in a browser of their own.
async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

/// Sends a form of the page that is seen.
async fn act(browser: &mut Browser, page: &Answer, act: &str, more: &[(&str, &str)]) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let mut fields = vec![("csrf", csrf.as_str()), ("request", request.as_str()), ("act", act)];
    fields.extend_from_slice(more);
    browser.post(WALK, &fields).await
}

/// Does an act and goes where it leads.
async fn go_on(browser: &mut Browser, page: &Answer, what: &str, more: &[(&str, &str)]) -> Answer {
    let done = act(browser, page, what, more).await;
    assert_eq!(done.status, 303, "{what}: {}", done.body);
    browser.follow(done).await
}

/// The step that stands next.
async fn step(browser: &mut Browser) -> Answer {
    visit(browser, WALK).await
}

/// The present code of the app that a page offers.
fn code_of(app: &TestApp, page: &Answer) -> String {
    let shown = page.body.split_once("id=\"totp-secret\">").unwrap_or_else(|| panic!("no key: {}", page.body)).1;
    let key = shown.chars().take_while(|letter| *letter != '<').filter(|letter| *letter != ' ');
    let (mut bits, mut count, mut bytes) = (0_usize, 0_u32, Vec::new());
    for letter in key {
        bits = (bits << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).expect("base32");
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).expect("eight bits"));
            bits &= (1 << count) - 1;
        }
    }
    Secret::from_bytes(&bytes).expect("a secret").code(step_at(Millis(app.now_seconds() * 1_000)))
}

/// Adds an app on the walk; answers with the step after.
async fn add_app(app: &TestApp, browser: &mut Browser, page: &Answer) -> Answer {
    let request = page.hidden("request");
    let path = if request.is_empty() { "/welcome?step=app".to_owned() } else { format!("/welcome?step=app&request={request}") };
    let offer = browser.get(&path).await;
    assert_eq!((offer.status, offer.page()), (200, Some("welcome-app")), "{}", offer.body);
    go_on(browser, &offer, "app", &[("code", &code_of(app, &offer))]).await
}

/// Makes somebody an administrator of everything.
async fn appoint(app: &TestApp, official: &Official) {
    let services = app.services();
    let id = format!("role of {}", official.username);
    let scope =
        AdminScope { id, role: AdminRole::System, unit: None, client: None, valid_from: date!(2026 - 01 - 01), valid_to: None };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(admin_roles::add(&mut tx, &official.id, &scope, ("os:test", services.clock.now())).await.expect("an answer"));
    forget(&mut tx, services, Kind::Person, official.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}

async fn is_done(app: &TestApp, official: &Official) -> bool {
    welcome::state(app.services(), &official.id).await.expect("an answer").is_done()
}

async fn codes_left(app: &TestApp, official: &Official) -> Option<i64> {
    recovery::look(app.services(), &official.id).await.expect("an answer").map(|sheet| sheet.left)
}

#[tokio::test]
async fn the_walk_leads_from_who_one_is_to_the_printed_codes() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["25747"]).await;
    let mut browser = signed_in(&app, &kim).await;

    let who = step(&mut browser).await;
    assert_eq!((who.status, who.page()), (200, Some("welcome-who")));
    for words in ["Nguyễn Văn kim", "03/02/1980", "Chuyên viên", "Phường Phú Cường, Thành phố Thủ Dầu Một (30/06/2025)"]
    {
        assert!(who.body.contains(words), "{words}: {}", who.body);
    }
    assert_eq!(who.body.matches("aria-current=\"step\"").count(), 1);

    let factor = go_on(&mut browser, &who, "right", &[]).await;
    assert_eq!(factor.page(), Some("welcome-factor"));
    let before = browser.cookies.get(SIGN_ON).cloned();
    let codes = add_app(&app, &mut browser, &factor).await;
    assert_eq!(codes.page(), Some("welcome-codes"));
    assert_ne!(browser.cookies.get(SIGN_ON).cloned(), before, "another factor, another cookie");

    let sheet = act(&mut browser, &codes, "codes", &[]).await;
    assert_eq!((sheet.status, sheet.page()), (200, Some("welcome-sheet")));
    assert_eq!(sheet.body.matches("<li><code>").count(), CODES);
    assert_eq!(sheet.header("cache-control"), Some("no-store"));

    let done = step(&mut browser).await;
    assert_eq!(done.page(), Some("welcome-done"));
    assert!(is_done(&app, &kim).await);
    for event in ["profile.seen", "method.added", "recovery_codes.made"] {
        assert_eq!(count_of(&app, event).await, 1, "{event}");
    }
    assert_eq!(visit(&mut browser, "/").await.page(), Some("portal"));
}

#[tokio::test]
async fn a_passkey_is_made_on_the_walk_and_a_forged_one_is_not() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let who = step(&mut browser).await;
    let factor = go_on(&mut browser, &who, "right", &[]).await;
    assert!(factor.body.contains("data-passkey=\"add\""));
    let mut device = Device::new();

    for garbage in ["", "{}"] {
        let refused = act(&mut browser, &factor, "passkey", &[("credential", garbage)]).await;
        assert_eq!((refused.status, refused.page()), (422, Some("welcome-factor")), "{garbage}");
        assert!(refused.body.contains("<title>Lỗi:"));
    }
    assert_eq!(count_of(&app, "method.added").await, 0);

    let csrf = factor.hidden("csrf");
    let options = browser.post("/account/methods/passkeys/options", &[("csrf", &csrf)]).await;
    let credential = device.make(&options.json());
    let codes = go_on(&mut browser, &factor, "passkey", &[("credential", &credential)]).await;

    assert_eq!(codes.page(), Some("welcome-codes"));
    assert_eq!(count_of(&app, "method.added").await, 1);
    let again = act(&mut browser, &factor, "passkey", &[("credential", &credential)]).await;
    assert_eq!((again.status, again.location()), (303, "/welcome?step=codes"), "an old page does nothing twice");
    assert_eq!(count_of(&app, "method.added").await, 1);
}

#[tokio::test]
async fn it_can_be_left_anywhere_and_goes_on_in_another_browser() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = signed_in(&app, &kim).await;
    assert!(!welcome::state(app.services(), &kim.id).await.expect("an answer").begun);
    let who = step(&mut first).await;
    act(&mut first, &who, "right", &[]).await;

    let mut second = signed_in(&app, &kim).await;
    assert!(second.get("/").await.body.contains("href=\"/welcome\""), "the portal leads back to it");
    let factor = step(&mut second).await;
    assert_eq!(factor.page(), Some("welcome-factor"));
    assert_eq!(visit(&mut second, "/welcome?step=who").await.page(), Some("welcome-who"), "what is behind can be seen again");
    assert_eq!(visit(&mut second, "/welcome?step=codes").await.page(), Some("welcome-factor"), "what is ahead cannot");

    let done = go_on(&mut second, &factor, "skip", &[]).await;
    assert_eq!(done.page(), Some("welcome-done"));
    assert!(is_done(&app, &kim).await);
    assert!(!second.get("/").await.body.contains("href=\"/welcome\""), "nobody is asked twice");
    assert_eq!((count_of(&app, "method.added").await, codes_left(&app, &kim).await), (0, None));
}

#[tokio::test]
async fn whoever_says_that_something_is_wrong_may_report_it_and_work_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let who = step(&mut browser).await;

    let wrong = act(&mut browser, &who, "wrong", &[]).await;

    assert_eq!((wrong.status, wrong.location()), (303, "/account/report"));
    assert_eq!(visit(&mut browser, "/account/report").await.page(), Some("report"));
    let seen = rows_of(&app, "profile.seen").await;
    assert_eq!(seen.iter().map(|row| row.detail.as_str()).collect::<Vec<_>>(), [r#"{"right":false}"#]);
    assert_eq!(step(&mut browser).await.page(), Some("welcome-factor"), "it is not asked again");
    act(&mut browser, &who, "right", &[]).await;
    assert_eq!(count_of(&app, "profile.seen").await, 1, "said once");
}

#[tokio::test]
async fn ten_windows_make_one_sheet() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let who = step(&mut browser).await;
    let factor = go_on(&mut browser, &who, "right", &[]).await;
    let codes = add_app(&app, &mut browser, &factor).await;

    let first = act(&mut browser, &codes, "codes", &[]).await;
    assert_eq!((first.status, first.page()), (200, Some("welcome-sheet")));
    for _ in 1..10 {
        let again = act(&mut browser, &codes, "codes", &[]).await;
        assert_eq!((again.status, again.location()), (303, "/welcome?step=done"), "the printed sheet stays good");
    }

    assert_eq!(count_of(&app, "recovery_codes.made").await, 1);
    assert_eq!(codes_left(&app, &kim).await, i64::try_from(CODES).ok());
}

#[tokio::test]
async fn a_wrong_code_adds_no_app_and_shows_the_same_key_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let who = step(&mut browser).await;
    go_on(&mut browser, &who, "right", &[]).await;
    let offer = browser.get("/welcome?step=app").await;
    let right = code_of(&app, &offer);

    for code in ["", "12345", "không phải mã"] {
        let refused = act(&mut browser, &offer, "app", &[("code", code)]).await;
        assert_eq!((refused.status, refused.page()), (422, Some("welcome-app")), "{code}");
        assert_eq!(code_of(&app, &refused), right, "{code}: the same key");
    }
    assert_eq!(count_of(&app, "method.added").await, 0);

    assert_eq!(go_on(&mut browser, &offer, "app", &[("code", &right)]).await.page(), Some("welcome-codes"));
}

#[tokio::test]
async fn administrators_are_held_until_they_have_a_second_factor() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    appoint(&app, &kim).await;

    for path in ["/account", "/account/methods"] {
        let sent = browser.get(path).await;
        assert!(sent.location().starts_with("/welcome?request="), "{path}: {}", sent.location());
    }
    let who = visit(&mut browser, "/account").await;
    assert_eq!(who.page(), Some("welcome-who"));
    let factor = go_on(&mut browser, &who, "wrong", &[]).await;
    assert_eq!(factor.page(), Some("welcome-factor"), "the page for reports does not open yet");
    assert!(factor.body.contains("Báo thông tin chưa đúng") && !factor.body.contains("value=\"skip\""));

    let held = go_on(&mut browser, &factor, "skip", &[]).await;
    assert_eq!(held.page(), Some("welcome-factor"), "there is no way around");
    assert!(browser.get("/account").await.location().starts_with("/welcome?request="));

    let done = add_app(&app, &mut browser, &held).await;
    assert_eq!(done.page(), Some("welcome-done"));
    assert_eq!(browser.get("/account").await.status, 200);
}

#[tokio::test]
async fn what_waited_goes_on_when_the_walk_is_over() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let rule = SignInPolicy {
        name: "two".to_owned(),
        citation: "NĐ 85/2016/NĐ-CP".to_owned(),
        level: Some(2),
        ..SignInPolicy::default()
    };
    policies::apply(app.services(), &[rule], false, "os:test").await.expect("a rule that can be");
    let mut browser = app.browser();

    let who = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert_eq!(who.page(), Some("welcome-who"), "{} {}", who.status, who.body);
    assert!(!who.hidden("request").is_empty());
    let factor = go_on(&mut browser, &who, "right", &[]).await;
    let codes = add_app(&app, &mut browser, &factor).await;
    let done = go_on(&mut browser, &codes, "skip", &[]).await;

    assert_eq!(done.page(), Some("welcome-done"));
    assert!(done.body.contains("Tiếp tục vào Hệ thống tthc"), "{}", done.body);
    let onward = format!("/signin/continue?request={}", who.hidden("request"));
    assert!(done.body.contains(&onward));
    let arrived = browser.get(&onward).await;
    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
    let after = visit(&mut browser, &format!("{WALK}?request={}", who.hidden("request"))).await;
    assert!(!after.body.contains("/signin/continue"), "what is over is not gone on with");
}

#[tokio::test]
async fn nobody_comes_near_it_without_a_sign_on_and_a_form_of_their_own() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    assert!(app.get(WALK).await.location().starts_with("/signin?request="));
    let mut browser = signed_in(&app, &kim).await;
    for csrf in ["", "another"] {
        let refused = browser.post(WALK, &[("csrf", csrf), ("act", "right")]).await;
        assert_eq!(refused.error_page(), Some("forbidden"));
    }
    let who = step(&mut browser).await;
    let unknown = act(&mut browser, &who, "dance", &[]).await;
    assert_eq!((unknown.status, unknown.error_page()), (400, Some("bad_request")));
    assert_eq!(count_of(&app, "profile.seen").await, 0);
    assert!(!welcome::state(app.services(), &kim.id).await.expect("an answer").begun);
}

#[tokio::test]
async fn methods_change_only_after_a_sign_in_of_a_moment_ago() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let who = step(&mut browser).await;
    let factor = go_on(&mut browser, &who, "right", &[]).await;
    let offer = browser.get("/welcome?step=app").await;

    app.advance_seconds(601);
    app.sync().await;

    assert_eq!(browser.get("/welcome?step=who").await.status, 200, "looking is free");
    assert!(browser.get(WALK).await.location().starts_with("/signin?request="));
    for (what, field) in [("app", ("code", code_of(&app, &offer))), ("passkey", ("credential", "{}".to_owned()))] {
        let sent = act(&mut browser, &factor, what, &[(field.0, &field.1)]).await;
        assert!(sent.location().starts_with("/signin?request="), "{what}: {}", sent.location());
    }
    assert_eq!(count_of(&app, "method.added").await, 0);
}

#[tokio::test]
async fn a_computer_of_many_is_offered_no_passkey() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    let page = visit(&mut browser, "/signin").await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let known = [("csrf", csrf.as_str()), ("request", request.as_str())];
    browser.post("/signin", &[known[0], known[1], ("username", "kim"), ("shared", "1")]).await;
    let fields = [known[0], known[1], ("password", kim.password.as_str()), ("shared", "1")];
    let sent = browser.post("/signin/password", &fields).await;
    assert_eq!(browser.follow(sent).await.page(), Some("portal"));

    let who = step(&mut browser).await;
    let factor = go_on(&mut browser, &who, "right", &[]).await;

    assert_eq!(factor.page(), Some("welcome-factor"));
    assert!(!factor.body.contains("data-passkey") && factor.body.contains("id=\"welcome-app\""));
}

#[tokio::test]
async fn what_stands_in_the_address_is_never_believed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let stranger = "A".repeat(43);

    for request in ["%22%3E%3Cscript%3E", "..%2F..", stranger.as_str(), &"a".repeat(6_000)] {
        let page = browser.get(&format!("/welcome?step=who&request={request}")).await;
        assert_eq!((page.status, page.page()), (200, Some("welcome-who")), "{request}");
        assert_eq!(page.hidden("request"), "", "{request}");
        let main = &page.body[page.body.find("<main").expect("a main part")..];
        assert!(!main.contains("/signin/continue") && !main.contains("<script>"), "{request}");
    }
    for odd in ["?step=%F0%9F%99%82", "?step=done", "?step=who&step=done", "?step=%E2%80%AE"] {
        assert_eq!(browser.get(&format!("{WALK}{odd}")).await.page(), Some("welcome-who"), "{odd}");
    }
}
