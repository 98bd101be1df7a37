//! Builds [`Services`] from a configuration.

use super::config::check::networks;
use super::config::{Config, OfficeNetworks};
use crate::base::clock::{Clock, SystemClock};
use crate::base::entropy::{Entropy, SystemEntropy};
use crate::base::locale::GivenName;
use crate::crypto::envelope::Envelope;
use crate::crypto::keyring::Keyring;
use crate::crypto::password::{Cost, HashPool};
use crate::http::Site;
use crate::http::seal::Seal;
use crate::http::view::chrome::Help;
use crate::model::offices::{Office, Offices};
use crate::outbound::http::HttpClient;
use crate::service::client_keys::ClientKeys;
use crate::service::known::{self, Known};
use crate::service::{Inner, Secrets, Services, Settings, keys};
use crate::store::group::GroupWriter;
use crate::store::{Store, units};
use crate::transient::Transient;
use secrecy::ExposeSecret as _;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Notify;
use zeroize::Zeroizing;

const KEY_FILE: &str = "key-encryption-key";

/// Time and randomness: the machine's, or a test's.
pub struct Sources {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}

/// Opens the database and brings its schema up to date.
pub async fn open_store(config: &Config, migrate: bool) -> Result<Store, String> {
    make_data_dir(config)?;
    let store = Store::open(config.database_url().expose_secret()).await.map_err(|error| error.to_string())?;
    if migrate {
        store.migrate().await.map_err(|error| error.to_string())?;
    }
    Ok(store)
}

/// The same for one command.
pub async fn open_store_for_command(config: &Config) -> Result<Store, String> {
    make_data_dir(config)?;
    let store = Store::open_for_command(config.database_url().expose_secret()).await.map_err(|error| error.to_string())?;
    store.migrate().await.map_err(|error| error.to_string())?;
    Ok(store)
}

fn make_data_dir(config: &Config) -> Result<(), String> {
    let Some(dir) = &config.data_dir else { return Ok(()) };
    std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))
}

/// Builds everything on an open store; makes keys at the first start.
pub async fn services(config: &Config, store: Store, sources: Sources) -> Result<Services, String> {
    crate::crypto::install_provider();
    let text = |error: &dyn std::error::Error| error.to_string();
    let envelope = Envelope::new(&key_encryption_key(config, sources.entropy.as_ref())?).map_err(|error| text(&error))?;
    let transient = match &config.redis.url {
        Some(url) => Transient::redis(url.expose_secret(), config.redis.prefix.as_deref().unwrap_or("motlan:"))
            .await
            .map_err(|error| text(&error))?,
        None => Transient::memory(),
    };
    let ca =
        config.outbound.ca_file.as_ref().map(std::fs::read).transpose().map_err(|error| format!("outbound.ca_file: {error}"))?;
    let outbound = HttpClient::new(networks(&config.outbound.allow_networks, "outbound.allow_networks")?, ca.as_deref());
    let registry = units::load(&mut store.read().await.map_err(|error| text(&error))?).await.map_err(|error| text(&error))?;
    let services = Services::new(Inner {
        clock: sources.clock,
        entropy: sources.entropy,
        writer: GroupWriter::start(store.clone()),
        store,
        transient,
        keyring: Keyring::default(),
        secrets: Secrets::derive(&envelope).map_err(|error| text(&error))?,
        envelope,
        hasher: HashPool::new(cost(config)).map_err(|error| text(&error))?,
        known: Known::new(registry, Some(config.password_policy.administrators_days), config.lifecycle.joiners_wait),
        passkeys: super::config::check::passkeys(config)?,
        client_keys: ClientKeys::default(),
        outbound: outbound.map_err(|error| text(&error))?,
        settings: Settings {
            issuer: config.server.issuer.clone(),
            lifetimes: config.lifetimes,
            lifecycle: config.lifecycle,
            rotation: config.rotation,
            throttle: config.throttle,
            password_policy: config.password_policy,
            implicit_flow: config.flows.implicit,
            require_pushed_requests: config.flows.require_pushed,
            dpop_nonces: config.dpop.nonces,
            certificate_host: config.tls.client_certificate_host.clone(),
            registration: config.registration.clone(),
            audit_keep_months: config.audit.keep_months,
            audit_dir: config.data_dir.as_ref().map(|dir| dir.join("audit")),
            offices: offices(config)?,
        },
        mail: super::config::mail::sink(config)?,
        syslog: super::config::syslog::sink(config)?,
        deliveries: Notify::new(),
        letters: Notify::new(),
    });
    keys::ensure(&services).await.map_err(|error| format!("signing keys: {error}; was the key-encryption key changed?"))?;
    known::refresh(&services).await.map_err(|error| text(&error))?;
    Ok(services)
}

