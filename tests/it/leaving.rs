//! A leaver is out of three systems within five seconds, by the clock on the wall.
//!
//! The server is the real program with all its jobs, and so are the commands that bring people in beside it. Systems are
//! told over real connections; what they hold is worth nothing from then on.

use crate::kills::{motlan, start};
use crate::support::flows::{OFFLINE, code_form};
use crate::support::introspection::{PATH, nothing};
use crate::support::people::HEADER;
use crate::support::records::{count_of, outbox, sign_on_of};
use crate::support::requests::{TOKEN, text};
use crate::support::trail::Hand;
use crate::support::{Answer, TestApp, TestClient, data_dir, stage};
use motlan::app::config::Config;
use motlan::base::clock::{Clock as _, SystemClock};
use motlan::base::date::{iso, vietnam_date};
use motlan::base::id::SignOnId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

const KIM: &str = "kim.nt";
const PASSWORD: &str = "mật khẩu rất dài 1";
/// The promise.
const FIVE_SECONDS: Duration = Duration::from_secs(5);
/// What takes longer hangs.
const HANG: Duration = Duration::from_mins(1);

/// Where a path lies; `localhost` may be another address first.
fn place(issuer: &str, path: &str) -> String {
    format!("{}{path}", issuer.replace("localhost", "127.0.0.1"))
}

async fn answer_to(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.text().await.expect("a body") }
}

/// A browser that comes over the wire.
struct Visitor<'a> {
    http: &'a reqwest::Client,
    issuer: &'a str,
    cookies: BTreeMap<String, String>,
}

impl Visitor<'_> {
    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let jar = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = answer_to(if jar.is_empty() { request } else { request.header("cookie", jar) }).await;
        for header in answer.headers.get_all("set-cookie") {
            let pair = header.to_str().expect("text").split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(self.http.get(place(self.issuer, path))).await
    }

    /// Walks the pages of a request until it leaves for the system or shows something else.
    async fn enter(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..12 {
            if let Some(location) = answer.header("location").map(str::to_owned) {
                let own = location.strip_prefix(self.issuer).unwrap_or(&location);
                if !own.starts_with('/') {
                    return answer;
                }
                answer = self.get(own).await;
                continue;
            }
            let (csrf, request) = (answer.hidden("csrf"), answer.hidden("request"));
            let (to, name, value) = match answer.page() {
                Some("signin") => ("/signin", "username", KIM),
                Some("password") => ("/signin/password", "password", PASSWORD),
                _ => return answer,
            };
            let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), (name, value)];
            answer = self.send(self.http.post(place(self.issuer, to)).form(&fields)).await;
        }
        answer
    }
}

/// The server, and the systems that ask it.
struct Scene<'a> {
    app: &'a TestApp,
    http: &'a reqwest::Client,
    issuer: &'a str,
}

impl Scene<'_> {
    /// A form of a system with its secret.
    async fn ask(&self, client: &TestClient, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.http.post(place(self.issuer, path)).basic_auth(&client.id, client.secret.as_ref());
        answer_to(request.form(fields)).await
    }

    async fn introspected(&self, client: &TestClient, tokens: &Value, token: &str) -> Answer {
        self.ask(client, PATH, &[("token", text(tokens, token))]).await
    }

    /// How many systems answered that they were told, as it is on record.
    async fn receipts(&self, sid: &SignOnId) -> usize {
        outbox(self.app, sid).await.into_iter().filter(|delivery| delivery.delivered_at.is_some()).count()
    }
}

