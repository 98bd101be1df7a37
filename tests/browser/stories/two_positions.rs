//! An official of two units: what they do counts for the one in which they act, and they change that without a password.

use super::own_account::acts_in;
use crate::console_steps::employ;
use crate::console_steps::employ_in;
use crate::console_steps::grant_to_unit;
use crate::console_steps::take_from_unit;
use crate::steps::choose_position;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::open;
use crate::steps::sign_in;
use crate::steps::stamp_dossier;
use crate::support::Browser;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

/// A unit: its code, its name, and the sample code of its agency.
type Unit = (&'static str, &'static str, &'static str);

const FIRST: Unit = ("26758", "Phường Cầu Ông Lãnh", "H29.MAU.26");
const SECOND: Unit = ("26848", "Phường Phước Long", "H29.MAU.29");
/// Of somebody else.
const THIRD: (&str, &str) = ("26833", "Phường Long Bình");

/// Stamps a dossier for the unit in which one is said to act; its number of the day.
async fn stamps_for(browser: &Browser, (code, name, agency): Unit) -> u32 {
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-unit").await, name);
    assert_eq!(browser.text("#rp-unit-code").await, code);
    let (stamped, day, number) = stamp_dossier(browser).await;
    assert_eq!(stamped, agency, "a dossier is of the unit in which one acts");
    assert_eq!(day.len(), 6, "{day}");
    number.parse::<u32>().unwrap_or_else(|error| panic!("{number}: {error}"))
}

/// Asks a system for another sign-in, where one is in already, and is asked for nothing.
async fn enters_again(browser: &Browser, system: &str) {
    browser.visit(&format!("{system}/login")).await;
    let page = browser.arrives_at_one_of(&["rp-home", "signin", "password", "position"]).await;
    assert_eq!(page, "rp-home", "{system} asked something");
}

pub(crate) async fn an_official_of_two_units_stamps_dossiers_of_the_one_and_then_of_the_other(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let people = [("hai.noi.mot", "mot.noi.mot"), ("hai.noi.hai", "mot.noi.hai")];
    for (way, (username, other)) in Way::BOTH.into_iter().zip(people) {
        employ_in(demo, &folder, username, &[FIRST.0, SECOND.0]);
        employ(demo, &folder, other, THIRD.0);
        let browser = stage.begin(way).await;
        sign_in(browser, demo, &demo.tthc, username).await;
        choose_position(browser, FIRST.1, false).await;
        let before = stamps_for(browser, FIRST).await;
        assert!(browser.text("#rp-other-positions").await.contains(SECOND.1));

        // On the portal, for every system.
        open(browser, demo, "/", "portal").await;
        acts_in(browser, SECOND.1).await;
        enters_again(browser, &demo.tthc).await;
        stamps_for(browser, SECOND).await;

        // From within the system, which asks for it.
        browser.go("#rp-switch").await;
        browser.look_at("position", "selected").await;
        choose_position(browser, FIRST.1, false).await;
        let after = stamps_for(browser, FIRST).await;
        assert!(after > before, "the numbers of the first unit go on: {before}, {after}");

        // Or as somebody else.
        browser.go("#rp-switch").await;
        browser.arrives_at("position").await;
        browser.go("#position-other").await;
        give_username(browser, other).await;
        give_password(browser, &demo.password).await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-unit").await, THIRD.1);
        assert!(!browser.has("#rp-switch").await, "with one position there is nothing to change");
    }
}

pub(crate) async fn who_has_no_role_in_a_position_is_told_whom_to_ask(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let contact = "Tổ hỗ trợ hệ thống thử, 028 0000 0000";
    let flags = ["--entry", "with_role", "--entry-contact", contact, "--role", "xu-ly"];
    let party = Party::open(demo, "chi-ai-co-vai-tro", &flags);
    // Only whoever works in the second unit may enter.
    let granted = grant_to_unit(demo, "chi-ai-co-vai-tro", "xu-ly", SECOND.0);
    for (way, username) in Way::BOTH.into_iter().zip(["vao.cua.mot", "vao.cua.hai"]) {
        employ_in(demo, &folder, username, &[FIRST.0, SECOND.0]);
        let browser = stage.begin(way).await;
        browser.visit(&party.request(&[])).await;
        give_username(browser, username).await;
        give_password(browser, &demo.password).await;
        choose_position(browser, FIRST.1, false).await;
        browser.look_at("refused", "").await;
        assert!(browser.has("main[data-error='not_entitled']").await);
        assert!(browser.text("#refused-ask").await.contains(contact), "whom to ask is on the page");
        assert!(browser.text("main").await.contains(FIRST.1), "and in which post one was refused");
        assert!(!browser.has("#refused-raise").await, "a second factor would not help");

        browser.go("#refused-position").await;
        choose_position(browser, SECOND.1, false).await;
        browser.arrives_at("party").await;
        assert!(party.claims().await["sub"].is_string(), "in the other post they are let in");

        browser.visit(&party.request(&[("prompt", "select_account")])).await;
        choose_position(browser, FIRST.1, false).await;
        browser.arrives_at("refused").await;
        browser.go("#signin-cancel").await;
        browser.arrives_at("party").await;
        let answer = party.answer();
        assert!(answer.as_str().contains("error=access_denied") && !answer.as_str().contains("code="), "{answer}");
    }
    take_from_unit(demo, &granted);
}
