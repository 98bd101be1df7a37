//! The calls: a browser that signs in once, and a system that redeems, refreshes and asks.

use crate::base::digest::{base64url, sha256};
use crate::base::entropy::{Entropy as _, SystemEntropy};
use crate::protocol::response_mode::with_query;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is asked for, dropped by the server as far as the client may not have it.
const SCOPE: &str = "openid profile unit position roles";

/// Whom to call as whom.
pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) client: String,
    pub(super) secret: String,
    pub(super) redirect_uri: String,
    pub(super) username: String,
    pub(super) password: String,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Authorize with the cookie, then redeem: two requests.
    SilentSignOn,
    /// Refresh.
    Refresh,
    /// Userinfo.
    Userinfo,
    /// The public keys.
    Jwks,
}

impl Operation {
    pub(super) const ALL: [Self; 4] = [Self::SilentSignOn, Self::Refresh, Self::Userinfo, Self::Jwks];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SilentSignOn => "silent sign-on",
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
            Self::Jwks => "JWKS",
        }
    }
}

/// A browser that is signed on, and its tokens.
#[derive(Clone)]
pub(super) struct Caller {
    cookies: String,
    access_token: String,
    pub(super) refresh_token: Option<String>,
}

/// The server under test.
pub(super) struct Target {
    pub(super) settings: Settings,
    pub(super) http: Client,
}

/// Signs in as many callers as asked, one after another.
pub(super) async fn callers(target: &Arc<Target>, count: usize) -> Result<Vec<Caller>, String> {
    let mut callers = Vec::with_capacity(count);
    for _ in 0..count {
        callers.push(target.sign_in().await?);
    }
    Ok(callers)
}

pub(super) fn text(error: &reqwest::Error) -> String {
    error.to_string()
}

impl Target {
    #[expect(clippy::disallowed_methods, reason = "the benchmark calls the server under test, which is on loopback")]
    pub(super) fn new(settings: Settings) -> Result<Arc<Self>, String> {
        crate::crypto::install_provider();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(64)
            .no_proxy()
            .build();
        Ok(Arc::new(Self { settings, http: http.map_err(|error| text(&error))? }))
    }

    fn authorize_url(&self, verifier: &str, scope: &str) -> String {
        let challenge = base64url(&sha256(verifier.as_bytes()));
        let fields = [
            ("response_type", "code"),
            ("client_id", &self.settings.client),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", scope),
            ("state", "bench"),
            ("nonce", "bench"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        with_query(&format!("{}/oauth2/authorize", self.settings.issuer), &fields)
    }

    /// A browser that signed in, and its tokens.
    async fn sign_in(&self) -> Result<Caller, String> {
        let (tokens, jar) = self.walk().await?;
        let field = |name: &str| tokens.get(name).and_then(Value::as_str).map(str::to_owned);
        let access_token = field("access_token").ok_or("no access token came")?;
        Ok(Caller { cookies: cookies(&jar), access_token, refresh_token: field("refresh_token") })
    }

    /// Signs in with the password, in a browser that nobody used before; the tokens.
    pub(super) async fn sign_in_anew(&self) -> Result<Value, String> {
        self.walk().await.map(|(tokens, _)| tokens)
    }

    /// Walks the pages as a new browser does; the tokens, and its cookies.
    async fn walk(&self) -> Result<(Value, BTreeMap<String, String>), String> {
        let mut jar = BTreeMap::new();
        let verifier = SystemEntropy.token();
        let mut address = self.authorize_url(&verifier, &format!("{SCOPE} offline_access"));
        for _ in 0..12 {
            let answer = self.http.get(&address).header(COOKIE, cookies(&jar)).send().await.map_err(|error| text(&error))?;
            keep(&answer, &mut jar);
            let mut next = location(&answer);
            if next.is_none() {
                let page = answer.text().await.map_err(|error| text(&error))?;
                next = self.submit(&address, &page, &mut jar).await?;
            }
            let next = next.ok_or("the sign-in pages led nowhere: is the password right?")?;
            if next.starts_with(&self.settings.redirect_uri) {
                let code = code_of(&next).ok_or("the sign-in was refused")?;
                return Ok((self.redeem(&code, &verifier).await?, jar));
            }
            address = if next.starts_with('/') { format!("{}{next}", self.settings.issuer) } else { next };
        }
        Err("the sign-in pages went in a circle: has the person several positions?".to_owned())
    }

    async fn submit(&self, address: &str, page: &str, jar: &mut BTreeMap<String, String>) -> Result<Option<String>, String> {
        let (csrf, request) = (hidden(page, "csrf").unwrap_or_default(), hidden(page, "request").unwrap_or_default());
        let step = if page.contains("data-page=\"password\"") {
            ("password", &self.settings.password)
        } else {
            ("username", &self.settings.username)
        };
        let form = [("csrf", csrf.as_str()), ("request", request.as_str()), (step.0, step.1.as_str())];
        let path = address.split('?').next().unwrap_or(address);
        let answer = self.http.post(path).header(COOKIE, cookies(jar)).form(&form).send().await.map_err(|error| text(&error))?;
        keep(&answer, jar);
        Ok(location(&answer))
    }

    async fn redeem(&self, code: &str, verifier: &str) -> Result<Value, String> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.settings.redirect_uri),
            ("code_verifier", verifier),
        ];
        self.token(&form).await
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<Value, String> {
        let answer = self
            .http
            .post(format!("{}/oauth2/token", self.settings.issuer))
            .basic_auth(&self.settings.client, Some(&self.settings.secret))
            .form(form)
            .send()
            .await
            .map_err(|error| text(&error))?;
        let fine = answer.status().is_success();
        let body: Value = answer.json().await.map_err(|error| text(&error))?;
        if fine { Ok(body) } else { Err(body.to_string()) }
    }

