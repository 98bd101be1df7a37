//! What people see of themselves, and what they do about it.

use crate::steps::enter_portal;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;

pub(crate) async fn the_portal_searches_switches_positions_and_takes_reports(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("hieu.nt", "Phường Bình Dương", "Phường Phú Lợi"), ("haiau.nt", "Phường Tam Thắng", "Phường Vũng Tàu")];
    for (way, (username, first, second)) in Way::BOTH.into_iter().zip(people) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        browser.look_at("portal", "two-positions").await;
        a_system_is_found(browser, "van ban").await;

        for unit in [second, first] {
            open(browser, demo, "/", "portal").await;
            acts_in(browser, unit).await;
        }
        the_display_is_set(browser).await;

        open(browser, demo, "/account", "profile").await;
        browser.go("#profile-report").await;
        browser.arrives_at("report").await;
        browser.go("#report-submit").await;
        browser.sees("main[data-page='report'] .summary[role='alert']").await;
        browser.look_at("report", "error").await;
        browser.tick("#about-1").await;
        browser.write("#words", "Số quyết định ghi sai một chữ số.").await;
        browser.go("#report-submit").await;
        browser.sees("main[data-page='report'] .note.ok[role='status']").await;
        browser.look_at("report", "sent").await;
    }
}

/// Marks and capitals do not matter when one looks for a system.
async fn a_system_is_found(browser: &Browser, words: &str) {
    browser.write("#portal-q", words).await;
    browser.go("#portal-search").await;
    browser.look_at("portal", "search").await;
    let found = browser.look_up("return document.querySelectorAll('#portal-systems > li').length").await;
    assert_eq!(found, 1, "{}", browser.text("#portal-systems").await);
    assert!(browser.text("#portal-systems").await.contains("ăn bản"));
}

/// Chooses the position of a unit, and is told so.
pub(crate) async fn acts_in(browser: &Browser, unit: &str) {
    if !browser.shows("input[name='position'] + label").await {
        browser.press("#position-change").await;
    }
    let place = "return [...document.querySelectorAll('input[name=position] + label')] \
                 .filter((e) => e.textContent.includes(arguments[0])).map((e) => e.htmlFor)[0]";
    let radio = browser.look_up_with(place, vec![unit.into()]).await;
    let radio = radio.as_str().unwrap_or_else(|| panic!("no position in {unit}")).to_owned();
    browser.tick(&format!("#{radio}")).await;
    browser.go("#position-switch").await;
    browser.arrives_at("portal").await;
    assert!(browser.text(".acting .post").await.contains(unit), "the acting position is on the page");
}

/// The largest text and the strongest contrast, as the server writes them.
async fn the_display_is_set(browser: &Browser) {
    let largest = browser.look_up("return [...document.querySelectorAll('button[name=text]')].pop().value").await;
    let largest = largest.as_str().expect("a size").to_owned();
    browser.go(&format!("button[name='text'][value='{largest}']")).await;
    browser.sees(&format!("html[data-text='{largest}']")).await;
    browser.press(".menu summary").await;
    browser.go("button[name='theme'][value='contrast']").await;
    browser.sees("html[data-theme='contrast']").await;
    browser.look_at("portal", "large-contrast").await;
    browser.press(".menu summary").await;
    browser.go("button[name='theme'][value='auto']").await;
    browser.go("button[name='text'][value='1']").await;
    browser.sees("html[data-theme='auto'][data-text='1']").await;
}

pub(crate) async fn what_was_told_to_a_system_is_shown_and_consent_is_taken_back(stage: &Stage) {
    let demo = &stage.demo;
    let party = Party::open(demo, "thu-dong-y", &["--third-party"]);
    for (way, username) in Way::BOTH.into_iter().zip(["mylinh.t", "ngochan.lt"]) {
        let browser = stage.begin(way).await;
        browser.visit(&party.request(&[])).await;
        give_username(browser, username).await;
        give_password(browser, &demo.password).await;
        browser.look_at("consent", "third-party").await;
        browser.go("#consent-allow").await;
        browser.arrives_at("party").await;
        party.claims().await;

        open(browser, demo, "/account/disclosures", "disclosures").await;
        browser.look_at("disclosures", "one").await;
        browser.go("a[href*='withdraw=thu-dong-y']").await;
        browser.look_at("disclosure-withdraw", "").await;
        browser.go("#disclosure-withdraw").await;
        browser.sees("main[data-page='disclosures'] .note.ok[role='status']").await;
        browser.look_at("disclosures", "withdrawn").await;

        browser.visit(&party.request(&[])).await;
        browser.arrives_at("consent").await;
        browser.go("#consent-deny").await;
        browser.arrives_at("party").await;
        assert!(party.answer().as_str().contains("access_denied"));
    }
}

pub(crate) async fn another_session_is_ended_from_here(stage: &Stage) {
    let (demo, username) = (&stage.demo, "dat.kv");
    let browser = stage.begin(Way::AT_A_DESK).await;
    // The first session is on a device that this browser then forgets.
    enter_portal(browser, demo, username).await;
    browser.forget_cookies().await;
    enter_portal(browser, demo, username).await;
    open(browser, demo, "/account/methods", "methods").await;
    browser.look_at("methods", "two-sessions").await;
    assert_eq!(other_sessions(browser).await, 1);
    open(browser, demo, "/account/sessions?end=all", "sessions-end").await;
    browser.look_at("sessions-end", "").await;
    open(browser, demo, "/account/methods", "methods").await;
    browser.go("button[name='session']").await;
    browser.arrives_at("methods").await;
    assert_eq!(other_sessions(browser).await, 0);
    all_of_them_end(browser, demo).await;
}

async fn other_sessions(browser: &Browser) -> u64 {
    let others = browser.look_up("return document.querySelectorAll('button[name=session]').length").await;
    others.as_u64().expect("a number")
}

async fn all_of_them_end(browser: &Browser, demo: &Demo) {
    browser.go("#account-end").await;
    browser.arrives_at("sessions-end").await;
    browser.go("#account-end-all").await;
    browser.arrives_at("signed-out").await;
    open(browser, demo, "/", "portal").await;
    assert!(browser.has("#portal-signin").await, "nobody is signed in any more");
}
