//! Devices that people have used before: known by a value of their own after a whole sign-in, told of when they are
//! new, and standing for the second factor where their owner wished it, for a time.

use crate::support::phones::{asked, enrol, give};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::digest::sha256;
use motlan::model::admin_scope::AdminRole;
use motlan::model::notice::NoticeKind;
use motlan::service::administrators::{self, Grant};
use motlan::service::devices::{self, KnownDevice};
use motlan::service::{Origin, notices};
use motlan::store::devices as records;
use serde_json::json;

const DEVICE: &str = "__Host-motlan_device";
const TICKED: &[(&str, &str)] = &[("remember", "on")];
const DAY: i64 = 86_400;

async fn known(app: &TestApp, official: &Official) -> Vec<KnownDevice> {
    devices::list(app.services(), &official.id).await.expect("an answer")
}

async fn told(app: &TestApp, official: &Official, kind: NoticeKind) -> usize {
    let notices = notices::list(app.services(), &official.id).await.expect("an answer");
    notices.iter().filter(|notice| notice.kind == kind).count()
}

/// Signs in anew in a browser, up to whatever comes after the password.
async fn again(app: &TestApp, browser: &mut Browser, official: &Official, client: &TestClient) -> Answer {
    browser.sign_in(official, &app.authorize_path(client, &[("prompt", "login")])).await
}

/// A browser whose owner signed in with both factors and ticked the box.
async fn remembered(app: &TestApp, official: &Official, code: &str) -> Browser {
    let (mut browser, page) = asked(app, official, "/signin").await;
    assert!(page.body.contains("name=\"remember\"") && page.body.contains("30 ngày"), "{}", page.body);
    let given = give(&mut browser, &page, code, TICKED).await;
    assert_eq!(given.status, 303, "{}", given.body);
    browser
}

#[tokio::test]
async fn a_device_is_known_by_a_random_value_after_a_whole_sign_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (first, phone) = enrol(&app, &kim).await;
    assert_eq!(first.cookies[DEVICE].len(), 43, "256 random bits");

    let (mut browser, page) = asked(&app, &kim, &app.authorize_path(&tthc, &[])).await;
    assert!(!browser.cookies.contains_key(DEVICE), "the password alone makes no device known");
    assert_eq!(known(&app, &kim).await.len(), 1);
    let arrived = give(&mut browser, &page, &phone.code(&app), &[]).await;

    let flags = arrived.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let flags = flags.into_iter().find(|flags| flags.starts_with(DEVICE)).expect("the cookie");
    for flag in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/", "; Max-Age=31536000"] {
        assert!(flags.contains(flag), "{flag}: {flags}");
    }
    assert!(!flags.contains("Domain"), "{flags}");
    assert_ne!(browser.cookies[DEVICE], first.cookies[DEVICE]);
    let mut conn = app.services().store.read().await.expect("a connection");
    let value = browser.cookies[DEVICE].as_bytes();
    assert!(records::find(&mut conn, &sha256(value), &kim.id).await.expect("an answer").is_some(), "kept as a digest");
    assert!(records::find(&mut conn, value, &kim.id).await.expect("an answer").is_none(), "and not as it is");
    drop(conn);
    assert!(known(&app, &kim).await.iter().all(|device| device.remembered_until.is_none()), "nobody wished it");
}

#[tokio::test]
async fn a_value_that_somebody_else_may_know_is_not_taken_for_a_device() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let mut browser = app.browser();
    browser.cookies.insert(DEVICE.to_owned(), "A".repeat(43));

    assert_eq!(browser.sign_in(&kim, "/signin").await.page(), Some("portal"));
    let value = browser.cookies[DEVICE].clone();
    assert_ne!(value, "A".repeat(43), "we never gave it out");
    assert_eq!(browser.sign_in(&minh, "/signin").await.page(), Some("portal"));

    let now = browser.cookies[DEVICE].clone();
    assert_ne!(now, value, "kim may know what minh's browser held before");
    let (of_kim, of_minh) = (known(&app, &kim).await, known(&app, &minh).await);
    assert_eq!((of_kim.len(), of_minh.len()), (1, 1));
    assert_ne!(of_kim[0].id, of_minh[0].id);
    let mut conn = app.services().store.read().await.expect("a connection");
    for official in [&kim, &minh] {
        let old = records::find(&mut conn, &sha256(value.as_bytes()), &official.id).await.expect("an answer");
        let new = records::find(&mut conn, &sha256(now.as_bytes()), &official.id).await.expect("an answer");
        assert!(old.is_none() && new.is_some(), "{}: both stay known in this browser", official.username);
    }
    drop(conn);
    assert_eq!(browser.sign_in(&kim, "/signin").await.page(), Some("portal"));
    assert_eq!((&browser.cookies[DEVICE], known(&app, &kim).await.len()), (&now, 1));
}

