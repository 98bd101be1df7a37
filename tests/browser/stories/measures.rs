//! How soon the first page is there, and how much of it travels.

use crate::support::Browser;
use crate::support::Stage;
use crate::support::Way;
use serde_json::Value;

/// Nothing on a first visit may weigh more, everything counted.
const MOST_BYTES: f64 = 100_000.0;
/// The promise on a release build; a debug build on a busy machine is only kept from being absurd.
const MOST_MILLISECONDS: f64 = if cfg!(debug_assertions) { 1_500.0 } else { 300.0 };
const VISITS: usize = 5;
const MOST_LOOKS: usize = 100;

const PAINT: &str = "return performance.getEntriesByName('first-contentful-paint').map((e) => e.startTime)[0] ?? null";
const BYTES: &str = "return ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind)) \
                     .reduce((sum, e) => sum + e.transferSize, 0)";

/// Pages that somebody may come to first, and those with the most on them.
const PAGES: [&str; 6] = ["/signin", "/", "/help", "/help/sign-in", "/help/connect", "/privacy"];

/// The page may be there before the browser's next frame.
async fn painted_after(browser: &Browser) -> f64 {
    for _ in 0..MOST_LOOKS {
        if let Some(paint) = browser.look_up(PAINT).await.as_f64() {
            return paint;
        }
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
    panic!("the page was never painted")
}

pub(crate) async fn the_first_page_paints_at_once_and_is_small(stage: &Stage) {
    let browser = stage.begin(Way { language: "vi", ..Way::ON_A_PHONE }).await;
    browser.sized(1280, 900).await;
    let mut paints = Vec::new();
    for _ in 0..VISITS {
        browser.visit("about:blank").await;
        browser.forget_pages().await;
        browser.visit(&format!("{}/signin", stage.demo.issuer)).await;
        browser.arrives_at("signin").await;
        paints.push(painted_after(browser).await);
    }
    paints.sort_by(f64::total_cmp);
    let median = paints[VISITS / 2];
    println!("/signin: first contentful paint after {median:.0} ms (median of {VISITS} first visits)");
    assert!(median < MOST_MILLISECONDS, "{paints:?}");

    for path in PAGES {
        browser.visit("about:blank").await;
        browser.forget_pages().await;
        browser.visit(&format!("{}{path}", stage.demo.issuer)).await;
        browser.sees("main[data-page]").await;
        let bytes = browser.look_up(BYTES).await;
        println!("{path}: {bytes} bytes in all on a first visit");
        if bytes.as_f64().is_none_or(|bytes| bytes > MOST_BYTES) {
            let parts: Value = browser
                .look_up(
                    "return performance.getEntriesByType('resource').map((e) => `${e.name.split('/').pop()} ${e.transferSize}`)",
                )
                .await;
            browser.found(format!("{path} weighs {bytes} bytes on a first visit: {parts}"));
        }
    }
}
