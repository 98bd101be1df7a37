//! How soon the sign-in page is there on a first visit, and how much of it travels. What the other pages weigh is told
//! at each look at them.

use crate::support::Browser;
use crate::support::MOST_BYTES;
use crate::support::Stage;
use crate::support::Way;

const MOST_LOOKS: usize = 100;

const PAINT: &str = "return performance.getEntriesByName('first-contentful-paint').map((e) => e.startTime)[0] ?? null";
const BYTES: &str = "return ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind)) \
                     .reduce((sum, e) => sum + e.transferSize, 0)";

/// How many visits, and the most milliseconds until the first paint. The promise is one of the release build
/// (`tests/long paint`); a development build on a busy machine is only kept from being absurd.
fn measure() -> (usize, f64) {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { (25, 300.0) } else { (5, 1_500.0) }
}

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
    let (visits, most) = measure();
    let (mut paints, mut bytes) = (Vec::new(), 0);
    for _ in 0..visits {
        browser.visit("about:blank").await;
        browser.forget_pages().await;
        browser.visit(&format!("{}/signin", stage.demo.issuer)).await;
        browser.arrives_at("signin").await;
        paints.push(painted_after(browser).await);
        browser.is_whole().await;
        bytes = browser.look_up(BYTES).await.as_u64().expect("a number");
    }
    paints.sort_by(f64::total_cmp);
    let (median, slowest) = (paints[visits / 2], paints[visits - 1]);
    println!(
        "/signin: first contentful paint after {median:.0} ms (median of {visits} first visits, slowest {slowest:.0} ms), \
         {bytes} bytes in all"
    );
    assert!(median < most, "{paints:?}");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes on a first visit");
}
