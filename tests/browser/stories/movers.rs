//! Somebody moves: the system in which they worked ends their session by itself, and what they had there stays behind.

use crate::console_steps::DIRECTORY;
use crate::console_steps::comes_as;
use crate::console_steps::employ;
use crate::console_steps::employ_in;
use crate::console_steps::grant_to_unit;
use crate::console_steps::open_person;
use crate::console_steps::take_from_unit;
use crate::steps::ask_to_enter;
use crate::steps::choose_position;
use crate::steps::open;
use crate::steps::sign_in;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use motlan::base::clock::Clock as _;
use motlan::base::clock::SystemClock;
use motlan::base::date::shown;
use motlan::base::date::vietnam_date;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a system that asked for it may have to wait until it is told.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// The unit that is left, and the one in which they stay.
const LEFT: (&str, &str) = ("27043", "Phường Đức Nhuận");
const STAYED: (&str, &str) = ("27073", "Phường Phú Nhuận");
/// What everybody of the unit that is left has at TTHC.
const ROLE: &str = "lanh-dao";

const CASTS: [(&str, &str); 2] = [("cho.di.mot", "roi.di.mot"), ("cho.di.hai", "roi.di.hai")];

pub(crate) async fn whoever_moves_is_out_within_seconds_and_keeps_nothing_of_the_old_post(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let granted = grant_to_unit(demo, "tthc", ROLE, LEFT.0);
    for (way, (administrator, mover)) in Way::BOTH.into_iter().zip(CASTS) {
        employ(demo, &folder, administrator, "26740");
        employ_in(demo, &folder, mover, &[LEFT.0, STAYED.0]);
        let (browser, _) = comes_as(stage, way, administrator, DIRECTORY).await;
        let administrators = browser.keeps_cookies().await;

        let browser = stage.begin(way).await;
        sign_in(browser, demo, &demo.tthc, mover).await;
        choose_position(browser, LEFT.1, false).await;
        is_in_with_the_role(browser).await;
        let movers = browser.keeps_cookies().await;
        browser.brings_cookies(&movers).await;
        browser.visit(&format!("{}/", demo.tthc)).await;
        is_in_with_the_role(browser).await;

        browser.brings_cookies(&administrators).await;
        let ended = the_post_ends(browser, demo, mover).await;
        browser.brings_cookies(&movers).await;
        is_out_in_time(browser, &demo.tthc, ended).await;

        // The sign-on itself goes on, in the post that is left.
        ask_to_enter(browser, &demo.tthc).await;
        let page = browser.arrives_at_one_of(&["rp-home", "signin", "password", "position"]).await;
        assert_eq!(page, "rp-home", "nothing is asked");
        assert_eq!(browser.text("#rp-unit").await, STAYED.1);
        assert!(!browser.has("#rp-roles").await, "no role of the old post is left");
    }
    take_from_unit(demo, &granted);
}

async fn is_in_with_the_role(browser: &Browser) {
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-unit").await, LEFT.1);
    assert_eq!(browser.text("#rp-roles").await.trim(), ROLE);
}

/// Ends the post in the unit that is left, as of yesterday; when that was said.
async fn the_post_ends(browser: &Browser, demo: &Demo, mover: &str) -> Instant {
    open_person(browser, demo, mover).await;
    let of_unit = "return [...document.querySelectorAll('ol.timeline li.now')] \
                   .filter((e) => e.textContent.includes(arguments[0])).map((e) => e.querySelector('a').getAttribute('href'))";
    let posts = browser.look_up_with(of_unit, vec![LEFT.1.into()]).await;
    let posts = posts.as_array().expect("addresses");
    assert_eq!(posts.len(), 1, "one post is there: {posts:?}");
    open(browser, demo, posts[0].as_str().expect("an address"), "admin-person-position-change").await;
    browser.write("#last_day", &shown(vietnam_date(SystemClock.now().plus_seconds(-86_400)))).await;
    browser.write("#decision", "21/QĐ-MAU").await;
    browser.go("#position-end").await;
    let ended = Instant::now();
    browser.sees("main[data-page='admin-person'] .note[role='status']").await;
    ended
}

/// Looks again and again whether the session at a system is over.
async fn is_out_in_time(browser: &Browser, system: &str, ended: Instant) {
    loop {
        let looked = ended.elapsed();
        browser.visit(&format!("{system}/")).await;
        if browser.arrives_at_one_of(&["rp-home", "rp-signed-out"]).await == "rp-signed-out" {
            return;
        }
        assert!(looked < TOLD_WITHIN, "{system} is still entered {looked:?} after the post ended");
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
}
