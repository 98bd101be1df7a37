//! Codes by e-mail: only where a rule allows them, each for one sign-on, for ten minutes and once.

use crate::support::phones::{STEP, asked, enrol, give};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp, stage};
use motlan::model::admin_scope::AdminRole;
use motlan::model::sign_in_policy::SignInPolicy;
use motlan::service::administrators::{self, Grant};
use motlan::service::{Origin, mails, policies};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

const SEND: &str = "/signin/second-factor/email";
const BUTTON: &str = "id=\"second-factor-email\"";

/// A provider whose mail goes into a folder.
async fn house() -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_path_buf();
    (stage(|config| config.mail.folder = Some(path)).await, folder)
}

/// Allows them to everybody.
async fn allow(app: &TestApp) {
    let rule = SignInPolicy {
        name: "thu-dien-tu".to_owned(),
        citation: "Công văn 1/VP".to_owned(),
        email_codes: Some(true),
        ..SignInPolicy::default()
    };
    policies::apply(app.services(), &[rule], false, "os:test").await.expect("a rule");
    app.sync().await;
}

async fn send(browser: &mut Browser, page: &Answer) -> Answer {
    browser.post(SEND, &[("csrf", &page.hidden("csrf")), ("request", &page.hidden("request"))]).await
}

/// The codes that were sent, oldest first.
async fn codes(app: &TestApp, folder: &TempDir) -> Vec<String> {
    for mail in mails::claim(app.services()).await.expect("mails are claimed") {
        mails::deliver(app.services(), &mail).await.expect("a mail is recorded");
    }
    let files = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "eml")).collect();
    files.sort();
    let code = |line: &str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let of = |text: String| text.lines().map(str::trim).find(|line| code(line)).map(str::to_owned);
    files.into_iter().filter_map(|file| of(fs::read_to_string(file).expect("a mail"))).collect()
}

/// Somebody at the step who has just been sent a code.
async fn sent(app: &TestApp, official: &Official, folder: &TempDir) -> (Browser, Answer, String) {
    let (mut browser, page) = asked(app, official, "/signin").await;
    let answer = send(&mut browser, &page).await;
    assert!(answer.location().starts_with(STEP), "{}", answer.location());
    let page = browser.follow(answer).await;
    let code = codes(app, folder).await.pop().expect("a code");
    // The next one comes later.
    app.advance_seconds(1);
    (browser, page, code)
}

#[tokio::test]
async fn a_code_by_mail_stands_for_the_second_factor_and_is_told_as_what_it_is() {
    let (app, folder) = house().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    enrol(&app, &kim).await;
    allow(&app).await;

    let (mut browser, page) = asked(&app, &kim, &app.authorize_path(&tthc, &[])).await;
    assert!(page.body.contains(BUTTON) && page.body.contains("k•••@vi-du.vn"), "{}", page.body);
    assert!(!page.body.contains("kim@vi-du.vn"), "who knows the password learns no address");
    assert!(codes(&app, &folder).await.is_empty(), "looking at the page sends nothing");
    let answer = send(&mut browser, &page).await;
    let page = browser.follow(answer).await;
    assert_eq!(page.page(), Some("second-factor"));
    assert!(page.body.contains("class=\"note ok\"") && page.body.contains("10 phút"), "{}", page.body);
    let code = codes(&app, &folder).await.pop().expect("a code");
    let arrived = give(&mut browser, &page, &code, &[]).await;
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));

    assert_eq!(claims["acr"], json!(format!("{}/acr/2", app.issuer())));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mca"]));
    let rows = rows_of(&app, "email_code.sent").await;
    assert_eq!(rows.len(), 1);
    assert!(rows.iter().all(|row| row.person_id.as_deref() == Some(kim.id.as_str()) && !row.detail.contains(&code)));
}

