//! Officials who sign on silently all the time, and a record of the times at which they could not.
//!
//! Each of them signs on again a moment after the last sign-on was over, as somebody does who goes from system to system. A
//! time at which they cannot begins with the first sign-on that fails, or with the kill of the server that made it fail; it
//! ends with the next one that comes to its end. What is told of two states at once is no such time: it ends the test.

use super::rest;
use crate::reorganization_rights::grant;
use crate::support::clients::words;
use crate::support::flows::code_form;
use crate::support::plans::posts;
use crate::support::requests::{TOKEN, USERINFO};
use crate::support::{Answer, TestApp, TestClient};
use motlan::base::digest::from_base64url;
use motlan::model::client::ClientSettings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What they type.
pub const PASSWORD: &str = "mật khẩu rất dài 1";
const SCOPE: &str = "openid unit position roles";
/// Between two sign-ons of one of them: two of them make nearly ten in a second.
const BETWEEN: Duration = Duration::from_millis(200);
/// Whoever failed tries again so soon: the time until they succeed is measured.
const AGAIN: Duration = Duration::from_millis(25);
/// Who waits longer for an answer than this has failed; and who cannot sign on for so long at the end gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The moments at which the server was killed.
#[derive(Clone, Default)]
pub struct Kills(Arc<Mutex<Vec<Instant>>>);

impl Kills {
    /// It is killed now.
    pub fn note(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    }

    /// How often it was.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn first_between(&self, from: Instant, to: Instant) -> Option<Instant> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().copied().find(|at| (from..=to).contains(at))
    }
}

/// A time at which somebody could not sign on.
#[derive(Debug)]
pub struct Outage {
    began: Instant,
    /// How long that was.
    pub lasted: Duration,
    /// The server had been killed.
    pub by_kill: bool,
    /// Why the first sign-on failed.
    pub why: String,
}

/// What became of somebody's sign-ons.
#[derive(Debug, Default)]
pub struct Seen {
    pub done: usize,
    pub failed: usize,
    /// Tokens, and answers of userinfo, that told no unit.
    pub without_unit: usize,
    /// The units that were told with each version of the registry, by their ids.
    pub versions: BTreeMap<i64, BTreeSet<String>>,
    pub outages: Vec<Outage>,
    /// The longest of those that came to their end.
    pub slowest: Duration,
}

/// Where somebody is: the ids of the unit and of the post in it, and what they may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    unit: String,
    post: String,
    roles: String,
}

/// The version of the registry, and the place beside it; nothing where no unit is told.
type Told = Option<(i64, Place)>;

/// A system that is told of the unit, the post and the roles, in the ID token too; in each of these posts somebody has a role.
pub async fn system(app: &TestApp, usernames: &[&str]) -> TestClient {
    let change = |settings: &mut ClientSettings| {
        settings.id_token_claims = words(&["unit", "position", "roles"]);
        settings.roles = words(&["duyet"]);
    };
    let client = app.client("tthc", change).await;
    for username in usernames {
        let post = posts(app, username).await.remove(0).id;
        grant(app, username, &client, Some(post)).await;
    }
    client
}

/// A system that officials sign on to, and the server that it asks.
pub struct Door {
    http: reqwest::Client,
    issuer: String,
    client: TestClient,
    /// Asks for a code by way of the pages.
    page: String,
    /// Asks for one without any.
    silent: String,
}