#[tokio::test]
async fn a_device_that_is_remembered_gets_a_value_that_nobody_has_seen() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (mut browser, phone) = enrol(&app, &kim).await;
    let before = browser.cookies[DEVICE].clone();
    let tthc = app.client("tthc", |_| {}).await;

    let page = again(&app, &mut browser, &kim, &tthc).await;
    assert_eq!(give(&mut browser, &page, &phone.code(&app), TICKED).await.status, 303);

    assert_ne!(browser.cookies[DEVICE], before);
    let devices = known(&app, &kim).await;
    assert!(devices.len() == 1 && devices[0].remembered_until.is_some(), "it is the same device");
    let mut copy = app.browser();
    copy.cookies.insert(DEVICE.to_owned(), before);
    assert_eq!(again(&app, &mut copy, &kim, &tthc).await.page(), Some("second-factor"), "the old value stands for nothing");
}

#[tokio::test]
async fn of_many_devices_the_last_twenty_are_known() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = app.browser();
    first.sign_in(&kim, "/signin").await;

    for _ in 0..20 {
        app.advance_seconds(1);
        assert_eq!(app.browser().sign_in(&kim, "/signin").await.page(), Some("portal"));
    }

    assert_eq!(known(&app, &kim).await.len(), 20);
    let oldest = sha256(first.cookies[DEVICE].as_bytes());
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(records::find(&mut conn, &oldest, &kim.id).await.expect("an answer").is_none());
}

#[tokio::test]
async fn whoever_was_here_before_is_told_of_a_new_device_and_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = app.browser();
    first.sign_in(&kim, "/signin").await;
    assert_eq!(told(&app, &kim, NoticeKind::NewDevice).await, 0, "nobody is told of where they begin");

    let mut second = app.browser();
    for _ in 0..2 {
        second.sign_in(&kim, "/signin").await;
        app.advance_seconds(2 * 3_600);
        app.sync().await;
        first.sign_in(&kim, "/signin").await;
    }

    assert_eq!(told(&app, &kim, NoticeKind::NewDevice).await, 1);
    assert_eq!(known(&app, &kim).await.len(), 2);
}

#[tokio::test]
async fn a_remembered_device_stands_for_the_second_factor_until_its_day() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, phone) = enrol(&app, &kim).await;
    let mut browser = remembered(&app, &kim, &phone.code(&app)).await;
    assert_eq!((count_of(&app, "device.remembered").await, told(&app, &kim, NoticeKind::DeviceRemembered).await), (1, 1));

    let arrived = again(&app, &mut browser, &kim, &tthc).await;
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));
    assert_eq!(claims["acr"], json!(format!("{}/acr/1", app.issuer())), "what was not given is not told");
    assert_eq!(claims["amr"], json!(["pwd"]));

    asked(&app, &kim, "/signin").await;
    app.advance_seconds(30 * DAY - 60);
    app.sync().await;
    assert!(again(&app, &mut browser, &kim, &tthc).await.param("code").is_some(), "to the last day");
    app.advance_seconds(120);
    app.sync().await;
    assert_eq!(again(&app, &mut browser, &kim, &tthc).await.page(), Some("second-factor"), "and no longer");
}

