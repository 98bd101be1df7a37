//! One's own password: chosen before anything else after a temporary one, judged by the rules, never an earlier one;
//! and whoever knew the one before is out.

use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::service::Origin;
use motlan::service::provisioning::password::{self, PasswordError};
use motlan::store::passwords::StoredPassword;
use motlan::store::{audit, logout_deliveries, password_history, passwords};
use std::io;
use std::sync::{Arc, Mutex};
use unicode_normalization::UnicodeNormalization as _;

const CHANGE: &str = "/account/methods/password";
const DONE: &str = "/account/methods?done=password";
const TEMPORARY: &str = "tam-thoi-8";
const NEW: &str = "Con mèo trèo cây cau 7!";
const SENTENCES: [&str; 7] = [
    "Hôm nay trời mưa to 9 giờ",
    "Tôi uống 2 ly cà phê sữa đá",
    "Bốn mùa: Xuân Hạ Thu Đông 4",
    "Người già 80 tuổi, răng rụng",
    "Tết Đoan Ngọ mùng 5 tháng 5",
    "Sông chảy qua 3 cây cầu gỗ",
    NEW,
];
const USED: &str = "Mật khẩu mới trùng mật khẩu hiện tại hoặc mật khẩu đã dùng gần đây.";
const CURRENT_WRONG: &str = "Mật khẩu hiện tại không đúng.";

async fn set_password(app: &TestApp, username: &str, password: &str, temporary: bool) -> Result<(), PasswordError> {
    let origin = Origin::command_line();
    let password = password.to_owned().into();
    let request = password::Request { username, password, temporary, actor: "os:test", origin: &origin };
    password::set(app.services(), request).await.map(|_| ())
}

/// Somebody whose password an operator has just set.
async fn newcomer(app: &TestApp) -> Official {
    let kim = app.official("kim").await;
    set_password(app, "kim", TEMPORARY, true).await.expect("a temporary password");
    with(&kim, TEMPORARY)
}

/// The same person, who types another password.
fn with(official: &Official, password: &str) -> Official {
    Official { password: password.to_owned(), ..official.clone() }
}

async fn stored(app: &TestApp, official: &Official) -> StoredPassword {
    let mut conn = app.services().store.read().await.expect("a connection");
    passwords::find(&mut conn, &official.id).await.expect("answered").expect("a password")
}

async fn count(app: &TestApp, event: &str) -> usize {
    app.audit_events().await.iter().filter(|recorded| *recorded == event).count()
}

/// Sends the page that asks for a password of one's own.
async fn offer(browser: &mut Browser, page: &Answer, password: &str) -> Answer {
    assert_eq!(page.page(), Some("new-password"));
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post("/signin/new-password", &[("csrf", &csrf), ("request", &request), ("password", password)]).await
}

/// Opens the page of the own account and sends it.
async fn change(browser: &mut Browser, current: &str, new: &str) -> Answer {
    let page = browser.get(CHANGE).await;
    assert_eq!((page.status, page.page()), (200, Some("change-password")));
    browser.post(CHANGE, &[("csrf", &page.hidden("csrf")), ("current", current), ("password", new)]).await
}

async fn signed_on(app: &TestApp, official: &Official) -> Browser {
    let own = app.client("own", |_| {}).await;
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, &app.authorize_path(&own, &[])).await;
    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
    browser
}

/// Whether somebody gets in with a password, in a browser of their own.
async fn opens(app: &TestApp, client: &TestClient, official: &Official) -> bool {
    let answer = app.browser().sign_in(official, &app.authorize_path(client, &[])).await;
    match (answer.param("code"), answer.page()) {
        (Some(_), _) => true,
        (None, Some("password")) if answer.status == 422 => false,
        (None, page) => panic!("{} {page:?}", answer.status),
    }
}

