//! Passkeys in a real browser, with a device that the driver pretends to have.

use crate::ONE_POSITION;
use crate::steps::ask_to_enter;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::is_out_of;
use crate::support::Browser;
use crate::support::Stage;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use thirtyfour::common::command::Command;
use thirtyfour::common::command::ExtensionCommand;
use thirtyfour::prelude::By;

/// A device that keeps passkeys and knows its owner (WebDriver extension of Web Authentication §11.5).
#[derive(Debug)]
struct AddDevice;

impl ExtensionCommand for AddDevice {
    fn parameters_json(&self) -> Option<Value> {
        Some(json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        }))
    }

    fn method(&self) -> http::Method {
        http::Method::POST
    }

    fn endpoint(&self) -> Arc<str> {
        Arc::from("/webauthn/authenticator")
    }
}

async fn add_device(browser: &Browser) {
    let command = Command::ExtensionCommand(Box::new(AddDevice));
    browser.driver.handle().cmd(command).await.expect("the driver pretends to have a device");
}

/// Signs in to the portal with a password.
async fn enter_portal(browser: &Browser, stage: &Stage) {
    browser.visit(&format!("{}/signin", stage.demo.issuer)).await;
    give_username(browser, ONE_POSITION).await;
    give_password(browser, &stage.demo.password).await;
    browser.arrives_at("portal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_added_and_then_enters_a_system_without_a_name_or_a_password() {
    let Some(stage) = Stage::set().await else { return };
    let demo = &stage.demo;
    let browser = stage.browser().await;
    add_device(&browser).await;

    enter_portal(&browser, &stage).await;
    browser.visit(&format!("{}/account/methods/passkeys", demo.issuer)).await;
    browser.arrives_at("passkeys").await;
    browser.inspect("passkeys-none", "vi").await;
    browser.write("#passkey-name", "Máy bàn cơ quan").await;
    browser.press("#passkey-add").await;
    browser.sees("main[data-page='passkeys'] .note[role='status']").await;
    assert_eq!(browser.text(".passkeys .name").await, "Máy bàn cơ quan");
    browser.inspect("passkeys", "vi").await;

    browser.press("#passkey-add").await;
    browser.sees("[data-passkey-message]:not([hidden])").await;
    let told = browser.text("[data-passkey-message]").await;
    assert!(told.contains("đã có khóa truy cập"), "the same device makes no second one: {told}");

    browser.visit(&format!("{}/oauth2/logout", demo.issuer)).await;
    browser.arrives_at("logout").await;
    browser.press("#logout-confirm").await;
    browser.arrives_at("signed-out").await;
    is_out_of(&browser, &demo.tthc).await;

    ask_to_enter(&browser, &demo.tthc).await;
    // A browser that needs nobody to choose may have signed in from the field's own suggestions already.
    let page = browser.arrives_at_one_of(&["signin", "rp-home"]).await;
    if page == "signin"
        && let Ok(button) = browser.driver.find(By::Css("#signin-passkey")).await
    {
        let _ = button.click().await;
    }
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-name").await, "Lê Quang Minh");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_passkeys_are_out_of_sight_and_the_page_says_why() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.browser_without_scripts().await;

    browser.visit(&format!("{}/signin", stage.demo.issuer)).await;
    browser.arrives_at("signin").await;
    assert!(!browser.sees("#signin-passkey").await.is_displayed().await.expect("an answer"));
    enter_portal(&browser, &stage).await;
    browser.visit(&format!("{}/account/methods/passkeys", stage.demo.issuer)).await;
    browser.arrives_at("passkeys").await;
    assert!(!browser.sees("#passkey-add").await.is_displayed().await.expect("an answer"));
    assert!(browser.sees("[data-without-passkeys]").await.is_displayed().await.expect("an answer"));
    browser.close().await;
}
