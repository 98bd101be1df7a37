//! A browser of the flood: its cookies, and the two steps of signing in with a password.
//!
//! Where it comes from is said in `X-Forwarded-For`, as a proxy that the server
//! trusts would say it.

use crate::app::cli::bench::drive::{Target, cookies, hidden, keep, location, text};
use reqwest::header::{COOKIE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a sign-in was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// When to come back, where the answer says it.
    pub(super) retry_after: Option<u64>,
    /// From the last step's sending to the end of its answer.
    pub(super) took: Duration,
}

impl Answer {
    /// True when the person is signed in.
    pub(super) fn entered(&self) -> bool {
        self.status == 303
    }
}

/// The browser.
pub(super) struct Browser {
    target: Arc<Target>,
    jar: BTreeMap<String, String>,
    csrf: String,
    request: String,
}

impl Browser {
    /// A new browser that shows the first page.
    pub(super) async fn open(target: &Arc<Target>, from: &str) -> Result<Self, String> {
        let jar = BTreeMap::new();
        let mut browser = Self { target: target.clone(), jar, csrf: String::new(), request: String::new() };
        browser.begin(from).await?;
        Ok(browser)
    }

    /// The same browser on another day: it has only the mark of the device, and shows the first page.
    pub(super) async fn open_again(&mut self, from: &str) -> Result<(), String> {
        self.jar.retain(|name, _| is_mark(name));
        self.begin(from).await
    }

    /// True when it holds a mark by which the server knows it again.
    pub(super) fn is_marked(&self) -> bool {
        self.jar.keys().any(|name| is_mark(name))
    }

    async fn begin(&mut self, from: &str) -> Result<(), String> {
        let answer = self.get("/signin", from).await?;
        let next = location(&answer).ok_or("the first page named no request")?;
        let page = self.get(&next, from).await?.text().await.map_err(|error| text(&error))?;
        self.csrf = hidden(&page, "csrf").ok_or("the first page has no form")?;
        self.request = hidden(&page, "request").ok_or("the first page has no form")?;
        Ok(())
    }

    async fn get(&mut self, path: &str, from: &str) -> Result<Response, String> {
        let request = self.target.http.get(format!("{}{path}", self.target.settings.issuer));
        self.send(request, from).await
    }

    async fn post(&mut self, path: &str, field: (&str, &str), from: &str) -> Result<Response, String> {
        let form = [("csrf", self.csrf.as_str()), ("request", self.request.as_str()), field];
        let request = self.target.http.post(format!("{}{path}", self.target.settings.issuer)).form(&form);
        self.send(request, from).await
    }

    async fn send(&mut self, request: RequestBuilder, from: &str) -> Result<Response, String> {
        let request = request.header(COOKIE, cookies(&self.jar)).header("x-forwarded-for", from);
        let answer = request.send().await.map_err(|error| text(&error))?;
        keep(&answer, &mut self.jar);
        Ok(answer)
    }

    /// The first step: the name.
    pub(super) async fn name(&mut self, username: &str, from: &str) -> Result<Answer, String> {
        self.step("/signin", ("username", username), from).await
    }

    /// The second step: the password.
    pub(super) async fn password(&mut self, password: &str, from: &str) -> Result<Answer, String> {
        self.step("/signin/password", ("password", password), from).await
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    async fn step(&mut self, path: &str, field: (&str, &str), from: &str) -> Result<Answer, String> {
        let sent = Instant::now();
        let answer = self.post(path, field, from).await?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        answer.bytes().await.map_err(|error| text(&error))?;
        Ok(Answer { status, retry_after, took: sent.elapsed() })
    }

    /// Both steps; the answer is that of the step at which it ended.
    pub(super) async fn sign_in(&mut self, username: &str, password: &str, from: &str) -> Result<Answer, String> {
        let named = self.name(username, from).await?;
        // Every name leads on to the password.
        if named.status == 303 { self.password(password, from).await } else { Ok(named) }
    }

    /// Goes on to where the sign-in leads, and takes what cookies come on the way.
    pub(super) async fn go_on(&mut self, from: &str) -> Result<(), String> {
        let mut path = "/".to_owned();
        for _ in 0..6 {
            let answer = self.get(&path, from).await?;
            match location(&answer) {
                Some(next) if next.starts_with('/') => path = next,
                Some(_) | None => return Ok(()),
            }
        }
        Err("the pages after the sign-in went in a circle".to_owned())
    }
}

/// The cookie that marks a device, with or without the prefix of https.
fn is_mark(name: &str) -> bool {
    name.ends_with("motlan_device")
}