impl Door {
    /// The door of a client at the server of an issuer.
    pub fn new(app: &TestApp, client: TestClient, issuer: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.timeout(PATIENCE).build().expect("a caller"),
            issuer: issuer.to_owned(),
            page: app.authorize_path(&client, &[("scope", SCOPE)]),
            silent: app.authorize_path(&client, &[("scope", SCOPE), ("prompt", "none")]),
            client,
        }
    }

    /// Where a path lies; `localhost` may be another address first.
    fn place(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.replace("localhost", "127.0.0.1"))
    }

    /// Signs somebody in by way of the pages; answers the cookies of their browser.
    async fn sign_in(&self, username: &str) -> String {
        let mut jar = BTreeMap::new();
        let mut answer = visit(&mut jar, self.http.get(self.place(&self.page))).await;
        for _ in 0..12 {
            if answer.param("code").is_some() {
                return header_of(&jar);
            }
            let request = match answer.header("location") {
                Some(location) => self.http.get(self.place(location.strip_prefix(&self.issuer).unwrap_or(location))),
                None => self.filled_in(&answer, username),
            };
            answer = visit(&mut jar, request).await;
        }
        panic!("{username} comes to no code: {} {}", answer.status, answer.body);
    }

    /// The form of a page, as this person fills it in.
    fn filled_in(&self, page: &Answer, username: &str) -> reqwest::RequestBuilder {
        let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
        let (to, name, value) = match page.page() {
            Some("signin") => ("/signin", "username", username),
            Some("password") => ("/signin/password", "password", PASSWORD),
            other => panic!("{username} is shown {other:?}: {} {}", page.status, page.body),
        };
        let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), (name, value)];
        self.http.post(self.place(to)).form(&fields)
    }

    /// A whole code flow without a page: what the ID token tells, and userinfo.
    async fn sign_on(&self, cookies: &str) -> Result<[Told; 2], String> {
        let answer = answer_to(self.http.get(self.place(&self.silent)).header("cookie", cookies)).await?;
        let code = answer.param("code");
        let code = code.ok_or_else(|| format!("no code: {} {:?}", answer.status, answer.header("location")))?;
        let request = self.http.post(self.place(TOKEN)).basic_auth(&self.client.id, self.client.secret.as_ref());
        let tokens = granted(&answer_to(request.form(&code_form(&self.client, &code))).await?)?;
        let field = |name: &str| tokens[name].as_str().ok_or_else(|| format!("no {name} came"));
        let claims = payload(field("id_token")?)?;
        let userinfo = self.http.get(self.place(USERINFO)).bearer_auth(field("access_token")?);
        let userinfo = granted(&answer_to(userinfo).await?)?;
        Ok([told(&claims), told(&userinfo)])
    }
}

async fn answer_to(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.text().await.map_err(|error| error.to_string())?;
    Ok(Answer { status, headers, body })
}

