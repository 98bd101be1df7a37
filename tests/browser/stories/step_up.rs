//! A system asks for more than it got: a higher level, or proof of a moment ago.

use crate::steps::enter_portal;
use crate::steps::give_code;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::knock;
use crate::steps::leave_portal;
use crate::steps::take_the_walk;
use crate::support::Browser;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;
use std::time::SystemTime;

/// `acr` that the answer must reach (OpenID Connect Core §5.5.1.1).
const ESSENTIAL: &str = r#"{"id_token":{"acr":{"essential":true,"value":"LoA2"}}}"#;

pub(crate) async fn a_system_asks_for_more_and_only_what_is_missing_is_asked_of_the_person(stage: &Stage) {
    let demo = &stage.demo;
    let party = Party::open(demo, "thu-nang-cap", &[]);
    for (way, username) in Way::BOTH.into_iter().zip(["thang.nd", "vinh.tc"]) {
        let browser = stage.begin(way).await;
        browser.visit(&party.request(&[])).await;
        give_username(browser, username).await;
        give_password(browser, &demo.password).await;
        browser.arrives_at("party").await;
        let claims = party.claims().await;
        assert_eq!(claims["acr"], format!("{}/acr/1", demo.issuer), "{claims}");

        // Nothing is there yet that would reach it: they are led to a second factor, and then on.
        browser.visit(&party.request(&[("claims", ESSENTIAL)])).await;
        let (app, codes) = take_the_walk(browser).await;
        browser.arrives_at("party").await;
        let claims = party.claims().await;
        assert_eq!(claims["acr"], "LoA2", "{claims}");
        assert!(claims["amr"].to_string().contains("otp"), "{claims}");

        // On a device that stands for the second factor, that factor alone is asked for.
        leave_portal(browser, demo).await;
        knock(browser, demo, username).await;
        browser.arrives_at("second-factor").await;
        browser.tick("#remember").await;
        give_code(browser, &codes[0]).await;
        leave_portal(browser, demo).await;
        enter_portal(browser, demo, username).await;
        browser.visit(&party.request(&[("claims", ESSENTIAL)])).await;
        browser.arrives_at("second-factor").await;
        assert!(!browser.has("input[type='password']").await, "the password was right already");
        give_code(browser, &app.code().await).await;
        browser.arrives_at("party").await;
        assert_eq!(party.claims().await["acr"], "LoA2");
    }
}

pub(crate) async fn a_system_asks_how_long_ago_it_was_and_the_person_proves_themselves_again(stage: &Stage) {
    let (demo, username) = (&stage.demo, "diemmy.ht");
    let party = Party::open(demo, "thu-moi-day", &[]);
    let browser = stage.begin(Way::AT_A_DESK).await;
    enter_portal(browser, demo, username).await;
    browser.visit(&party.request(&[("max_age", "3600")])).await;
    browser.arrives_at("party").await;
    let before = party.claims().await;
    assert!(before["auth_time"].is_i64(), "who asks for max_age is told when it was: {before}");

    browser.visit(&party.request(&[("max_age", "0")])).await;
    browser.arrives_at("signin").await;
    browser.go("#signin-cancel").await;
    browser.arrives_at("party").await;
    let answer = party.answer();
    assert!(answer.query_pairs().any(|(name, value)| name == "error" && value == "access_denied"), "{answer}");

    the_second_is_over(before["auth_time"].as_i64().expect("a time")).await;
    browser.visit(&party.request(&[("max_age", "0")])).await;
    give_username(browser, username).await;
    give_password(browser, &demo.password).await;
    browser.arrives_at("party").await;
    let after = party.claims().await;
    assert!(after["auth_time"].as_i64() > before["auth_time"].as_i64(), "{before} {after}");
}

/// Times are told in whole seconds.
async fn the_second_is_over(second: i64) {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    while i64::try_from(now()).expect("a time") <= second {
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
}
