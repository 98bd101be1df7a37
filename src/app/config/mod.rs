//! Configuration: one TOML file, overlaid by `MOTLAN_SECTION__KEY` variables
//! and, for secrets, by files that `MOTLAN_SECTION__KEY_FILE` names. Unknown
//! keys are refused, so that a slip of the pen is not a silent default.

pub mod check;
pub mod mail;
pub mod syslog;

use crate::model::lifecycle::Lifecycle;
use crate::model::lifetimes::Lifetimes;
use crate::model::password_policy::PasswordPolicy;
use crate::model::signing_key::Rotation;
use crate::protocol::client_metadata::Policy;
use crate::service::Throttle;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::{Path, PathBuf};

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Embedded database and key-encryption key.
    pub data_dir: Option<PathBuf>,
    /// Log filter, such as `info` or `motlan=debug`.
    pub log: Option<String>,
    /// Listeners.
    pub server: Server,
    /// Durable records.
    pub database: Database,
    /// Shared short-term memory.
    pub redis: Redis,
    /// Keys at rest.
    pub keys: Keys,
    /// Calls to other systems.
    pub outbound: Outbound,
    /// Built-in TLS.
    pub tls: Tls,
    /// Flows beside the code flow.
    pub flows: Flows,
    /// Proofs of possession.
    pub dpop: Dpop,
    /// Who may register clients, and with what.
    pub registration: Policy,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// What becomes of accounts by themselves.
    pub lifecycle: Lifecycle,
    /// How signing keys follow each other.
    pub rotation: Rotation,
    /// When failed sign-ins must wait.
    pub throttle: Throttle,
    /// What a password hash costs.
    pub password: Password,
    /// What new passwords must be.
    pub password_policy: PasswordPolicy,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Records of what happened.
    pub audit: Audit,
    /// Where mail goes.
    pub mail: mail::Mail,
    /// Where records go beside the database.
    pub syslog: syslog::Syslog,
    /// What pages say about whose service it is.
    pub site: SiteConfig,
}

/// Listeners.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Every address and token begins with it.
    pub issuer: String,
    /// The public listener.
    pub listen: String,
    /// Health and metrics.
    pub ops_listen: String,
    /// Proxies whose `X-Forwarded-For` is believed: networks, comma-separated.
    pub trusted_proxies: String,
    /// `text` or `json`.
    pub log_format: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            issuer: "http://localhost:8080".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            ops_listen: "127.0.0.1:8081".to_owned(),
            trusted_proxies: String::new(),
            log_format: "text".to_owned(),
        }
    }
}

/// Passkeys (Web Authentication).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passkeys {
    /// The domain that passkeys are bound to; absent: the issuer's host. Fixed for good: with another one, all passkeys are lost.
    pub rp_id: Option<String>,
    /// Makers (PEM certificates) whose devices administrators' new passkeys must be kept in; absent: any device.
    pub administrators_ca_file: Option<PathBuf>,
}

/// Records of what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Whole months that stay in the database; older ones are moved into sealed files in the data directory.
    pub keep_months: i64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { keep_months: 12 }
    }
}

/// Built-in TLS, for a deployment without a proxy; and certificates of clients.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain (PEM). With the key, the public listener speaks TLS.
    pub cert_file: Option<PathBuf>,
    /// Its private key (PEM).
    pub key_file: Option<PathBuf>,
    /// Authorities (PEM) whose client certificates count for `tls_client_auth`.
    pub client_ca_file: Option<PathBuf>,
    /// The only host name at which callers are asked for a certificate, so that browsers never are; absent: at every name.
    pub client_certificate_host: Option<String>,
    /// The header in which a trusted proxy hands on a client's certificate.
    pub client_certificate_header: Option<String>,
    /// That proxy lets through only certificates that authorities of its own vouch for.
    pub client_certificate_verified: bool,
}

/// Flows beside the code flow.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flows {
    /// Tokens may come from the authorization endpoint (`id_token`, `id_token token`).
    pub implicit: bool,
    /// Every client pushes its requests first (RFC 9126 §5).
    pub require_pushed: bool,
}

/// Proofs of possession (RFC 9449).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dpop {
    /// Proofs hold a nonce of ours.
    pub nonces: bool,
}

/// Durable records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://…`; absent: `motlan.db` in the data directory.
    #[serde(serialize_with = "hidden")]
    pub url: Option<SecretString>,
}

/// Shared short-term memory.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://…` or `rediss://…`; absent: memory of this one process.
    #[serde(serialize_with = "hidden")]
    pub url: Option<SecretString>,
    /// What every key begins with; absent: `motlan:`.
    pub prefix: Option<String>,
}

/// Keys at rest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Where the first start writes the key-encryption key; absent: the data directory, or `keys/`.
    pub dir: Option<PathBuf>,
    /// 64 hexadecimal digits, instead of a file of our own.
    #[serde(serialize_with = "hidden")]
    pub key_encryption_key: Option<SecretString>,
}

