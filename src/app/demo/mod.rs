//! The demo: a whole city on one machine's loopback, in one process.
//!
//! Real registry, sample officials, three sample systems that speak OpenID
//! Connect over HTTP like any other, and the old systems of the three former
//! provinces. It refuses every address but loopback.

pub mod administrators;
pub mod binh_duong;
pub mod legacy;
mod old_city;
pub mod relying_party;
mod scene;

pub use scene::PASSWORD;

use super::build::{self, Sources};
use super::cli::{CliError, Output};
use super::config::Config;
use super::{run, telemetry};
use administrators::Administrator;
use binh_duong::Provider;
use metrics_exporter_prometheus::PrometheusHandle;
use old_city::{Directory, Started};
use relying_party::{Kind, Neighbour, RelyingParty};
use scene::{Before, Scene};
use secrecy::SecretString;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The password of all sample accounts of old systems.
pub const OLD_PASSWORD: &str = "Ben-do-ngay-xua-2019";

/// One sample system: where it listens and how it is registered.
pub(super) struct System {
    kind: Kind,
    base_url: String,
    client_id: &'static str,
    listener: TcpListener,
}

/// How many sample systems there are, each with a port of its own.
const SYSTEMS: u16 = 3;

/// Runs the demo until it is asked to end.
pub async fn run(listen: SocketAddr, data: Option<PathBuf>, output: &mut Output) -> Result<(), CliError> {
    if !listen.ip().is_loopback() {
        return Err(CliError::Refused("the demo listens on loopback only: its passwords are public".to_owned()));
    }
    let temporary = data.is_none();
    let dir = data.unwrap_or_else(|| std::env::temp_dir().join(format!("motlan-demo-{}", std::process::id())));
    let result = stage(listen, &dir, output).await;
    if temporary {
        let _ = std::fs::remove_dir_all(&dir);
    }
    result
}

async fn stage(listen: SocketAddr, dir: &Path, output: &mut Output) -> Result<(), CliError> {
    let other = CliError::Other;
    let systems = systems(listen).await?;
    let ops = free_address(listen).await?;
    let mut config = Config { data_dir: Some(dir.to_path_buf()), ..Config::default() };
    config.server.issuer = format!("http://localhost:{}", listen.port());
    config.server.listen = listen.to_string();
    config.server.ops_listen = ops.to_string();
    config.mail.folder = Some(dir.join("mails"));
    config.outbound.allow_networks = "127.0.0.0/8,::1/128".to_owned();
    config.site.owner_vi = "Bản dùng thử".to_owned();
    config.site.owner_en = "Trial".to_owned();
    // Channels that nobody answers: they show where a city's own would stand.
    config.site.help_phone = "0000 000 000".to_owned();
    config.site.help_zalo = "0000000000".to_owned();
    config.site.help_email = "ho-tro@vi-du.example".to_owned();
    telemetry::start_logs(Some("warn"), false);
    let metrics = telemetry::start_metrics();
    let store = build::open_store(&config, true).await.map_err(other)?;
    let services = build::services(&config, store, Sources::default()).await.map_err(other)?;
    let old = OldSystems::start(listen, &config.server.issuer, dir, &metrics).await?;
    let mut scene = scene::set(&services, &systems, &old.before()).await?;
    let running = run::start(&config, services, metrics).await.map_err(other)?;
    let old_ones = old.told();
    let (stop, stopped) = watch::channel(false);
    let addresses: Vec<(Kind, String)> = systems.iter().map(|system| (system.kind, system.base_url.clone())).collect();
    let mut tasks = Vec::new();
    for (system, secret) in systems.into_iter().zip(std::mem::take(&mut scene.secrets)) {
        tasks.push(tokio::spawn(serve_system(system, secret, config.server.issuer.clone(), addresses.clone(), stopped.clone())));
    }
    tell(output, &config, &addresses, (&scene, &old_ones));
    run::asked_to_end().await;
    let _ = stop.send(true);
    for task in tasks {
        let _ = task.await;
    }
    running.finish().await;
    old.finish().await;
    Ok(())
}

/// The old systems that run beside the city.
struct OldSystems {
    binh_duong: Provider,
    directory: Option<Directory>,
    /// Why there is no directory.
    without: String,
}

/// What people are told of them.
struct OldOnes {
    binh_duong: String,
    directory: Option<String>,
    without: String,
}

impl OldSystems {
    /// Starts them: the one on the port after the sample systems', or any free one, the other where it is installed.
    async fn start(listen: SocketAddr, city: &str, dir: &Path, metrics: &PrometheusHandle) -> Result<Self, CliError> {
        let wished = SocketAddr::new(listen.ip(), listen.port().saturating_add(1 + SYSTEMS));
        let at = match TcpListener::bind(wished).await {
            Ok(_) => wished,
            Err(_) => free_address(listen).await?,
        };
        let ops = free_address(listen).await?;
        let addresses = (at.to_string(), ops.to_string());
        let addresses = (addresses.0.as_str(), addresses.1.as_str());
        let binh_duong = Provider::start(addresses, city, &dir.join("binh-duong"), metrics.clone()).await?;
        let port = free_address(listen).await?.port();
        let (directory, without) = match old_city::start(listen.ip(), port, &dir.join("thu-muc-cu")).await? {
            Started::Listens(directory) => (Some(directory), String::new()),
            Started::Without(why) => (None, why),
        };
        Ok(Self { binh_duong, directory, without })
    }