/// Asks with the cookies of a jar, and puts new ones into it.
async fn visit(jar: &mut BTreeMap<String, String>, request: reqwest::RequestBuilder) -> Answer {
    let answer = answer_to(request.header("cookie", header_of(jar))).await.expect("an answer");
    for header in answer.headers.get_all("set-cookie") {
        let pair = header.to_str().expect("text").split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
    answer
}

fn header_of(jar: &BTreeMap<String, String>) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn granted(answer: &Answer) -> Result<Value, String> {
    if answer.status != 200 {
        return Err(format!("{} {}", answer.status, answer.body));
    }
    serde_json::from_str(&answer.body).map_err(|error| error.to_string())
}

fn payload(token: &str) -> Result<Value, String> {
    let bytes = token.split('.').nth(1).and_then(from_base64url).ok_or("the ID token is no JWT")?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// What is told of the place: the post lies in the unit beside it, and its role comes with it wherever it goes on.
fn told(claims: &Value) -> Told {
    let (unit, post) = (claims.get("unit"), claims.get("position"));
    let Some(unit) = unit else {
        assert!(post.is_none(), "a post is told without its unit: {claims}");
        return None;
    };
    let post = post.unwrap_or_else(|| panic!("a unit is told without the post in it: {claims}"));
    assert_eq!(post["unit"]["id"], unit["id"], "the post is in another unit: {claims}");
    let is_role = claims["roles"].as_array().is_some_and(|roles| !roles.is_empty());
    assert!(is_role, "a unit is told without the role of the post in it: {claims}");
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("a unit or a post without its id: {claims}")).to_owned();
    let version = unit["registry_version"].as_i64().unwrap_or_else(|| panic!("a unit without a version: {claims}"));
    Some((version, Place { unit: text(&unit["id"]), post: text(&post["id"]), roles: claims["roles"].to_string() }))
}

/// Officials who sign on until they are told to end.
pub struct SignOns {
    over: Arc<AtomicBool>,
    going_on: Vec<JoinHandle<Seen>>,
}

impl SignOns {
    /// Signs them in, and lets them sign on from now on.
    pub async fn begin(door: Door, usernames: &[&str], kills: &Kills) -> Self {
        let (door, over) = (Arc::new(door), Arc::new(AtomicBool::new(false)));
        let mut going_on = Vec::new();
        for username in usernames {
            let cookies = door.sign_in(username).await;
            // Whoever has signed on has a subject, of which digests tell too: each of them has one from here on.
            door.sign_on(&cookies).await.expect("a first sign-on");
            going_on.push(tokio::spawn(go_on(door.clone(), cookies, kills.clone(), over.clone())));
        }
        Self { over, going_on }
    }

    /// Waits until each of them has signed on once more, and tells what became of it all, in their order.
    pub async fn end(self) -> Vec<Seen> {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for one in self.going_on {
            all.push(one.await.expect("they go on until the end"));
        }
        all
    }
}

async fn go_on(door: Arc<Door>, cookies: String, kills: Kills, over: Arc<AtomicBool>) -> Seen {
    let mut watch = Watch { seen: Seen::default(), places: BTreeMap::new(), kills, up_at: Instant::now(), down: None };
    loop {
        let is_last = over.load(Ordering::Relaxed);
        let began = Instant::now();
        let answered = door.sign_on(&cookies).await;
        watch.note(began, answered);
        if is_last && watch.is_settled() {
            return watch.ended();
        }
        rest(if watch.down.is_none() { BETWEEN } else { AGAIN }).await;
    }
}

/// How somebody fares.
struct Watch {
    seen: Seen,
    /// The first place that was told with each version of the registry.
    places: BTreeMap<i64, Place>,
    kills: Kills,
    /// When the last sign-on began that came to its end.
    up_at: Instant,
    down: Option<Outage>,
}

impl Watch {
    fn note(&mut self, began: Instant, answered: Result<[Told; 2], String>) {
        let ended = Instant::now();
        match answered {
            Ok(told) => self.succeeded((began, ended), told),
            Err(why) => self.failed((began, ended), why),
        }
    }

    fn succeeded(&mut self, (began, ended): (Instant, Instant), told: [Told; 2]) {
        self.seen.done += 1;
        self.seen.slowest = self.seen.slowest.max(ended.duration_since(began));
        self.up_at = began;
        self.seen.without_unit += told.iter().filter(|one| one.is_none()).count();
        for (version, place) in told.into_iter().flatten() {
            self.seen.versions.entry(version).or_default().insert(place.unit.clone());
            let first = self.places.entry(version).or_insert_with(|| place.clone());
            assert_eq!(*first, place, "version {version} of the registry is told in two ways");
        }
        self.close(ended);
    }

    fn failed(&mut self, (began, ended): (Instant, Instant), why: String) {
        self.seen.failed += 1;
        if self.down.is_none() {
            let kill = self.kills.first_between(self.up_at, ended);
            // From the kill on, unless this one had begun before it.
            let began = kill.map_or(began, |kill| kill.min(began));
            self.down = Some(Outage { began, lasted: Duration::ZERO, by_kill: kill.is_some(), why });
        }
    }

    fn close(&mut self, ended: Instant) {
        if let Some(down) = self.down.take() {
            self.seen.outages.push(Outage { lasted: ended.duration_since(down.began), ..down });
        }
    }

    /// They can sign on, or it is of no use to wait for that.
    fn is_settled(&self) -> bool {
        self.down.as_ref().is_none_or(|down| down.began.elapsed() > PATIENCE)
    }

    fn ended(mut self) -> Seen {
        self.close(Instant::now());
        self.seen
    }
}
