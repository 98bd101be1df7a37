//! A computer that many use: leaving is easy to find, and nothing stays behind.

use crate::steps::choose_position;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Stage;
use crate::support::Way;

pub(crate) async fn on_a_shared_computer_signing_out_is_large_and_nothing_stays(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("son.tt", "Phường Tân Bình"), ("giabao.l", "Phường Nhiêu Lộc")];
    for (way, (username, unit)) in Way::BOTH.into_iter().zip(people) {
        let browser = stage.begin(way).await;
        browser.visit(&format!("{}/login", demo.tthc)).await;
        browser.arrives_at("signin").await;
        browser.tick("#shared").await;
        give_username(browser, username).await;
        browser.arrives_at("password").await;
        assert!(browser.sees("#shared").await.is_selected().await.expect("an answer"), "it was said once");
        browser.look_at("password", "shared").await;
        give_password(browser, &demo.password).await;
        browser.arrives_at("position").await;
        browser.look_at("position", "shared").await;
        assert!(!browser.has("#remember").await, "nothing is remembered here");
        choose_position(browser, unit, false).await;
        browser.arrives_at("rp-home").await;

        open(browser, demo, "/", "portal").await;
        browser.look_at("portal", "shared").await;
        assert!(signing_out_is_large(browser).await, "the way out is as wide as a thumb and a glance");
        no_device_is_known(browser).await;
        open(browser, demo, "/account/methods", "methods").await;
        browser.look_at("methods", "shared").await;
        browser.go("#portal-signout").await;
        browser.arrives_at("logout").await;
        browser.go("#logout-confirm").await;
        browser.arrives_at("signed-out").await;
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        browser.arrives_at("signin").await;
        assert_eq!(browser.value("#username").await, "", "the next person finds nobody's name");
    }
}

async fn signing_out_is_large(browser: &Browser) -> bool {
    let box_of = "const box = document.querySelector('#portal-signout').getBoundingClientRect(); return [box.height, box.top]";
    let place = browser.look_up(box_of).await;
    let (height, top) = (place[0].as_f64().unwrap_or_default(), place[1].as_f64().unwrap_or(f64::MAX));
    height >= 48.0 && top < 900.0
}

/// Only the sign-on, the browser's own mark and the display preferences may lie here.
async fn no_device_is_known(browser: &Browser) {
    let cookies = browser.driver.get_all_cookies().await.expect("the cookies");
    let names: Vec<&str> = cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert!(!names.iter().any(|name| name.contains("device")), "{names:?}");
}
