//! Authenticator apps on people's phones, and the step that asks for their codes.

use super::{Answer, Browser, Official, TestApp};
use motlan::base::clock::Millis;
use motlan::crypto::totp::{Secret, step_at};

/// The step that asks for a code.
pub const STEP: &str = "/signin/second-factor";
const APP: &str = "/account/methods/totp";

/// An authenticator app on somebody's phone.
pub struct Phone(Secret);

impl Phone {
    /// The code that it shows now.
    pub fn code(&self, app: &TestApp) -> String {
        self.0.code(step_at(Millis(app.now_seconds() * 1_000)))
    }

    /// Six digits that it does not show about now.
    pub fn wrong(&self, app: &TestApp) -> String {
        let now = step_at(Millis(app.now_seconds() * 1_000));
        let near: Vec<String> = (-25..=25).map(|away| self.0.code(now + away)).collect();
        (0..1_000_000_u32).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).expect("a code")
    }
}

fn from_base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_usize, 0_u32, Vec::new());
    for letter in text.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).expect("base32");
        bits = (bits << 5) | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).expect("eight bits"));
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

/// An app that has taken the key of a page.
pub fn read(page: &Answer) -> Phone {
    let shown = page.body.split_once("id=\"totp-secret\">").unwrap_or_else(|| panic!("no key: {}", page.body)).1;
    let key: String = shown.chars().take_while(|letter| *letter != '<').filter(|letter| *letter != ' ').collect();
    Phone(Secret::from_bytes(&from_base32(&key)).expect("a secret"))
}

/// A browser in which somebody signed in and has just added an app. The step of its first code is over.
pub async fn enrol(app: &TestApp, official: &Official) -> (Browser, Phone) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    let page = browser.get(APP).await;
    let phone = read(&page);
    let sent = browser.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &phone.code(app))]).await;
    assert_eq!((sent.status, sent.location()), (303, APP));
    app.advance_seconds(30);
    (browser, phone)
}

/// A new browser in which the password was right, and the page that asks for more.
pub async fn asked(app: &TestApp, official: &Official, path: &str) -> (Browser, Answer) {
    let mut browser = app.browser();
    let page = browser.sign_in(official, path).await;
    assert_eq!((page.status, page.page()), (200, Some("second-factor")), "{}", page.body);
    (browser, page)
}

/// Sends a code, and what else is ticked or filled in.
pub async fn give(browser: &mut Browser, page: &Answer, code: &str, more: &[(&str, &str)]) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let fields = [&[("csrf", csrf.as_str()), ("request", request.as_str()), ("code", code)][..], more].concat();
    browser.post(STEP, &fields).await
}