#[tokio::test]
async fn a_temporary_password_is_replaced_before_anything_is_answered() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;

    assert_eq!((page.status, page.page()), (200, Some("new-password")));
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!((silent.param("error").as_deref(), silent.param("code")), (Some("interaction_required"), None));
    assert!(!browser.get("/").await.body.contains("Nguyễn Văn kim"), "no portal");
    for path in ["/account/methods", CHANGE] {
        assert_eq!(browser.get(path).await.status, 303, "{path}");
    }
    assert!(stored(&app, &kim).await.must_change);
    assert_eq!(count(&app, "password.changed").await, 0);

    let arrived = offer(&mut browser, &page, NEW).await;

    assert_eq!(arrived.status, 303);
    assert_eq!(app.redeem(&tthc, &arrived.param("code").expect("a code")).await.status, 200);
    assert!(!stored(&app, &kim).await.must_change);
    assert_eq!(count(&app, "password.changed").await, 1);
    assert!(opens(&app, &tthc, &with(&kim, NEW)).await, "and nobody is asked again");
    assert!(!opens(&app, &tthc, &kim).await, "the temporary one is over");
}

#[tokio::test]
async fn whoever_comes_to_the_portal_chooses_a_password_too() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, "/signin").await;
    let done = offer(&mut browser, &page, NEW).await;

    assert_eq!((done.status, done.location()), (303, "/"));
    assert!(browser.get("/").await.body.contains("Nguyễn Văn kim"));
}

#[tokio::test]
async fn a_reset_asks_again_and_brings_no_earlier_password_back() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    set_password(&app, "kim", NEW, false).await.expect("a lasting password");
    let mut before = app.browser();
    assert!(before.sign_in(&with(&kim, NEW), &app.authorize_path(&tthc, &[])).await.param("code").is_some());

    // A temporary one that would do by the rules is still none of one's own.
    set_password(&app, "kim", SENTENCES[0], true).await.expect("a temporary password");
    let silent = before.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"), "the reset ended what was open");
    let mut browser = app.browser();
    let page = browser.sign_in(&with(&kim, SENTENCES[0]), &app.authorize_path(&tthc, &[])).await;
    for earlier in [NEW, SENTENCES[0]] {
        let refused = offer(&mut browser, &page, earlier).await;
        assert_eq!((refused.status, refused.page()), (422, Some("new-password")), "{earlier}");
        assert!(refused.body.contains(USED), "{earlier}");
    }
    assert!(stored(&app, &kim).await.must_change);

    assert!(offer(&mut browser, &page, SENTENCES[1]).await.param("code").is_some());
    assert!(opens(&app, &tthc, &with(&kim, SENTENCES[1])).await);
}

#[tokio::test]
async fn the_rules_are_told_before_typing_and_marked_after_a_try() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert!(page.body.contains("Có ít nhất 12 ký tự") && !page.body.contains("Chưa đạt"));
    assert!(page.body.contains("autocomplete=\"new-password\"") && !page.body.contains("maxlength"), "pasting is not cut");

    let refused = offer(&mut browser, &page, "tphcm@2025").await;
    assert_eq!((refused.status, refused.page()), (422, Some("new-password")));
    for sentence in ["Mật khẩu mới cần ít nhất 12 ký tự.", "Thêm chữ hoa vào mật khẩu mới.", "Mật khẩu mới quá dễ đoán."]
    {
        assert_eq!(refused.body.matches(sentence).count(), 2, "in the summary and at the field: {sentence}");
    }
    assert!(refused.body.contains("Chưa đạt") && refused.body.contains("<title>Lỗi:"));
    assert!(!refused.body.contains("tphcm@2025"), "a password is never sent back");

    let empty = offer(&mut browser, &refused, "").await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("Nhập mật khẩu mới.") && !empty.body.contains("Chưa đạt"), "nothing was judged");
    assert_eq!(count(&app, "password.changed").await, 0);
    assert!(stored(&app, &kim).await.must_change);
    assert!(offer(&mut browser, &empty, NEW).await.param("code").is_some(), "the request still waits");
}

#[tokio::test]
async fn cancelling_and_foreign_forms_change_nothing() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let request = page.hidden("request");
    let before = stored(&app, &kim).await;

    for csrf in ["", "another"] {
        let fields = [("csrf", csrf), ("request", request.as_str()), ("password", NEW)];
        assert_eq!(browser.post("/signin/new-password", &fields).await.error_page(), Some("forbidden"));
    }
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "deny")];
    let denied = browser.post("/signin/new-password", &fields).await;

    assert_eq!(denied.param("error").as_deref(), Some("access_denied"));
    assert_eq!(stored(&app, &kim).await.hash, before.hash);
    assert_eq!(count(&app, "password.changed").await, 0);
}

