//! Somebody hands the powers of a post over for a time: the other one acts in it under their own name, until it is taken back.

use crate::console_steps::employ;
use crate::steps::choose_position;
use crate::steps::enter_portal;
use crate::steps::is_out_of;
use crate::steps::open;
use crate::steps::sign_in;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use motlan::base::clock::Clock as _;
use motlan::base::clock::SystemClock;
use motlan::base::date::iso;
use motlan::base::date::vietnam_date;
use tempfile::TempDir;

const GIVER: (&str, &str) = ("27004", "Phường Tân Bình");
const TAKER: (&str, &str) = ("27169", "Phường Diên Hồng");

pub(crate) async fn a_post_is_handed_over_for_a_time_and_taken_back(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let people = [("trao.quyen.mot", "nhan.quyen.mot"), ("trao.quyen.hai", "nhan.quyen.hai")];
    for (way, (giver, taker)) in Way::BOTH.into_iter().zip(people) {
        employ(demo, &folder, giver, GIVER.0);
        employ(demo, &folder, taker, TAKER.0);
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, giver).await;
        it_is_handed_over(browser, demo, taker).await;
        let givers = browser.keeps_cookies().await;

        let browser = stage.begin(way).await;
        sign_in(browser, demo, &demo.tthc, taker).await;
        browser.look_at("position", "delegated").await;
        choose_position(browser, GIVER.1, false).await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-unit").await, GIVER.1, "they act in the post of the other");
        open(browser, demo, "/account/delegations", "delegations").await;
        browser.look_at("delegations", "received").await;
        let takers = browser.keeps_cookies().await;

        browser.brings_cookies(&givers).await;
        it_is_taken_back(browser, demo).await;

        browser.brings_cookies(&takers).await;
        is_out_of(browser, &demo.tthc).await;
        browser.go("#rp-enter").await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-unit").await, TAKER.1, "their own post is the only one again");
    }
}

async fn it_is_handed_over(browser: &Browser, demo: &Demo, taker: &str) {
    open(browser, demo, "/account/delegations", "delegations").await;
    browser.go("#delegation-new").await;
    browser.look_at("delegation-new", "").await;
    browser.go("#delegation-look").await;
    browser.sees("main[data-page='delegation-new'] .summary[role='alert']").await;
    browser.look_at("delegation-new", "error").await;
    browser.tick("#position-1").await;
    browser.write("#to", taker).await;
    browser.choose_day("#valid-to", &iso(vietnam_date(SystemClock.now().plus_seconds(7 * 86_400)))).await;
    browser.write("#decision-no", "24/QĐ-MAU").await;
    browser.go("#delegation-look").await;
    browser.look_at("delegation-confirm", "").await;
    let meant = browser.text("main").await;
    assert!(meant.contains("Trần Thị Thử Nghiệm") && meant.contains(TAKER.1), "whom one means is shown: {meant}");
    browser.go("#delegation-give").await;
    browser.sees("main[data-page='delegations'] .note.ok[role='status']").await;
    browser.look_at("delegations", "given").await;
}

async fn it_is_taken_back(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/account/delegations", "delegations").await;
    browser.go("section[aria-labelledby='given'] a.danger").await;
    browser.look_at("delegation-end", "").await;
    browser.go("#delegation-end").await;
    browser.sees("main[data-page='delegations'] .note.ok[role='status']").await;
    assert!(!browser.has("section[aria-labelledby='given'] a.danger").await, "it is ended once");
    browser.look_at("delegations", "ended").await;
}