/// Calls to other systems.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// One more trusted CA (PEM).
    pub ca_file: Option<PathBuf>,
    /// Private networks that may be called, comma-separated.
    pub allow_networks: String,
}

/// What a password hash costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Memory that all hashes together may take, in MiB.
    pub pool_mib: u32,
    /// How many sign-ins may wait for the pool.
    pub waiting: usize,
}

impl Default for Password {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, pool_mib: 64, waiting: 100 }
    }
}

/// What pages say about whose service it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    /// The owner in Vietnamese.
    pub owner_vi: String,
    /// The owner in English, for pages and mail in every language but Vietnamese.
    pub owner_en: String,
    /// Hotline.
    #[serde(deserialize_with = "text")]
    pub help_phone: String,
    /// Zalo address.
    pub help_zalo: String,
    /// E-mail address.
    pub help_email: String,
    /// Guide; absent: our own pages.
    pub help_guide_url: String,
    /// The city (or province) in Vietnamese, as sentences name it.
    pub city_vi: String,
    /// The same in English.
    pub city_en: String,
    /// A picture (SVG or PNG, 24 KiB at most) of the owner's seal, shown in place of our mark. Only the owner may set it.
    pub seal_file: Option<PathBuf>,
    /// The networks of offices, by which people recognise where a session is, and from which alone some roles count; nobody
    /// outside is asked.
    pub office_networks: Vec<OfficeNetworks>,
}

/// The networks of one office.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfficeNetworks {
    /// As people call it, such as `Phường Thủ Dầu Một`.
    pub name: String,
    /// Networks, comma-separated.
    pub networks: String,
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            owner_vi: "Ủy ban nhân dân Thành phố Hồ Chí Minh".to_owned(),
            owner_en: "People’s Committee of Ho Chi Minh City".to_owned(),
            help_phone: String::new(),
            help_zalo: String::new(),
            help_email: String::new(),
            help_guide_url: String::new(),
            city_vi: "Thành phố Hồ Chí Minh".to_owned(),
            city_en: "Ho Chi Minh City".to_owned(),
            seal_file: None,
            office_networks: Vec::new(),
        }
    }
}

/// A telephone number is text, also where a file or a variable writes it bare.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(u64),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
    })
}

#[expect(clippy::ref_option, reason = "the shape that serde asks of a field's serializer")]
fn hidden<S: Serializer>(value: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(_) => serializer.serialize_str("(hidden)"),
        None => serializer.serialize_none(),
    }
}

/// Settings that a file may hold instead of a variable.
const FROM_FILES: [(&str, &str); 4] = [
    ("MOTLAN_DATABASE__URL_FILE", "database.url"),
    ("MOTLAN_REDIS__URL_FILE", "redis.url"),
    ("MOTLAN_KEYS__KEY_ENCRYPTION_KEY_FILE", "keys.key_encryption_key"),
    ("MOTLAN_MAIL__PASSWORD_FILE", "mail.password"),
];

impl Config {
    /// Reads the file, when one is named, and the environment over it.
    pub fn read(file: Option<&Path>) -> Result<Self, String> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(format!("{}: there is no such configuration file", file.display()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let ours = |key: &figment::value::UncasedStr| {
            let key = key.as_str();
            (key.contains("__") || key.eq_ignore_ascii_case("data_dir") || key.eq_ignore_ascii_case("log"))
                && !FROM_FILES
                    .iter()
                    .any(|(name, _)| name.strip_prefix("MOTLAN_").is_some_and(|name| name.eq_ignore_ascii_case(key)))
        };
        figment = figment.merge(Env::prefixed("MOTLAN_").filter(ours).split("__"));
        for (variable, key) in FROM_FILES {
            if let Some(text) = read_secret_file(variable)? {
                figment = figment.merge(Serialized::default(key, text));
            }
        }
        let config: Self = figment.extract().map_err(|error| format!("configuration: {error}"))?;
        config.check()?;
        Ok(config)
    }

    /// The database's address.
    pub fn database_url(&self) -> SecretString {
        self.database.url.clone().unwrap_or_else(|| {
            let dir = self.data_dir.clone().unwrap_or_else(|| PathBuf::from("."));
            SecretString::from(format!("sqlite://{}", dir.join("motlan.db").display()))
        })
    }

    /// Where the key-encryption key lies.
    pub fn keys_dir(&self) -> PathBuf {
        self.keys.dir.clone().or_else(|| self.data_dir.clone()).unwrap_or_else(|| PathBuf::from("keys"))
    }
}

#[expect(clippy::disallowed_methods, reason = "app is the room that reads the environment")]
fn read_secret_file(variable: &str) -> Result<Option<String>, String> {
    let Ok(path) = std::env::var(variable) else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{variable}: {path}: {error}"))?;
    Ok(Some(text.trim_end().to_owned()))
}