#[tokio::test]
async fn a_sign_on_left_behind_does_not_choose_the_password() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let left = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert_eq!(left.page(), Some("new-password"));

    let begun = browser.get(&app.authorize_path(&tthc, &[])).await;
    let asked = browser.follow(begun).await;
    assert_eq!(asked.page(), Some("signin"), "the temporary password is typed for each request");
    app.advance_seconds(601);
    let late = offer(&mut browser, &left, NEW).await;
    assert_eq!(late.status, 303);
    assert_eq!(browser.follow(late).await.page(), Some("signin"), "and not ten minutes before");
    assert!(stored(&app, &kim).await.must_change);

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert!(offer(&mut browser, &page, NEW).await.param("code").is_some());
}

#[tokio::test]
async fn neither_the_present_password_nor_one_of_the_last_five_is_taken() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on(&app, &kim).await;
    let mut present = kim.password.clone();
    for sentence in &SENTENCES[..6] {
        app.advance_seconds(1);
        let done = change(&mut browser, &present, sentence).await;
        assert_eq!((done.status, done.location()), (303, DONE), "{sentence}");
        present = (*sentence).to_owned();
    }

    for earlier in &SENTENCES[..6] {
        let refused = change(&mut browser, &present, earlier).await;
        assert_eq!((refused.status, refused.page()), (422, Some("change-password")), "{earlier}");
        assert_eq!(refused.body.matches(USED).count(), 2, "{earlier}");
    }
    assert_eq!(count(&app, "password.changed").await, 6);
    app.advance_seconds(1);
    assert_eq!(change(&mut browser, &present, SENTENCES[6]).await.status, 303);
    app.advance_seconds(1);
    assert_eq!(change(&mut browser, SENTENCES[6], SENTENCES[0]).await.status, 303, "the sixth before is free again");

    let mut conn = app.services().store.read().await.expect("a connection");
    let kept = password_history::list(&mut conn, &kim.id, 100).await.expect("answered");
    assert_eq!(kept.len(), 5, "no more is kept");
    assert!(kept.iter().all(|hash| hash.starts_with("$argon2id$")));
}

#[tokio::test]
async fn other_sign_ons_end_and_their_systems_are_told_while_the_present_one_stays() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let address = receiver.url("/a");
    let a = app.client("a", |settings| settings.backchannel_logout_uri = Some(address)).await;
    let (mut here, here_sid, here_tokens) = enter(&app, &kim, &a).await;
    let (mut there, there_sid, there_tokens) = enter(&app, &kim, &a).await;

    let done = change(&mut here, &kim.password, NEW).await;

    assert_eq!((done.status, done.location()), (303, DONE));
    let silent = app.authorize_path(&a, &[("prompt", "none")]);
    assert!(here.get(&silent).await.param("code").is_some(), "the present one stays");
    assert_eq!(there.get(&silent).await.param("error").as_deref(), Some("login_required"));
    assert_eq!((told(&app, &here_sid).await, told(&app, &there_sid).await), (vec![], vec!["a".to_owned()]));
    app.deliver_logouts().await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(app.userinfo(&here_tokens.0).await.status, 200);
    assert_eq!(app.userinfo(&there_tokens.0).await.status, 401);
    for (token, status) in [(&here_tokens.1, 200), (&there_tokens.1, 400)] {
        let answer = app.token(&a, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
        assert_eq!(answer.status, status, "offline access goes the way of the sign-on that gave it: {}", answer.body);
    }
    assert_eq!((count(&app, "sign_out").await, count(&app, "password.changed").await), (1, 1));
}

/// Somebody in a browser: their sign-on, an access token and a refresh token for offline access.
async fn enter(app: &TestApp, person: &Official, client: &TestClient) -> (Browser, SignOnId, (String, String)) {
    let mut browser = app.browser();
    let path = app.authorize_path(client, &[("scope", "openid offline_access"), ("prompt", "consent")]);
    let arrived = browser.sign_in(person, &path).await;
    let tokens = app.redeem(client, &arrived.param("code").expect("a code")).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}")).to_owned();
    let sid = app.claims(&text("id_token"))["sid"].as_str().expect("a sid").to_owned();
    (browser, SignOnId(sid), (text("access_token"), text("refresh_token")))
}

