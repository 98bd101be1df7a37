//! A browser, and what can be seen in it.

use super::hands::Hands;
use super::hands::Way;
use serde_json::Value;
use serde_json::json;
use std::cell::Cell;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::time::Instant;

/// Flags that a browser needs in a container, and that keep it from calling home.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
];

/// A browser and the person before it.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    http: reqwest::Client,
    devtools: String,
    way: Cell<Way>,
    findings: RefCell<Vec<String>>,
}

impl Browser {
    /// How long a page may take to come.
    pub(crate) const PAGE_DEADLINE: Duration = Duration::from_secs(30);
    /// Between two looks at a condition.
    pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(30);

    pub(super) async fn open(driver_url: &str, folder: &Path) -> Self {
        let mut wishes = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_arg(&format!("--user-data-dir={}", folder.join("profile").display())).expect("a flag");
        wishes.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a log");
        if Path::new("/usr/bin/chromium").exists() {
            wishes.set_binary("/usr/bin/chromium").expect("a browser");
        }
        let driver = WebDriver::new(driver_url, wishes).await.expect("a browser starts");
        let devtools = format!("{driver_url}/session/{}/goog/cdp/execute", driver.session_id());
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { driver, http, devtools, way: Cell::new(Way::AT_A_DESK), findings: RefCell::default() }
    }

    /// Whoever was here leaves nothing behind.
    pub(super) async fn forget_everybody(&self, way: Way) {
        self.way.set(way);
        self.runs_scripts(true).await;
        self.visit("about:blank").await;
        self.has_no_device().await;
        self.forget_cookies().await;
        self.sized(way.width, 900).await;
    }

    /// Deletes all cookies, as a person does who tidies up.
    pub(crate) async fn forget_cookies(&self) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
    }

    /// What lies in the browser of whoever is before it, so that they may come back to it after somebody else.
    pub(crate) async fn keeps_cookies(&self) -> Value {
        let mut all = self.devtools("Network.getAllCookies", json!({})).await;
        all["cookies"].take()
    }

    /// Somebody comes back to what was kept of theirs; whoever was here leaves nothing behind.
    pub(crate) async fn brings_cookies(&self, kept: &Value) {
        self.forget_cookies().await;
        self.devtools("Network.setCookies", json!({ "cookies": kept })).await;
    }

    /// Deletes what was kept of pages, so that the next one comes whole.
    pub(crate) async fn forget_pages(&self) {
        self.devtools("Network.clearBrowserCache", json!({})).await;
    }

    /// Whether pages may run scripts.
    pub(crate) async fn runs_scripts(&self, scripts: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts })).await;
    }

    /// How the person handles pages.
    pub(super) fn hands(&self) -> Hands {
        self.way.get().hands
    }

    /// The way that is walked.
    pub(crate) fn way(&self) -> Way {
        self.way.get()
    }

    /// The language that was chosen.
    pub(crate) fn language(&self) -> &'static str {
        self.way.get().language
    }

    /// Notes something that is wrong with a page; the story goes on and fails at its end.
    pub(crate) fn found(&self, what: String) {
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&what) {
            findings.push(what);
        }
    }

    /// What was found since the last story, and what the browser refused under the content policy.
    pub(super) async fn take_findings(&self) -> Vec<String> {
        for entry in self.driver.browser_log().await.unwrap_or_default() {
            if entry.message.contains("Content Security Policy") {
                self.found(entry.message);
            }
        }
        self.findings.take()
    }

    /// Goes to an address.
    pub(crate) async fn visit(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Goes back, as with the browser's own button.
    pub(crate) async fn goes_back(&self) {
        self.driver.back().await.unwrap_or_else(|error| panic!("back: {error}"));
    }

    /// Goes forward again, as with the browser's own button.
    pub(crate) async fn goes_forward(&self) {
        self.driver.forward().await.unwrap_or_else(|error| panic!("forward: {error}"));
    }

    /// Asks the browser itself for something that WebDriver has no word for.
    pub(super) async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        let answer = self.http.post(&self.devtools).json(&body).send().await.expect("the driver answers");
        let told = answer.status().is_success();
        let mut answer: Value = answer.json().await.expect("a JSON document");
        assert!(told, "{command}: {answer}");
        answer["value"].take()
    }

    /// What a script returns, for looking only.
    pub(crate) async fn look_up(&self, script: &str) -> Value {
        self.look_up_with(script, Vec::new()).await
    }

    /// What a script returns that is told something.
    pub(crate) async fn look_up_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute(script, arguments).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// The name of the page that is shown, if it has one.
    pub(crate) async fn page(&self) -> Option<String> {
        let main = self.driver.find(By::Css("main[data-page]")).await.ok()?;
        main.attr("data-page").await.ok().flatten()
    }

    /// Waits for a page.
    pub(crate) async fn arrives_at(&self, wanted: &str) {
        self.arrives_at_one_of(&[wanted]).await;
    }

    /// Waits for one of some pages and says which came.
    pub(crate) async fn arrives_at_one_of(&self, wanted: &[&str]) -> String {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        loop {
            if let Some(page) = self.page().await.filter(|page| wanted.contains(&page.as_str())) {
                return page;
            }
            assert!(Instant::now() < end, "none of {wanted:?} came; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }

    /// Waits until something that matches is on the page.
    pub(crate) async fn sees(&self, css: &str) -> WebElement {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        loop {
            if let Ok(element) = self.driver.find(By::Css(css.to_owned())).await {
                return element;
            }
            assert!(Instant::now() < end, "no {css}; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }

    /// Whether something is on the page now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.driver.find(By::Css(css.to_owned())).await.is_ok()
    }

    /// Whether something can be seen on the page now.
    pub(crate) async fn shows(&self, css: &str) -> bool {
        match self.driver.find(By::Css(css.to_owned())).await {
            Ok(element) => element.is_displayed().await.unwrap_or_else(|error| panic!("{css}: {error}")),
            Err(_) => false,
        }
    }

    /// The words of an element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.sees(css).await.text().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// What a field holds.
    pub(crate) async fn value(&self, css: &str) -> String {
        let value = self.sees(css).await.prop("value").await.unwrap_or_else(|error| panic!("{css}: {error}"));
        value.unwrap_or_default()
    }

    /// For messages: where the person stands and what they read.
    pub(super) async fn what_is_shown(&self) -> String {
        let address = self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let text = match self.driver.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        format!("at {address} page {:?} says:\n{text}", self.page().await)
    }

    /// Chooses the language with the switch of the page.
    pub(crate) async fn speaks(&self, language: &str) {
        if !self.has(&format!("html[lang='{language}']")).await {
            self.go(&format!("form[action='/preferences'] button[name='locale'][value='{language}']")).await;
        }
        self.sees(&format!("html[lang='{language}']")).await;
    }

    /// Gives the window a size, whatever the least size of a real window is.
    pub(crate) async fn sized(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let end = Instant::now() + Self::PAGE_DEADLINE;
        while self.look_up("return window.innerWidth").await != json!(width) {
            assert!(Instant::now() < end, "the window did not become {width} wide");
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }
}