    /// One operation, start to end; an error when the answer is not a success.
    pub(super) async fn perform(&self, caller: &Caller, operation: Operation) -> Result<(), String> {
        match operation {
            Operation::SilentSignOn => self.sign_on_silently(caller).await.map(|_| ()),
            Operation::Refresh => {
                let token = caller.refresh_token.as_deref().unwrap_or_default();
                self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await.map(|_| ())
            }
            Operation::Userinfo => self.fetch("/oauth2/userinfo", Some(&caller.access_token)).await,
            Operation::Jwks => self.fetch("/oauth2/jwks", None).await,
        }
    }

    /// Authorizes with the cookie, then redeems; the tokens.
    pub(super) async fn sign_on_silently(&self, caller: &Caller) -> Result<Value, String> {
        let verifier = SystemEntropy.token();
        let address = self.authorize_url(&verifier, SCOPE);
        let answer = self.http.get(address).header(COOKIE, &caller.cookies).send().await.map_err(|error| text(&error))?;
        let code = location(&answer).as_deref().and_then(code_of).ok_or("no code came")?;
        self.redeem(&code, &verifier).await
    }

    /// What userinfo tells whoever has this access token; nothing where the token is worth nothing (RFC 6750 §3.1).
    pub(super) async fn userinfo(&self, token: &str) -> Result<Option<Value>, String> {
        let address = format!("{}/oauth2/userinfo", self.settings.issuer);
        let answer = self.http.get(address).bearer_auth(token).send().await.map_err(|error| text(&error))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => Ok(None),
            status if status.is_success() => answer.json().await.map(Some).map_err(|error| text(&error)),
            status => Err(format!("userinfo: {status}")),
        }
    }

    async fn fetch(&self, path: &str, token: Option<&str>) -> Result<(), String> {
        let mut request = self.http.get(format!("{}{path}", self.settings.issuer));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| text(&error))?;
        let fine = answer.status().is_success();
        answer.bytes().await.map_err(|error| text(&error))?;
        if fine { Ok(()) } else { Err("refused".to_owned()) }
    }
}

/// The value of a hidden field of a page.
pub(super) fn hidden(page: &str, name: &str) -> Option<String> {
    let at = page.find(&format!("name=\"{name}\" value=\""))?;
    page[at..].split('"').nth(3).map(str::to_owned)
}

/// Where an answer leads.
pub(super) fn location(answer: &Response) -> Option<String> {
    answer.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
}

fn code_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    url.query_pairs().find(|(name, _)| name == "code").map(|(_, value)| value.into_owned())
}

/// Puts the cookies of an answer into a jar.
pub(super) fn keep(answer: &Response, jar: &mut BTreeMap<String, String>) {
    for header in answer.headers().get_all(SET_COOKIE) {
        let pair = header.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A jar as a header.
pub(super) fn cookies(jar: &BTreeMap<String, String>) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}