/// The systems that are told of the end of a sign-on.
async fn told(app: &TestApp, sid: &SignOnId) -> Vec<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let deliveries = logout_deliveries::list_of_sign_on(&mut conn, sid).await.expect("answered");
    deliveries.into_iter().map(|delivery| delivery.client_id).collect()
}

#[tokio::test]
async fn a_wrong_present_password_is_throttled_where_it_is_typed_and_locks_no_sign_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &kim).await;
    let limits = app.services().settings.throttle;

    for _ in 0..limits.failures {
        app.advance_seconds(4);
        let refused = change(&mut browser, "không phải mật khẩu", NEW).await;
        assert_eq!((refused.status, refused.page()), (422, Some("change-password")));
        assert_eq!(refused.body.matches(CURRENT_WRONG).count(), 2);
    }
    let locked = change(&mut browser, &kim.password, NEW).await;
    assert_eq!((locked.status, locked.page()), (429, Some("change-password")), "also with the right one");
    let elsewhere = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert!(elsewhere.param("code").is_some(), "what is typed in one sign-on is counted there: {}", elsewhere.status);
    let failures = usize::try_from(limits.failures).expect("a count");
    assert_eq!((count(&app, "password.refused").await, count(&app, "sign_in.throttled").await), (failures, 1));
    assert_eq!(count(&app, "password.changed").await, 0);

    app.advance_seconds(limits.window_seconds + 1);
    let again = app.authorize_path(&tthc, &[("prompt", "login")]);
    assert!(browser.sign_in(&kim, &again).await.param("code").is_some());
    assert_eq!(change(&mut browser, &kim.password, NEW).await.status, 303, "after the wait");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740"]).await;
    let mut browser = signed_on(&app, &kim).await;

    let both = change(&mut browser, "không phải mật khẩu", "ngắn").await;
    let same = change(&mut browser, &kim.password, &kim.password).await;
    let own = change(&mut browser, &kim.password, "Phường Sài Gòn 2026").await;
    let nothing = change(&mut browser, "", "").await;

    for (case, answer, sentences) in [
        ("both fields", both, vec![CURRENT_WRONG, "Mật khẩu mới cần ít nhất 12 ký tự.", "Thêm chữ số vào mật khẩu mới."]),
        ("the same again", same, vec![USED, "Thêm chữ hoa vào mật khẩu mới."]),
        ("the own unit", own, vec!["Mật khẩu mới dựa vào thông tin"]),
        ("nothing", nothing, vec!["Nhập mật khẩu hiện tại.", "Nhập mật khẩu mới."]),
    ] {
        assert_eq!((answer.status, answer.page()), (422, Some("change-password")), "{case}");
        for sentence in sentences {
            assert_eq!(answer.body.matches(sentence).count(), 2, "{case}: {sentence}");
        }
    }
    assert_eq!(count(&app, "password.changed").await, 0);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins_and_the_other_is_told() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut one = signed_on(&app, &kim).await;
    let mut other = one.clone();

    let (first, second) =
        tokio::join!(change(&mut one, &kim.password, SENTENCES[0]), change(&mut other, &kim.password, SENTENCES[1]));

    let (won, lost, told) = if first.status == 303 { (0, 1, &second) } else { (1, 0, &first) };
    assert!(first.status == 303 || second.status == 303);
    assert!([409, 422].contains(&told.status), "{}", told.status);
    assert_eq!(told.page(), Some("change-password"));
    assert_eq!(count(&app, "password.changed").await, 1);
    assert!(opens(&app, &tthc, &with(&kim, SENTENCES[won])).await);
    assert!(!opens(&app, &tthc, &with(&kim, SENTENCES[lost])).await);
}

