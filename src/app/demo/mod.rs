//! The demo: a whole city on one machine's loopback, in one process.
//!
//! Real registry, sample officials, three sample systems that speak OpenID
//! Connect over HTTP like any other. It refuses every address but loopback.

pub mod relying_party;
mod scene;

use super::build::{self, Sources};
use super::cli::{CliError, Output};
use super::config::Config;
use super::{run, telemetry};
use relying_party::{Kind, Neighbour, RelyingParty};
use secrecy::SecretString;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One sample system: where it listens and how it is registered.
pub(super) struct System {
    kind: Kind,
    base_url: String,
    client_id: &'static str,
    listener: TcpListener,
}

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

async fn stage(listen: SocketAddr, dir: &std::path::Path, output: &mut Output) -> Result<(), CliError> {
    let other = CliError::Other;
    let systems = systems(listen).await?;
    let ops = free_listener(listen).await?.local_addr().map_err(|error| other(error.to_string()))?;
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
    let scene = scene::set(&services, &systems).await?;
    let running = run::start(&config, services, metrics).await.map_err(other)?;
    let (stop, stopped) = watch::channel(false);
    let addresses: Vec<(Kind, String)> = systems.iter().map(|system| (system.kind, system.base_url.clone())).collect();
    let mut tasks = Vec::new();
    for (system, secret) in systems.into_iter().zip(scene.secrets) {
        tasks.push(tokio::spawn(serve_system(system, secret, config.server.issuer.clone(), addresses.clone(), stopped.clone())));
    }
    tell(output, &config, &addresses, &scene.people);
    run::asked_to_end().await;
    let _ = stop.send(true);
    for task in tasks {
        let _ = task.await;
    }
    running.finish().await;
    Ok(())
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

fn tell(output: &mut Output, config: &Config, systems: &[(Kind, String)], people: &[String]) {
    let url = |wanted: Kind| systems.iter().find(|(kind, _)| *kind == wanted).map(|(_, url)| url.clone());
    if output.json {
        output.document(&json!({
            "issuer": config.server.issuer,
            "relying_parties": { "tthc": url(Kind::Tthc), "van_ban": url(Kind::VanBan), "hop": url(Kind::HopKhongGiay) },
            "password": scene::PASSWORD,
            "people": people,
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
    output.line(&format!("  password      {}", scene::PASSWORD));
    output.line("");
    output.line("People, agency codes and help channels are samples; units are the real registry. Ctrl-C ends it.");
}
