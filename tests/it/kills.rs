//! A server that is killed (`kill -9`) loses nothing that it acknowledged: `tests/long kills` does it 200 times.
//!
//! The server is the real program on the stage's database. Many callers ask it for tokens, each request from an address
//! of its own, by which its record is known. It is killed in the middle of it; what was answered must be on record.

use crate::support::ports::free_port;
use crate::support::resources::{add_api, machine};
use crate::support::trail::Hand;
use crate::support::{TestApp, TestClient, stage};
use motlan::app::config::Config;
use motlan::store::audit;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

const CALLERS: u16 = 8;

/// Kills: many when the test command asks for the long proof.
fn kills() -> u16 {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { 200 } else { 3 }
}

/// A server that ends with the test, however that ends.
pub struct Server {
    child: Child,
    pub issuer: String,
}

impl Server {
    /// Kills it, and waits until it is gone.
    pub fn end(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with the settings of the stage.
pub fn motlan(config: &Config, issuer: &str) -> Command {
    let dir = config.data_dir.as_ref().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_motlan"));
    command.current_dir(dir).env_clear().env("MOTLAN_DATA_DIR", dir);
    command.env("MOTLAN_SERVER__ISSUER", issuer).env("MOTLAN_SERVER__TRUSTED_PROXIES", "127.0.0.0/8");
    command.env("MOTLAN_OUTBOUND__ALLOW_NETWORKS", &config.outbound.allow_networks);
    if let Some(url) = &config.database.url {
        command.env("MOTLAN_DATABASE__URL", url.expose_secret());
    }
    if let Some(url) = &config.redis.url {
        command.env("MOTLAN_REDIS__URL", url.expose_secret());
    }
    if let Some(prefix) = &config.redis.prefix {
        command.env("MOTLAN_REDIS__PREFIX", prefix);
    }
    command
}

/// The server, as soon as it answers.
pub async fn start(config: &Config, http: &reqwest::Client) -> Server {
    start_at(config, http, (free_port(), free_port())).await
}

/// The same at ports that are known: where one stood that was killed.
pub async fn start_at(config: &Config, http: &reqwest::Client, (port, private): (u16, u16)) -> Server {
    let issuer = format!("http://localhost:{port}");
    let dir = config.data_dir.as_ref().expect("a folder");
    let log = std::fs::File::create(dir.join("server.log")).expect("a log");
    let mut command = motlan(config, &issuer);
    command.env("MOTLAN_SERVER__LISTEN", format!("127.0.0.1:{port}"));
    command.env("MOTLAN_SERVER__OPS_LISTEN", format!("127.0.0.1:{private}"));
    let child = command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
    let mut server = Server { child, issuer };
    let address = format!("http://127.0.0.1:{port}/.well-known/openid-configuration");
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_500 {
        beat.tick().await;
        if http.get(&address).send().await.is_ok_and(|answer| answer.status() == 200) {
            return server;
        }
        if let Ok(Some(status)) = server.child.try_wait() {
            panic!("it ended with {status}: {}", std::fs::read_to_string(dir.join("server.log")).unwrap_or_default());
        }
    }
    panic!("no answer: {}", std::fs::read_to_string(dir.join("server.log")).unwrap_or_default());
}

/// Asks for tokens until nobody answers any more; tells the address of each request that was answered.
async fn ask(issuer: String, client: TestClient, place: (u16, u16), told: mpsc::UnboundedSender<String>) {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a caller");
    let address = format!("{}/oauth2/token", issuer.replace("localhost", "127.0.0.1"));
    let secret = client.secret.clone().expect("a secret");
    for number in 0..u16::MAX {
        let from = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, place.0, place.1, number).to_string();
        let request = http.post(&address).header("x-forwarded-for", &from).basic_auth(&client.id, Some(&secret));
        let Ok(answer) = request.form(&[("grant_type", "client_credentials")]).send().await else { return };
        let status = answer.status();
        // An answer counts when all of it came.
        let Ok(text) = answer.text().await else { return };
        assert_eq!(status, 200, "{text}");
        if told.send(from).is_err() {
            return;
        }
    }
}

/// The addresses of tokens on record since a row, and the last row.
async fn on_record(app: &TestApp, after: &mut String) -> BTreeSet<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut found = BTreeSet::new();
    loop {
        let rows = audit::list_after(&mut conn, after, 1_000).await.expect("rows");
        let Some(last) = rows.last() else { return found };
        *after = last.id.clone();
        found.extend(rows.into_iter().filter(|row| row.event == "token.issued").filter_map(|row| row.address));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_loses_no_acknowledged_record() {
    let mut settings = None;
    let app = stage(|config| settings = Some(config.clone())).await;
    let config = settings.expect("settings");
    add_api(&app).await;
    let client = app.client("may", machine).await;
    // The server goes by the clock of the machine: keys and leases of the stage's clock are not for it.
    for table in ["signing_keys", "job_leases"] {
        Hand::of(&app).execute(&format!("DELETE FROM {table}")).await;
    }
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a caller");
    let (mut all, mut answered) = (BTreeSet::new(), BTreeSet::new());

    for round in 0..kills() {
        let mut server = start(&config, &http).await;
        let (told, mut heard) = mpsc::unbounded_channel();
        for caller in 0..CALLERS {
            tokio::spawn(ask(server.issuer.clone(), client.clone(), (round, caller), told.clone()));
        }
        drop(told);
        // Sooner or later, so that it happens in the middle of different things.
        for _ in 0..=(round * 7 % 90) {
            let from = tokio::time::timeout(Duration::from_mins(1), heard.recv()).await.expect("answers come");
            answered.insert(from.expect("callers go on until the server is gone"));
        }
        server.end();
        while let Some(from) = heard.recv().await {
            answered.insert(from);
        }

        // Rows may share a millisecond with the last one that was read: all are read again.
        all.extend(on_record(&app, &mut String::new()).await);
        let lost: Vec<&String> = answered.difference(&all).collect();
        assert!(lost.is_empty(), "round {round}: answered, and not on record: {lost:?}");
    }

    assert!(answered.len() >= usize::from(kills()));
    println!("{} kills, {} records acknowledged, {} on record, none lost", kills(), answered.len(), all.len());
    // Whatever the kills left behind, the chain is whole.
    let server = start(&config, &http).await;
    let verified = motlan(&config, &server.issuer).args(["audit", "verify", "--json"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{told} {}", String::from_utf8_lossy(&verified.stderr));
    let report: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(report["whole"], true, "{report}");
}
