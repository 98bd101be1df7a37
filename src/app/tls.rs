//! The files of the built-in TLS: read at the start, and again when they change.
//!
//! A renewed certificate is served without a restart: the files are looked at
//! once a minute, and read at once on SIGHUP. What cannot be served changes
//! nothing but the log: the certificate before it stays.

use super::config::{Config, Tls as Settings};
use crate::base::clock::{Clock, Millis};
use crate::base::date::shown_moment;
use crate::crypto::certificate::Certificate;
use crate::http::server::tls::{Parts, Tls};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// How often the files are looked at.
const BEAT: Duration = Duration::from_mins(1);

/// The files, and what is served of them.
pub struct Files {
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// As they were when they were last read.
    seen: Vec<Option<Stamp>>,
    served: watch::Sender<Arc<Tls>>,
}

/// What tells one state of a file from another, also when it is replaced by an older one.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    changed: (i64, i64),
    file: u64,
    length: u64,
}

impl Files {
    /// Reads the files; `None` when the settings name none.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Option<Self>, String> {
        let seen = stamps(settings);
        let Some(parts) = read(settings)? else { return Ok(None) };
        let (tls, until) = made(parts, &clock)?;
        tell(until, clock.now());
        Ok(Some(Self { settings: settings.clone(), clock, seen, served: watch::Sender::new(Arc::new(tls)) }))
    }

    /// What is served, now and later.
    pub fn served(&self) -> watch::Receiver<Arc<Tls>> {
        self.served.subscribe()
    }

    /// Reads the files when one of them has changed.
    pub fn look(&mut self) {
        if stamps(&self.settings) != self.seen {
            self.read_again();
        }
    }

    /// Reads the files, and serves them when they can be served.
    pub fn read_again(&mut self) {
        // Before reading: what changes meanwhile is found at the next look.
        self.seen = stamps(&self.settings);
        let renewed = read(&self.settings)
            .and_then(|parts| parts.ok_or_else(|| "no files are named".to_owned()))
            .and_then(|parts| made(parts, &self.clock));
        match renewed {
            Ok((tls, until)) => {
                self.served.send_replace(Arc::new(tls));
                tell(until, self.clock.now());
            }
            Err(reason) => tracing::error!(reason, "the changed TLS files cannot be served: those before them still are"),
        }
    }

    /// Keeps looking.
    pub async fn look_after(mut self) {
        let mut hang_ups = signal(SignalKind::hangup()).ok();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => self.look(),
                () = hung_up(hang_ups.as_mut()) => self.read_again(),
            }
        }
    }
}

async fn hung_up(signals: Option<&mut Signal>) {
    if let Some(signals) = signals
        && signals.recv().await.is_some()
    {
        return;
    }
    // No signal will come.
    std::future::pending::<()>().await;
}

fn stamps(settings: &Settings) -> Vec<Option<Stamp>> {
    [&settings.cert_file, &settings.key_file, &settings.client_ca_file]
        .into_iter()
        .flatten()
        .map(|path| {
            let data = std::fs::metadata(path).ok()?;
            Some(Stamp { changed: (data.mtime(), data.mtime_nsec()), file: data.ino(), length: data.len() })
        })
        .collect()
}

fn read(settings: &Settings) -> Result<Option<Parts>, String> {
    let (Some(cert_file), Some(key_file)) = (&settings.cert_file, &settings.key_file) else { return Ok(None) };
    let authorities = match &settings.client_ca_file {
        Some(path) => certificates(path, "tls.client_ca_file")?,
        None => Vec::new(),
    };
    Ok(Some(Parts {
        chain: certificates(cert_file, "tls.cert_file")?,
        key: private_key(key_file)?,
        authorities,
        certificate_host: settings.client_certificate_host.clone(),
    }))
}

fn certificates(path: &Path, name: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = std::fs::read(path).map_err(|error| format!("{name}: {}: {error}", path.display()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| format!("{name}: {}: {error}", path.display()))?;
    if found.is_empty() {
        return Err(format!("{name}: {}: it holds no certificate in PEM", path.display()));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let text = std::fs::read(path).map_err(|error| format!("tls.key_file: {}: {error}", path.display()))?;
    let text = Zeroizing::new(text);
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| format!("tls.key_file: {}: it holds no private key in PEM that is not encrypted", path.display()))
}

/// TLS of these parts, and the last moment at which its certificate is good.
fn made(parts: Parts, clock: &Arc<dyn Clock>) -> Result<(Tls, Millis), String> {
    let own = parts.chain.first().map(|first| Certificate::read(first));
    let until = own.and_then(Result::ok).map(|own| own.good_until());
    let tls = Tls::new(parts, clock.clone()).map_err(|error| format!("TLS: {error}"))?;
    let until = until.ok_or("tls.cert_file: the certificate cannot be read")?;
    Ok((tls, until))
}

fn tell(until: Millis, now: Millis) {
    let until_shown = shown_moment(until);
    if until < now {
        tracing::warn!(until = until_shown, "TLS is served with a certificate that has expired");
    } else {
        tracing::info!(until = until_shown, "TLS is served");
    }
}

/// What `motlan doctor` says about TLS.
pub fn examine(config: &Config, clock: &Arc<dyn Clock>) -> Result<String, String> {
    let Some(parts) = read(&config.tls)? else {
        return match (config.server.issuer.starts_with("https://"), config.server.trusted_proxies.is_empty()) {
            (false, _) => Ok("none: the issuer is http, for this machine only".to_owned()),
            (true, false) => Ok("ends at a trusted proxy".to_owned()),
            (true, true) => Err("the issuer is https: name the proxy before us in server.trusted_proxies, or our own \
                 certificate and key in tls.cert_file and tls.key_file"
                .to_owned()),
        };
    };
    let (_, until) = made(parts, clock)?;
    if until < clock.now() {
        return Err(format!("the certificate of tls.cert_file expired at {}: renew it", shown_moment(until)));
    }
    Ok(format!("built in, with a certificate that is good until {}", shown_moment(until)))
}