/// As many hashes at a time as the pool's memory allows, and as cores do when one is left for everything else. Stepping
/// back behind the other threads of this process is not enough: the system shares cores between processes before it
/// looks at threads, so that a database beside us would wait for hashes.
fn cost(config: &Config) -> Cost {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let fit = usize::try_from(config.password.pool_mib * 1_024 / config.password.memory_kib.max(1)).unwrap_or(1);
    Cost {
        memory_kib: config.password.memory_kib,
        passes: config.password.passes,
        at_once: fit.clamp(1, cores.saturating_sub(1).max(1)),
        waiting: config.password.waiting,
    }
}

/// The envelope of a key-encryption key that is there already: looking makes none.
pub fn present_envelope(config: &Config) -> Result<Option<Envelope>, String> {
    if config.keys.key_encryption_key.is_none() && !config.keys_dir().join(KEY_FILE).exists() {
        return Ok(None);
    }
    let key = key_encryption_key(config, &SystemEntropy)?;
    Envelope::new(&key).map(Some).map_err(|error| error.to_string())
}

/// The key-encryption key: handed in, read from its file, or made at the first start.
fn key_encryption_key(config: &Config, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, String> {
    if let Some(key) = &config.keys.key_encryption_key {
        return read_key(key.expose_secret()).ok_or_else(|| "keys.key_encryption_key is 64 hexadecimal digits".to_owned());
    }
    let dir = config.keys_dir();
    let path = dir.join(KEY_FILE);
    if !path.exists() {
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let made = Zeroizing::new(crate::base::digest::hex(&entropy.bytes32()));
        write_private(&path, made.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))?;
        tracing::info!(path = %path.display(), "a key-encryption key was made: keep a copy apart from the database");
    }
    let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?);
    read_key(&text).ok_or_else(|| format!("{}: not 64 hexadecimal digits", path.display()))
}

fn read_key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.trim();
    let mut key = Zeroizing::new([0_u8; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Readable by its owner only, from its first moment; an existing file is left alone.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft = path.with_extension(format!("{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // Linking fails when the file is there: whoever came first stays, and no half-written key is ever seen.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// The owner's seal.
fn read_seal(path: &Path) -> Result<Seal, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("site.seal_file: {}: {error}", path.display()))?;
    Seal::of(bytes).map_err(|error| format!("site.seal_file: {}: {error}", path.display()))
}

/// The offices by their networks, and the proxies, which are none.
fn offices(config: &Config) -> Result<Offices, String> {
    let office = |office: &OfficeNetworks| {
        Ok(Office { name: office.name.clone(), networks: networks(&office.networks, "site.office_networks")? })
    };
    let list = config.site.office_networks.iter().map(office).collect::<Result<_, String>>()?;
    Ok(Offices { list, proxies: networks(&config.server.trusted_proxies, "server.trusted_proxies")? })
}

/// What the pages know.
pub fn site(config: &Config) -> Result<Site, String> {
    let site = &config.site;
    Ok(Site {
        secure: config.server.issuer.starts_with("https://"),
        owner: GivenName { vi: site.owner_vi.clone(), en: site.owner_en.clone() },
        city: GivenName { vi: site.city_vi.clone(), en: site.city_en.clone() },
        seal: site.seal_file.as_deref().map(read_seal).transpose()?,
        help: Help {
            phone: site.help_phone.clone(),
            zalo: site.help_zalo.clone(),
            email: site.help_email.clone(),
            guide_url: site.help_guide_url.clone(),
        },
        trusted_proxies: networks(&config.server.trusted_proxies, "server.trusted_proxies")?,
        client_certificate_header: config
            .tls
            .client_certificate_header
            .as_ref()
            .map(|name| {
                http::HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| format!("tls.client_certificate_header: {name} is no header"))
            })
            .transpose()?,
        client_certificate_verified: config.tls.client_certificate_verified,
    })
}