#[tokio::test]
async fn a_device_is_remembered_only_where_the_box_was_ticked_and_for_its_owner() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (_, phone) = enrol(&app, &kim).await;
    let (_, other_phone) = enrol(&app, &minh).await;

    let (mut plain, page) = asked(&app, &kim, "/signin").await;
    give(&mut plain, &page, &phone.code(&app), &[]).await;
    assert_eq!(again(&app, &mut plain, &kim, &tthc).await.page(), Some("second-factor"));

    let mut of_minh = remembered(&app, &minh, &other_phone.code(&app)).await;
    assert_eq!(again(&app, &mut of_minh, &kim, &tthc).await.page(), Some("second-factor"), "it is nobody else's");
    let (mut mistaken, page) = asked(&app, &kim, "/signin").await;
    assert_eq!(give(&mut mistaken, &page, &phone.wrong(&app), TICKED).await.status, 422);
    assert_eq!(again(&app, &mut mistaken, &kim, &tthc).await.page(), Some("second-factor"), "a wrong code trusts nothing");
}

#[tokio::test]
async fn a_system_that_demands_two_factors_gets_both_on_a_remembered_device_too() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let strict = app.client("strict", |settings| settings.minimum_level = Some(2)).await;
    let (_, phone) = enrol(&app, &kim).await;
    let mut browser = remembered(&app, &kim, &phone.code(&app)).await;

    let page = again(&app, &mut browser, &kim, &strict).await;
    assert_eq!(page.page(), Some("second-factor"));
    app.advance_seconds(30);
    let arrived = give(&mut browser, &page, &phone.code(&app), &[]).await;
    assert!(arrived.param("code").is_some(), "{}", arrived.status);
}

#[tokio::test]
async fn a_new_password_and_a_word_of_the_owner_end_what_a_device_stands_for() {
    let app = TestApp::start().await;
    let (mut kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (mut first, phone) = enrol(&app, &kim).await;
    let mut browser = remembered(&app, &kim, &phone.code(&app)).await;
    let origin = Origin::command_line();
    let trusted =
        async |app: &TestApp, kim: &Official| known(app, kim).await.into_iter().find(|device| device.remembered_until.is_some());
    let device = trusted(&app, &kim).await.expect("a device");

    assert!(!devices::forget(app.services(), &minh.id, &device.id, &origin).await.expect("an answer"), "not somebody else's");
    assert!(again(&app, &mut browser, &kim, &tthc).await.param("code").is_some());
    assert!(devices::forget(app.services(), &kim.id, &device.id, &origin).await.expect("an answer"));
    assert!(!devices::forget(app.services(), &kim.id, &device.id, &origin).await.expect("an answer"));
    assert_eq!(count_of(&app, "device.forgotten").await, 1);
    let page = again(&app, &mut browser, &kim, &tthc).await;
    assert_eq!(page.page(), Some("second-factor"));

    app.advance_seconds(30);
    give(&mut browser, &page, &phone.code(&app), TICKED).await;
    assert!(trusted(&app, &kim).await.is_some());
    let page = first.get("/account/methods/password").await;
    let new = "Con mèo trèo cây cau 7!";
    let fields = [("csrf", page.hidden("csrf")), ("current", kim.password.clone()), ("password", new.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(first.post("/account/methods/password", &fields).await.status, 303);
    kim.password = new.to_owned();
    assert!(trusted(&app, &kim).await.is_none());
    assert_eq!(again(&app, &mut browser, &kim, &tthc).await.page(), Some("second-factor"));
    assert!(!known(&app, &kim).await.is_empty(), "strangers still keep nobody out of it");
}

#[tokio::test]
async fn whoever_administers_anything_gives_both_factors_each_time() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, phone) = enrol(&app, &kim).await;
    let mut browser = remembered(&app, &kim, &phone.code(&app)).await;
    let origin = Origin::command_line();
    let grant = Grant {
        username: "kim",
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("granted");
    app.sync().await;

    let page = again(&app, &mut browser, &kim, &tthc).await;
    assert_eq!(page.page(), Some("second-factor"), "what was remembered before counts no more");
    assert!(!page.body.contains("name=\"remember\""));
    app.advance_seconds(30);
    assert_eq!(give(&mut browser, &page, &phone.code(&app), TICKED).await.status, 303);
    assert_eq!(again(&app, &mut browser, &kim, &tthc).await.page(), Some("second-factor"), "nor is it remembered now");
    assert_eq!(count_of(&app, "device.remembered").await, 1);
}