    fn before(&self) -> Before<'_> {
        Before { upstream: &self.binh_duong.upstream, directory: self.directory.as_ref() }
    }

    fn told(&self) -> OldOnes {
        OldOnes {
            binh_duong: self.binh_duong.upstream.issuer.clone(),
            directory: self.directory.as_ref().map(|directory| directory.address.clone()),
            without: self.without.clone(),
        }
    }

    async fn finish(mut self) {
        self.binh_duong.finish().await;
        if let Some(directory) = &mut self.directory {
            directory.finish();
        }
    }
}

/// The three ports after the provider's, or any free ones.
async fn systems(listen: SocketAddr) -> Result<Vec<System>, CliError> {
    let mut systems = Vec::new();
    for (offset, kind) in (1_u16..).zip(Kind::ALL) {
        let wished = SocketAddr::new(listen.ip(), listen.port().saturating_add(offset));
        let listener = match TcpListener::bind(wished).await {
            Ok(listener) => listener,
            Err(_) => free_listener(listen).await?,
        };
        let port = listener.local_addr().map_err(|error| CliError::Other(error.to_string()))?.port();
        let client_id = match kind {
            Kind::Tthc => "tthc",
            Kind::VanBan => "van-ban",
            Kind::HopKhongGiay => "hop-khong-giay",
        };
        systems.push(System { kind, base_url: format!("http://localhost:{port}"), client_id, listener });
    }
    Ok(systems)
}

async fn free_listener(near: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(SocketAddr::new(near.ip(), 0)).await.map_err(|error| CliError::Other(format!("no free port: {error}")))
}

/// An address that was free a moment ago.
async fn free_address(near: SocketAddr) -> Result<SocketAddr, CliError> {
    free_listener(near).await?.local_addr().map_err(|error| CliError::Other(error.to_string()))
}

async fn serve_system(
    system: System,
    secret: Option<SecretString>,
    issuer: String,
    all: Vec<(Kind, String)>,
    mut stop: watch::Receiver<bool>,
) {
    let neighbours =
        all.into_iter().filter(|(kind, _)| *kind != system.kind).map(|(kind, url)| Neighbour { kind, url }).collect();
    let party = RelyingParty {
        kind: system.kind,
        issuer,
        base_url: system.base_url,
        client_id: system.client_id.to_owned(),
        client_secret: secret,
        neighbours,
    };
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = relying_party::serve(party, system.listener, stopped).await {
        tracing::error!(%error, "a sample system ended");
    }
}

fn tell(output: &mut Output, config: &Config, systems: &[(Kind, String)], (scene, old): (&Scene, &OldOnes)) {
    let people = &scene.people;
    let url = |wanted: Kind| systems.iter().find(|(kind, _)| *kind == wanted).map(|(_, url)| url.clone());
    if output.json {
        output.document(&json!({
            "issuer": config.server.issuer,
            "relying_parties": { "tthc": url(Kind::Tthc), "van_ban": url(Kind::VanBan), "hop": url(Kind::HopKhongGiay) },
            "password": PASSWORD,
            "people": people,
            "old_systems": { "binh_duong": old.binh_duong, "directory": old.directory, "password": OLD_PASSWORD },
            "administrators": scene.administrators.iter().map(Administrator::document).collect::<Vec<_>>(),
        }));
        return;
    }
    output.line("");
    output.line("motlan is running. Open a system and sign in once:");
    for (kind, url) in systems {
        output.line(&format!("  {:<32} {url}", kind.name()));
    }
    output.line(&format!("  {:<32} {}", "motlan", config.server.issuer));
    output.line("");
    output.line("Sign in as (password for all):");
    output.line("  minh.lq       one position, Lê Quang Minh");
    output.line("  anhtuyet.nt   two positions, formerly in Bình Dương");
    output.line(&format!("  and {} others of data/demo/people.csv", people.len().saturating_sub(2)));
    output.line(&format!("  password      {PASSWORD}"));
    tell_of_old_systems(output, old);
    output.line("");
    output.line(&format!("The console, {}/admin, is for administrators: the same password, then a code.", config.server.issuer));
    output.line("Each code below is good once; an authenticator app that has the key shows others.");
    for line in scene.administrators.iter().flat_map(Administrator::lines) {
        output.line(&line);
    }
    output.line("");
    output.line("People, agency codes and help channels are samples; units are the real registry. Ctrl-C ends it.");
}

/// Whom to sign in as through an old system, and what to look at.
fn tell_of_old_systems(output: &mut Output, old: &OldOnes) {
    output.line("");
    output.line("Old accounts of the three former provinces (password for all):");
    output.line(r"  bd\hanh.lt    Bình Dương: signs in at its own provider, then enter Quản lý văn bản");
    output.line(r"  vt\lan.dtp    Bà Rịa - Vũng Tàu: an export with password hashes, then enter Giải quyết thủ tục hành chính");
    output.line(r"  bd\au.nth and vt\haiau.nt are one person; bd\duong.ltt waits for a human at /admin/legacy");
    if old.directory.is_some() {
        output.line(r"  hcm\hanh.tm   the city as it was: a directory (OpenLDAP), for Giải quyết thủ tục hành chính");
    } else {
        output.line(&format!("  without the directory of the city as it was: {}", old.without));
    }
    output.line(&format!("  password      {OLD_PASSWORD}"));
    output.line(&format!("  {:<32} {}", "Bình Dương's old provider", old.binh_duong));
}