/// Runs a command to its end.
fn command(config: &Config, args: &[&str], input: &str) {
    let mut command = motlan(config, "http://localhost:8080");
    let streams = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("it starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
    let done = child.wait_with_output().expect("it ends");
    let told = format!("{} {}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{args:?}: {told}");
}

/// Brings in the file of people: one of them, with one post and its last day.
fn import(config: &Config, last: &str) {
    let file = config.data_dir.as_ref().expect("a folder").join("people.csv");
    let person = format!("{KIM},Nguyễn Thị Kim,1980-02-03,,kim@vi-du.vn,0900000000,,26740");
    let row = format!("{person},Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,{last}\n");
    std::fs::write(&file, format!("{HEADER}{row}")).expect("written");
    command(config, &["person", "import", file.to_str().expect("a path")], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_out_of_three_systems_within_five_seconds_of_the_import_that_says_so() {
    let mut settings = None;
    let app = stage(|config| settings = Some(config.clone())).await;
    let config = settings.expect("settings");
    let receiver = app.receiver().await;
    let mut clients = Vec::new();
    for id in ["mot", "hai", "ba"] {
        let address = receiver.url(&format!("/{id}"));
        clients.push(app.client(id, |settings| settings.backchannel_logout_uri = Some(address)).await);
    }
    // The server goes by the clock of the machine: keys and leases of the stage's clock are not for it.
    for table in ["signing_keys", "job_leases"] {
        Hand::of(&app).execute(&format!("DELETE FROM {table}")).await;
    }
    command(&config, &["unit", "import", data_dir().join("units").to_str().expect("a path")], "");
    import(&config, "");
    command(&config, &["person", "set-password", KIM], PASSWORD);
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(20)).build().expect("a caller");
    let server = start(&config, &http).await;
    let scene = Scene { app: &app, http: &http, issuer: &server.issuer };
    let mut visitor = Visitor { http: &http, issuer: &server.issuer, cookies: BTreeMap::new() };
    let mut held = Vec::new();
    for client in &clients {
        let arrived = visitor.enter(&app.authorize_path(client, &OFFLINE)).await;
        let code = arrived.param("code").unwrap_or_else(|| panic!("{}: {} {}", client.id, arrived.status, arrived.body));
        let answer = scene.ask(client, TOKEN, &code_form(client, &code)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        held.push((client, answer.json()));
    }
    let sid = sign_on_of(&app, &held[0].1);
    for (client, tokens) in &held {
        assert_eq!(sign_on_of(&app, tokens).0, sid.0, "{}: one sign-on for all", client.id);
        assert_eq!(scene.introspected(client, tokens, "access_token").await.json()["active"], true, "{}", client.id);
    }
    assert!(receiver.received().is_empty());

    let yesterday = vietnam_date(SystemClock.now()).previous_day().expect("a day");
    import(&config, &iso(yesterday));
    let acknowledged = Instant::now();
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    let took = loop {
        beat.tick().await;
        let receipts = scene.receipts(&sid).await;
        let mut out = receipts == held.len();
        for (client, tokens) in &held {
            out &= scene.introspected(client, tokens, "access_token").await.json()["active"] == false;
        }
        let took = acknowledged.elapsed();
        if out {
            break took;
        }
        assert!(took < HANG, "still in somewhere, {receipts} receipts");
    };

    println!("three receipts, and all tokens inactive, {} ms after the import", took.as_millis());
    assert!(took < FIVE_SECONDS, "{took:?}");
    let told = receiver.received();
    let paths: BTreeSet<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!((paths, told.len()), (BTreeSet::from(["/mot", "/hai", "/ba"]), 3), "each was told, once");
    for (path, body) in &told {
        let token = body.strip_prefix("logout_token=").expect("a logout token");
        assert_eq!(app.claims(token)["sid"], sid.0.as_str(), "{path}");
    }
    for (client, tokens) in &held {
        nothing(&scene.introspected(client, tokens, "access_token").await, &client.id);
        nothing(&scene.introspected(client, tokens, "refresh_token").await, &client.id);
        let again = [("grant_type", "refresh_token"), ("refresh_token", text(tokens, "refresh_token"))];
        assert_eq!(scene.ask(client, TOKEN, &again).await.json()["error"], "invalid_grant", "{}", client.id);
    }
    let silent = visitor.get(&app.authorize_path(&clients[0], &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!(count_of(&app, "person.disabled").await, 1);
}
