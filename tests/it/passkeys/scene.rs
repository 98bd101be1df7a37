//! The stage of these tests: two officials, a system, and what a page and its script do with a device.

use super::authenticator::Device;
use crate::support::proofs::text;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::store::audit::AuditRow;
use motlan::store::passkeys::StoredPasskey;
use motlan::store::{audit, passkeys};
use serde_json::Value;

/// The cookie of a sign-on.
pub const SIGN_ON: &str = "__Host-motlan_sign_on";
/// One's own passkeys.
pub const PAGE: &str = "/account/methods/passkeys";
/// Instead of a name and a password.
pub const FIRST: &str = "/signin/passkey";
/// Beside a password.
pub const SECOND: &str = "/signin/second-factor/passkey";
/// Two factors, or nothing.
pub const TWO_FACTORS: &str = r#"{"id_token":{"acr":{"essential":true,"value":"LoA2"}}}"#;

/// Two officials and a system.
pub struct Scene {
    pub app: TestApp,
    pub kim: Official,
    pub minh: Official,
    pub tthc: TestClient,
}

/// A sign-in that waits for somebody.
pub struct Waiting {
    pub csrf: String,
    pub request: String,
}

impl Waiting {
    /// A form of one of its pages.
    pub async fn post(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str()), ("request", self.request.as_str())];
        all.extend_from_slice(fields);
        browser.post(path, &all).await
    }

    /// What the page's script is handed.
    pub async fn options(&self, browser: &mut Browser, path: &str) -> Value {
        let answer = self.post(browser, &format!("{path}/options"), &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.body);
        answer.json()
    }

    /// What the page's script sends back.
    pub async fn answer(&self, browser: &mut Browser, path: &str, credential: &str) -> Answer {
        self.post(browser, path, &[("credential", credential)]).await
    }
}

impl Scene {
    /// Nobody has a passkey yet.
    pub async fn set() -> Self {
        Self::on(TestApp::start().await).await
    }

    /// The same on a provider with settings of its own.
    pub async fn on(app: TestApp) -> Self {
        let (kim, minh) = (app.official("kim").await, app.official("minh").await);
        let tthc = app.client("tthc", |_| {}).await;
        Self { app, kim, minh, tthc }
    }

    /// A browser in which somebody without a second factor has just signed in.
    pub async fn with_password(&self, person: &Official) -> Browser {
        let mut browser = self.app.browser();
        assert_eq!(browser.sign_in(person, "/signin").await.page(), Some("portal"));
        browser
    }

    /// A browser in which somebody has just typed their password, whatever they are asked for next.
    pub async fn password_only(&self, person: &Official) -> Browser {
        let mut browser = self.app.browser();
        browser.sign_in(person, "/signin").await;
        assert!(browser.cookies.contains_key(SIGN_ON));
        browser
    }

    /// A browser in which the owner of a device has just signed in with it.
    pub async fn with(&self, device: &mut Device) -> Browser {
        let mut browser = self.app.browser();
        assert!(self.sign_in(&mut browser, device).await.param("code").is_some());
        browser
    }

    /// The first page of a sign-in.
    pub async fn begin(&self, browser: &mut Browser, changes: &[(&str, &str)]) -> Waiting {
        let answer = browser.get(&self.app.authorize_path(&self.tthc, changes)).await;
        let page = browser.follow(answer).await;
        assert_eq!(page.page(), Some("signin"), "{}", page.body);
        Waiting { csrf: page.hidden("csrf"), request: page.hidden("request") }
    }

    /// A device with the first passkey of this person.
    pub async fn device_of(&self, person: &Official) -> Device {
        let mut device = Device::new();
        let added = add(&mut self.with_password(person).await, &mut device, "Điện thoại").await;
        assert_eq!((added.status, added.location()), (303, "/account/methods/passkeys?done=added"), "{}", added.body);
        device
    }

    /// Signs in with a device.
    pub async fn sign_in(&self, browser: &mut Browser, device: &mut Device) -> Answer {
        let waiting = self.begin(browser, &[("prompt", "login")]).await;
        let credential = device.show(&waiting.options(browser, FIRST).await);
        waiting.answer(browser, FIRST, &credential).await
    }

    /// What the system learns of an answer.
    pub async fn id_token(&self, answer: &Answer) -> Value {
        let code = answer.param("code").unwrap_or_else(|| panic!("no code: {} {:?}", answer.status, answer.header("location")));
        let tokens = self.app.redeem(&self.tthc, &code).await.json();
        self.app.claims(text(&tokens, "id_token"))
    }

    /// The records of an event.
    pub async fn rows_of(&self, event: &str) -> Vec<AuditRow> {
        let mut conn = self.app.services().store.read().await.expect("a connection");
        let rows = audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
        rows.into_iter().filter(|row| row.event == event).collect()
    }

    /// How often somebody signed in.
    pub async fn sign_ins(&self) -> usize {
        self.rows_of("sign_in.succeeded").await.len()
    }

    /// The passkeys of a person.
    pub async fn stored(&self, person: &Official) -> Vec<StoredPasskey> {
        let mut conn = self.app.services().store.read().await.expect("a connection");
        passkeys::list(&mut conn, &person.id).await.expect("passkeys")
    }
}

/// What the script of one's own page is handed.
pub async fn creation_options(browser: &mut Browser) -> Value {
    let csrf = browser.get(PAGE).await.hidden("csrf");
    let answer = browser.post(&format!("{PAGE}/options"), &[("csrf", &csrf)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// What it sends back.
pub async fn send_new(browser: &mut Browser, credential: &str, name: &str) -> Answer {
    let csrf = browser.get(PAGE).await.hidden("csrf");
    browser.post(PAGE, &[("csrf", &csrf), ("act", "add"), ("name", name), ("credential", credential)]).await
}

/// Adds the passkey of a device.
pub async fn add(browser: &mut Browser, device: &mut Device, name: &str) -> Answer {
    let credential = device.make(&creation_options(browser).await);
    send_new(browser, &credential, name).await
}

/// Renames or removes a passkey.
pub async fn change(browser: &mut Browser, act: &str, id: &str, name: &str) -> Answer {
    let csrf = browser.get(PAGE).await.hidden("csrf");
    browser.post(PAGE, &[("csrf", &csrf), ("act", act), ("passkey", id), ("name", name)]).await
}

/// Nobody was signed in, and the page says so without saying why.
#[track_caller]
pub fn is_refused(answer: &Answer, browser: &Browser, case: &str) {
    assert_eq!((answer.status, answer.page()), (422, Some("signin")), "{case}: {}", answer.body);
    assert!(answer.body.contains("Khóa truy cập không được chấp nhận"), "{case}");
    assert!(!browser.cookies.contains_key(SIGN_ON), "{case}: no sign-on");
}
