//! Passkeys in a real browser, with a device that its tools pretend to have.

use crate::steps::ask_to_enter;
use crate::steps::enter_portal;
use crate::steps::knock;
use crate::steps::leave_portal;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

const NAME: &str = "Máy bàn cơ quan";

pub(crate) async fn a_passkey_is_added_and_then_enters_without_a_name_or_a_password(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["nam.vh", "bichngoc.ct"]) {
        let browser = stage.begin(way).await;
        let device = browser.has_a_device().await;
        enter_portal(browser, demo, username).await;
        open(browser, demo, "/account/methods/passkeys", "passkeys").await;
        browser.look_at("passkeys", "none").await;
        browser.photograph("passkeys", &[]).await;
        browser.write("#passkey-name", NAME).await;
        browser.go("#passkey-add").await;
        browser.sees("main[data-page='passkeys'] .note[role='status']").await;
        assert_eq!(browser.text(".passkeys .name").await, NAME);
        assert_eq!(browser.passkeys_on(&device).await, 1);
        browser.look_at("passkeys", "").await;
        the_same_device_makes_no_second_one(browser).await;
        open(browser, demo, "/account/methods", "methods").await;
        browser.look_at("methods", "passkey").await;
        browser.photograph("methods", &[]).await;

        // From the suggestions of the name's field.
        leave_portal(browser, demo).await;
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        browser.arrives_at("portal").await;
        leave_portal(browser, demo).await;
        ask_to_enter(browser, &demo.tthc).await;
        browser.arrives_at("rp-home").await;
        browser.forget_cookies().await;

        // With the button: nobody chose anything in the field.
        browser.touches(&device, false).await;
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        browser.arrives_at("signin").await;
        assert!(browser.shows("#signin-passkey").await);
        browser.touches(&device, true).await;
        browser.go("#signin-passkey").await;
        browser.arrives_at("portal").await;
        leave_portal(browser, demo).await;

        // As the second factor after a password.
        browser.touches(&device, false).await;
        knock(browser, demo, username).await;
        browser.look_at("second-factor-passkey", "").await;
        browser.touches(&device, true).await;
        browser.go("#signin-passkey").await;
        browser.arrives_at("portal").await;
        it_is_renamed_and_removed(browser, demo).await;
    }
}

async fn the_same_device_makes_no_second_one(browser: &Browser) {
    browser.press("#passkey-add").await;
    browser.sees("[data-passkey-message]:not([hidden])").await;
    let told = browser.text("[data-passkey-message]").await;
    let expected = if browser.language() == "vi" { "đã có khóa truy cập" } else { "already" };
    assert!(told.contains(expected), "the same device makes no second one: {told}");
}

async fn it_is_renamed_and_removed(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/account/methods/passkeys", "passkeys").await;
    browser.go(".passkeys a[href*='rename=']").await;
    browser.look_at("passkey-rename", "").await;
    browser.write("#passkey-name", "Điện thoại ☎").await;
    browser.go("#passkey-rename").await;
    browser.arrives_at("passkeys").await;
    assert_eq!(browser.text(".passkeys .name").await, "Điện thoại ☎");
    browser.go(".passkeys a[href*='remove=']").await;
    browser.look_at("passkey-remove", "").await;
    browser.go("#passkey-remove").await;
    browser.arrives_at("passkeys").await;
    assert!(!browser.has(".passkeys").await, "the only passkey is gone");
}

pub(crate) async fn without_scripts_passkeys_are_out_of_sight_and_the_page_says_why(stage: &Stage) {
    let browser = stage.begin(Way::AT_A_DESK).await;
    browser.runs_scripts(false).await;

    browser.visit(&format!("{}/signin", stage.demo.issuer)).await;
    browser.arrives_at("signin").await;
    assert!(browser.has("#signin-passkey").await && !browser.shows("#signin-passkey").await);
    enter_portal(browser, &stage.demo, super::ONE_POSITION).await;
    open(browser, &stage.demo, "/account/methods/passkeys", "passkeys").await;
    assert!(browser.has("#passkey-add").await && !browser.shows("#passkey-add").await);
    assert!(browser.shows("[data-without-passkeys]").await);
}
