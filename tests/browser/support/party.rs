//! A relying party of the test's own, which asks for what the demo's systems do not.

use super::demo::Demo;
use motlan::base::digest::base64url;
use motlan::base::digest::from_base64url;
use motlan::base::digest::sha256;
use serde_json::Value;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::sync::mpsc::channel;
use std::time::Duration;
use url::Url;

/// How long the browser may take to bring an answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
const VERIFIER: &str = "mot-lan-thu-nghiem-voi-mot-chuoi-ngau-nhien-rat-dai-2025";
const PAGE: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Hệ thống thử</title>\
<main data-page=\"party\"><h1>Hệ thống thử</h1></main></html>";

/// A registered relying party that listens on loopback.
pub(crate) struct Party {
    id: String,
    secret: String,
    issuer: String,
    callback: String,
    answers: Receiver<String>,
    http: reqwest::Client,
}

impl Party {
    /// Registers and listens. `flags` are those of `motlan client add`.
    pub(crate) fn open(demo: &Demo, id: &str, flags: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let callback = format!("http://{}/callback", listener.local_addr().expect("its address"));
        let fixed = ["client", "add", "--json", "--id", id, "--name", "Hệ thống thử", "--auth", "client_secret_post"];
        let reach = ["--redirect-uri", &callback, "--scope", "openid", "--scope", "profile", "--scope", "email"];
        let told = demo.motlan(&[&fixed[..], &reach[..], flags].concat(), "");
        let told: Value = serde_json::from_str(&told).expect("a JSON document");
        let (bring, answers) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                receive(&connection, &bring);
            }
        });
        Self {
            id: id.to_owned(),
            secret: told["client_secret"].as_str().expect("a secret").to_owned(),
            issuer: demo.issuer.clone(),
            callback,
            answers,
            http: reqwest::Client::builder().no_proxy().build().expect("an HTTP client"),
        }
    }

    /// Where it sends a browser, with further parameters.
    pub(crate) fn request(&self, more: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&format!("{}/oauth2/authorize", self.issuer)).expect("an address");
        let challenge = base64url(&sha256(VERIFIER.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("state", "mot-lan")
            .append_pair("code_challenge_method", "S256")
            .append_pair("code_challenge", &challenge);
        if !more.iter().any(|(name, _)| *name == "scope") {
            url.query_pairs_mut().append_pair("scope", "openid profile");
        }
        url.query_pairs_mut().extend_pairs(more);
        url.into()
    }

    /// What the browser brought back: the parameters of the answer.
    pub(crate) fn answer(&self) -> Url {
        let query = self.answers.recv_timeout(ANSWER_DEADLINE).expect("the browser brings an answer");
        Url::parse(&format!("{}?{query}", self.callback)).expect("an address")
    }

    /// The claims of the ID token that the answer leads to.
    pub(crate) async fn claims(&self) -> Value {
        let answer = self.answer();
        let code = answer.query_pairs().find(|(name, _)| name == "code");
        let code = code.unwrap_or_else(|| panic!("no code in {answer}")).1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.callback.as_str()),
            ("code_verifier", VERIFIER),
            ("client_id", self.id.as_str()),
            ("client_secret", self.secret.as_str()),
        ];
        let reply = self.http.post(format!("{}/oauth2/token", self.issuer)).form(&form).send().await;
        let tokens: Value = reply.expect("the provider answers").json().await.expect("a JSON document");
        let token = tokens["id_token"].as_str().unwrap_or_else(|| panic!("no ID token in {tokens}"));
        let claims = token.split('.').nth(1).and_then(from_base64url).expect("a payload");
        serde_json::from_slice(&claims).expect("claims")
    }
}

/// Answers any request with one page, and hands on what a callback carries.
fn receive(connection: &TcpStream, bring: &Sender<String>) {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    // The head ends with an empty line; there is no body.
    let _ = lines.find(String::is_empty);
    if let Some(query) = first.split(' ').nth(1).and_then(|target| target.strip_prefix("/callback?")) {
        // Nobody listens any more when the story has ended.
        let _ = bring.send(query.to_owned());
    }
    let length = PAGE.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    let mut writer = connection;
    let _ = write!(writer, "{head}Content-Length: {length}\r\n\r\n{PAGE}");
}
