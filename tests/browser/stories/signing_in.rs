//! One sign-in enters three systems, one sign-out leaves them.

use super::ONE_POSITION;
use super::TWO_POSITIONS;
use super::pages::authorization_request;
use crate::steps::ask_to_enter;
use crate::steps::choose_position;
use crate::steps::enter_silently;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::is_out_of;
use crate::steps::sign_in;
use crate::steps::sign_out;
use crate::steps::stamp_dossier;
use crate::support::Stage;
use crate::support::Way;

pub(crate) async fn one_sign_in_enters_three_systems_and_one_sign_out_leaves_them(stage: &Stage) {
    let browser = stage.begin(Way::AT_A_DESK).await;
    let demo = &stage.demo;
    assert!(demo.people.iter().any(|username| username == ONE_POSITION), "the demo tells whom to sign in as");

    sign_in(browser, demo, &demo.tthc, ONE_POSITION).await;
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-name").await, "Lê Quang Minh");
    assert_eq!(browser.text("#rp-unit").await, "Phường Sài Gòn");
    assert_eq!(browser.text("#rp-unit-code").await, "26740");

    let (agency, day, number) = stamp_dossier(browser).await;
    assert_eq!(agency, browser.text("#rp-agency-code").await);
    assert!(agency.starts_with("H29.MAU."), "{agency} is not marked as a sample");
    assert_eq!(day.len(), 6);
    assert_eq!(number, "0001");

    for system in [&demo.van_ban, &demo.hop] {
        enter_silently(browser, system).await;
        assert_eq!(browser.text("#rp-name").await, "Lê Quang Minh");
        assert_eq!(browser.text("#rp-unit").await, "Phường Sài Gòn");
        assert_eq!(browser.text("#rp-unit-code").await, "26740");
    }

    browser.visit(&format!("{}/", demo.tthc)).await;
    sign_out(browser).await;
    for system in [&demo.tthc, &demo.van_ban, &demo.hop] {
        is_out_of(browser, system).await;
        ask_to_enter(browser, system).await;
        browser.arrives_at("signin").await;
    }
}

pub(crate) async fn an_official_with_two_positions_chooses_one_and_it_is_remembered(stage: &Stage) {
    let browser = stage.begin(Way::AT_A_DESK).await;
    let demo = &stage.demo;

    sign_in(browser, demo, &demo.tthc, TWO_POSITIONS).await;
    choose_position(browser, "Phường Phú Lợi", true).await;
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-unit").await, "Phường Phú Lợi");
    assert!(browser.text("#rp-other-positions").await.contains("Phường Thủ Dầu Một"));

    ask_to_enter(browser, &demo.van_ban).await;
    let page = browser.arrives_at_one_of(&["position", "rp-home", "signin", "password"]).await;
    if page == "position" {
        choose_position(browser, "Phường Thủ Dầu Một", false).await;
    }
    browser.arrives_at("rp-home").await;
    let unit = browser.text("#rp-unit").await;
    let before = if unit == "Phường Thủ Dầu Một" { "Phường Phú Cường" } else { "Phường Phú Lợi" };
    assert!(browser.text("#rp-units td.new").await.contains(&unit));
    let old = browser.text("#rp-units td.old").await;
    assert!(old.contains(before), "{old}");
    assert!(old.contains("30/06/2025"), "a code without its date: {old}");

    sign_out(browser).await;
    is_out_of(browser, &demo.tthc).await;
    sign_in(browser, demo, &demo.tthc, TWO_POSITIONS).await;
    let page = browser.arrives_at_one_of(&["rp-home", "position"]).await;
    assert_eq!(page, "rp-home", "the chosen position was to be remembered for this system");
    assert_eq!(browser.text("#rp-unit").await, "Phường Phú Lợi");
}

pub(crate) async fn everything_works_without_javascript(stage: &Stage) {
    let browser = stage.begin(Way::AT_A_DESK).await;
    let demo = &stage.demo;
    browser.runs_scripts(false).await;

    ask_to_enter(browser, &demo.tthc).await;
    give_username(browser, ONE_POSITION).await;
    give_password(browser, "không phải mật khẩu này").await;
    let summary = browser.text("main[data-page='password'] .summary[role='alert']").await;
    assert!(!summary.trim().is_empty());
    assert_eq!(browser.value("input[name='password']").await, "");
    assert!(!browser.shows("button.reveal").await, "what only a script can do is out of sight");

    browser.go("#signin-cancel").await;
    browser.arrives_at("rp-trouble").await;
    browser.sees("main[data-error='access_denied']").await;
    browser.visit(&format!("{}/", demo.tthc)).await;
    browser.arrives_at("rp-signed-out").await;

    sign_in(browser, demo, &demo.tthc, ONE_POSITION).await;
    browser.arrives_at("rp-home").await;
    enter_silently(browser, &demo.hop).await;

    let request = authorization_request(demo).await;
    browser.visit(&format!("{request}&response_mode=form_post")).await;
    browser.arrives_at("form-post").await;
    browser.sees("#form-post-submit").await;

    browser.visit(&format!("{}/", demo.tthc)).await;
    sign_out(browser).await;
    is_out_of(browser, &demo.hop).await;
}
