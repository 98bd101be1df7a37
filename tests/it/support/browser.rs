//! A browser: keeps cookies, posts forms with what the page put into them.

use super::requests::FORM;
use super::{Answer, Official, TestApp, encode};
use http::Request;
use std::collections::BTreeMap;

/// A browser with a cookie jar.
#[derive(Clone)]
pub struct Browser {
    app: TestApp,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) fn new(app: TestApp) -> Self {
        Self { app, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, builder: http::request::Builder, body: String) -> Answer {
        let jar = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let builder = if jar.is_empty() { builder } else { builder.header("cookie", jar) };
        let answer = self.app.request(builder.body(body).expect("a request")).await;
        for header in answer.headers.get_all("set-cookie") {
            let pair = header.to_str().expect("text").split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// `GET`.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    /// `POST` of a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let builder = Request::post(path).header("content-type", FORM);
        self.send(builder, encode(fields)).await
    }

    /// Follows redirects on our own issuer until a page or another site.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            let Some(location) = answer.header("location") else { return answer };
            let issuer = self.app.issuer();
            let path = match location.strip_prefix(issuer) {
                Some(path) => path.to_owned(),
                None if location.starts_with('/') => location.to_owned(),
                None => return answer,
            };
            answer = self.get(&path).await;
        }
        panic!("redirects go in a circle: {}", answer.location());
    }

    /// Walks the pages of a request until it leaves for the client or shows something else.
    pub async fn sign_in(&mut self, official: &Official, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..8 {
            answer = self.follow(answer).await;
            let (csrf, request) = (answer.hidden("csrf"), answer.hidden("request"));
            let known = [("csrf", csrf.as_str()), ("request", request.as_str())];
            let positions = official.positions.first().map(|position| position.0.clone()).unwrap_or_default();
            let (to, field) = match answer.page() {
                Some("signin") => ("/signin", ("username", official.username.as_str())),
                // Where old systems are, a plain name does not tell: it is the city's own.
                Some("place") => ("/signin/place", ("place", "_city")),
                Some("password") => ("/signin/password", ("password", official.password.as_str())),
                Some("position") => ("/signin/position", ("position", positions.as_str())),
                Some("consent") => ("/signin/consent", ("decision", "allow")),
                _ => return answer,
            };
            answer = self.post(to, &[known[0], known[1], field]).await;
            if answer.status != 303 {
                return answer;
            }
        }
        self.follow(answer).await
    }
}