#[tokio::test]
async fn a_code_is_good_once_for_one_sign_on_and_until_the_next_is_sent() {
    let (app, folder) = house().await;
    let kim = app.official("kim").await;
    enrol(&app, &kim).await;
    allow(&app).await;

    let (mut browser, page, old) = sent(&app, &kim, &folder).await;
    let (mut other, other_page) = asked(&app, &kim, "/signin").await;
    assert_eq!(give(&mut other, &other_page, &old, &[]).await.status, 422, "it is of another sign-on");
    send(&mut browser, &page).await;
    let new = codes(&app, &folder).await.pop().expect("a code");
    if new != old {
        assert_eq!(give(&mut browser, &page, &old, &[]).await.status, 422, "the newest counts");
        app.advance_seconds(4);
    }
    let back = browser.clone();
    assert_eq!(give(&mut browser, &page, &new, &[]).await.status, 303);

    // The sign-on has another cookie now; whoever kept the old one has nothing.
    let mut back = back;
    let answer = give(&mut back, &page, &new, &[]).await;
    assert_ne!(back.follow(answer).await.page(), Some("portal"));
    assert_eq!(count_of(&app, "sign_in.raised").await, 2, "when the app was added, and now");
}

#[tokio::test]
async fn a_code_is_over_after_ten_minutes() {
    let (app, folder) = house().await;
    let kim = app.official("kim").await;
    enrol(&app, &kim).await;
    allow(&app).await;

    let (mut browser, page, code) = sent(&app, &kim, &folder).await;
    app.advance_seconds(600);
    app.sync().await;

    assert_eq!(give(&mut browser, &page, &code, &[]).await.status, 422);
    let shown = browser.get(&format!("{STEP}?request={}", page.hidden("request"))).await;
    assert!(shown.body.contains(BUTTON) && !shown.body.contains("class=\"note ok\""), "nothing waits any more");
}

#[tokio::test]
async fn without_a_rule_or_for_administrators_nothing_is_sent() {
    let (app, folder) = house().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    enrol(&app, &kim).await;
    enrol(&app, &minh).await;

    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    assert!(!page.body.contains(BUTTON));
    assert_eq!(send(&mut browser, &page).await.status, 303);

    allow(&app).await;
    let origin = Origin::command_line();
    let grant = Grant {
        username: "minh",
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
    let (mut browser, page) = asked(&app, &minh, "/signin").await;
    assert!(!page.body.contains(BUTTON));
    assert_eq!(send(&mut browser, &page).await.status, 303);

    assert!(codes(&app, &folder).await.is_empty());
    assert_eq!(count_of(&app, "email_code.sent").await, 0);
}

#[tokio::test]
async fn where_no_mail_leaves_the_house_no_code_is_offered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    enrol(&app, &kim).await;
    allow(&app).await;

    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    assert!(!page.body.contains(BUTTON));
    assert_eq!(send(&mut browser, &page).await.status, 303);
    assert_eq!(count_of(&app, "email_code.sent").await, 0);
}

#[tokio::test]
async fn a_person_is_sent_three_in_a_quarter_of_an_hour() {
    let (app, folder) = house().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    enrol(&app, &kim).await;
    enrol(&app, &minh).await;
    allow(&app).await;

    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    for _ in 0..3 {
        assert_eq!(send(&mut browser, &page).await.status, 303);
    }
    // Another browser of whoever knows the password is no way around it.
    let (mut other, other_page) = asked(&app, &kim, "/signin").await;
    let refused = send(&mut other, &other_page).await;
    assert_eq!((refused.status, refused.page()), (429, Some("second-factor")));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(codes(&app, &folder).await.len(), 3);
    sent(&app, &minh, &folder).await;

    app.advance_seconds(900);
    app.sync().await;
    let (mut later, page) = asked(&app, &kim, "/signin").await;
    assert_eq!(send(&mut later, &page).await.status, 303);
    assert_eq!(count_of(&app, "email_code.sent").await, 5);
}

#[tokio::test]
async fn a_form_of_another_site_or_of_nobody_sends_nothing() {
    let (app, folder) = house().await;
    let kim = app.official("kim").await;
    enrol(&app, &kim).await;
    allow(&app).await;
    let (mut browser, page) = asked(&app, &kim, "/signin").await;

    let foreign = browser.post(SEND, &[("csrf", "x"), ("request", &page.hidden("request"))]).await;
    assert_eq!((foreign.status, foreign.error_page()), (403, Some("forbidden")));
    let mut nobody = app.browser();
    let begun = nobody.get("/signin").await;
    let first = nobody.follow(begun).await;
    let led = send(&mut nobody, &first).await;
    assert_eq!(nobody.follow(led).await.page(), Some("signin"), "the password comes first");

    assert!(codes(&app, &folder).await.is_empty());
    assert_eq!(count_of(&app, "email_code.sent").await, 0);
}
