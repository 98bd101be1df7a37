//! Runs the server: listeners, jobs, and an end in good order.

use super::build::{self, Sources};
use super::config::Config;
use super::node;
use super::telemetry;
use super::tls;
use crate::http::server::{self, Limits};
use crate::http::{App, ops, routes};
use crate::jobs;
use crate::service::Services;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server that runs.
pub struct Running {
    /// Its services.
    pub services: Services,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    jobs: tokio::task::JoinSet<()>,
}

/// Starts listeners and jobs on built services.
pub async fn start(config: &Config, services: Services, metrics: PrometheusHandle) -> Result<Running, String> {
    services.hasher.warm_up();
    let app = App { services: services.clone(), site: Arc::new(build::site(config)?), looks: Arc::default() };
    let files = tls::Files::open(&config.tls, services.clock.clone())?;
    let public = bind(&config.server.listen, "server.listen").await?;
    let private = bind(&config.server.ops_listen, "server.ops_listen").await?;
    let (stop, stopped) = watch::channel(false);
    let mut jobs = jobs::start(&services, &stopped);
    jobs.spawn(jobs::figures::beat(services.clone(), node::of(config, &services)));
    let upkeep = metrics.clone();
    jobs.spawn(async move {
        // Without it, measured durations pile up when nobody fetches them.
        let mut beat = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            beat.tick().await;
            upkeep.run_upkeep();
        }
    });
    let mut limits = Limits::default();
    limits.exempt.extend_from_slice(&app.site.trusted_proxies);
    let router = routes::public(app.clone());
    let public = match files {
        None => tokio::spawn(server::serve(public, router, limits.clone(), stopped.clone())),
        Some(files) => {
            let served = files.served();
            jobs.spawn(files.look_after());
            tokio::spawn(server::serve_tls(public, served, router, limits.clone(), stopped.clone()))
        }
    };
    let private = tokio::spawn(server::serve(private, ops::private(app, metrics), limits, stopped));
    Ok(Running { services, stop, servers: vec![public, private], jobs })
}

impl Running {
    /// Lets requests in flight finish, ends the jobs, closes the database.
    pub async fn finish(mut self) {
        let _ = self.stop.send(true);
        for server in self.servers {
            let _ = server.await;
        }
        self.jobs.shutdown().await;
        self.services.store.close().await;
    }
}

async fn bind(address: &str, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{name}: {address}: {error}"))
}

/// `motlan serve`: until the process is asked to end.
pub async fn serve(config: &Config, migrate: bool) -> Result<(), String> {
    telemetry::start_logs(config.log.as_deref(), config.server.log_format == "json");
    let metrics = telemetry::start_metrics();
    let store = build::open_store(config, migrate).await?;
    let services = build::services(config, store, Sources::default()).await?;
    tracing::info!(
        issuer = %config.server.issuer,
        listen = %config.server.listen,
        database = services.store.engine_name(),
        short_term = services.transient.kind_name(),
        "motlan is ready"
    );
    let running = start(config, services, metrics).await?;
    asked_to_end().await;
    tracing::info!("ending: requests in flight finish first");
    running.finish().await;
    Ok(())
}

/// Ctrl-C or the service manager's SIGTERM.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