#[tokio::test]
async fn of_two_windows_that_replace_a_temporary_password_one_wins_and_the_other_is_told() {
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut one = app.browser();
    let page = one.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let mut other = one.clone();

    let (first, second) = tokio::join!(offer(&mut one, &page, SENTENCES[0]), offer(&mut other, &page, SENTENCES[1]));

    let goes_on = |answer: &Answer| answer.status == 303 && !answer.location().starts_with("/signin?");
    assert_ne!(goes_on(&first), goes_on(&second), "one of them, and no other");
    let (won, lost, told) = if goes_on(&first) { (0, 1, second) } else { (1, 0, first) };
    // The winner's request is answered: whoever comes later still may find it over, or is asked to sign in.
    let is_late = told.status == 303 || told.error_page() == Some("expired");
    assert!(told.status == 409 || is_late, "{} {}", told.status, told.body);
    assert_eq!(told.param("code"), None);
    if told.status == 409 {
        assert!(told.page() == Some("new-password") && told.body.contains("không được lưu"));
    }
    assert_eq!(count(&app, "password.changed").await, 1);
    assert!(opens(&app, &tthc, &with(&kim, SENTENCES[won])).await);
    assert!(!opens(&app, &tthc, &with(&kim, SENTENCES[lost])).await);
}

#[tokio::test]
async fn a_password_opens_however_a_keyboard_writes_its_letters() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let apart: String = kim.password.nfd().collect();
    assert_ne!(apart, kim.password);

    assert!(opens(&app, &tthc, &with(&kim, &apart)).await);
    let mut browser = signed_on(&app, &kim).await;
    let new_apart: String = NEW.nfd().collect();
    assert_eq!(change(&mut browser, &apart, &new_apart).await.status, 303);
    assert!(opens(&app, &tthc, &with(&kim, NEW)).await);
    let unchanged = change(&mut browser, NEW, &new_apart).await;
    assert!(unchanged.body.contains(USED), "another spelling is not another password");
}

#[tokio::test]
async fn an_operator_sets_what_is_long_enough_and_can_be_typed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let before = stored(&app, &kim).await;

    for (password, temporary, least) in [("bay-chu", true, 8), ("muoi-mot-ky", false, 12)] {
        let refused = set_password(&app, "kim", password, temporary).await;
        assert!(matches!(refused, Err(PasswordError::TooShort { least: told }) if told == least), "{password}: {refused:?}");
    }
    assert!(matches!(set_password(&app, "kim", "mật khẩu\tcó tab", false).await, Err(PasswordError::Invisible)));
    assert!(matches!(set_password(&app, "kim", &"x".repeat(257), true).await, Err(PasswordError::TooLong)));
    assert_eq!(stored(&app, &kim).await.hash, before.hash);

    set_password(&app, "kim", "tam chu!", true).await.expect("eight characters");
    assert!(stored(&app, &kim).await.must_change);
    set_password(&app, "kim", "một mật khẩu lâu dài", false).await.expect("a lasting one");
    assert!(!stored(&app, &kim).await.must_change, "which takes the demand back");
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_of_a_password_is_audited_or_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _kept = tracing::subscriber::set_default(subscriber);
    let app = TestApp::start().await;
    let kim = newcomer(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert_eq!(offer(&mut browser, &page, "matkhau-bi-che").await.status, 422);
    assert!(offer(&mut browser, &page, NEW).await.param("code").is_some());
    assert_eq!(change(&mut browser, "doan-mo-mat-khau", SENTENCES[0]).await.status, 422);
    assert_eq!(change(&mut browser, NEW, SENTENCES[0]).await.status, 303);

    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
    let audited = format!("{rows:?}");
    let logged = String::from_utf8_lossy(&log.0.lock().expect("a log")).into_owned();
    for secret in [TEMPORARY, "matkhau-bi-che", NEW, "doan-mo-mat-khau", SENTENCES[0], "$argon2id$"] {
        assert!(!audited.contains(secret), "audited: {secret}");
        assert!(!logged.contains(secret), "logged: {secret}");
    }
    let changed: Vec<_> = rows.iter().filter(|row| row.event == "password.changed").collect();
    assert_eq!(changed.len(), 2);
    assert!(changed.iter().all(|row| row.actor.as_deref() == Some(kim.id.as_str())));
}
