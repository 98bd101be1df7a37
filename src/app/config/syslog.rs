//! Where records go beside the database: to a collector that speaks syslog over TLS, or nowhere.

use super::Config;
use crate::outbound::syslog::{self, Target};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the system says what the machine, or the container, is called.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The collector (RFC 5424 over TLS, RFC 5425). Without an address it is off.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Syslog {
    /// `HOST:PORT`; collectors listen on 6514.
    pub address: Option<String>,
    /// The authority (PEM) that vouches for the collector: no other is believed.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate (PEM), where the collector asks for one.
    pub client_cert_file: Option<PathBuf>,
    /// Its private key (PEM).
    pub client_key_file: Option<PathBuf>,
    /// What this service is called there.
    pub name: String,
}

impl Default for Syslog {
    fn default() -> Self {
        Self { address: None, ca_file: None, client_cert_file: None, client_key_file: None, name: "motlan".to_owned() }
    }
}

impl Syslog {
    /// The first thing that is wrong.
    pub(super) fn check(&self) -> Result<(), String> {
        let files = [&self.ca_file, &self.client_cert_file, &self.client_key_file];
        let rules = [
            (
                self.address.is_some() && self.ca_file.is_none(),
                "syslog.ca_file is the authority that vouches for the collector: name it beside syslog.address",
            ),
            (
                self.address.is_none() && files.into_iter().any(Option::is_some),
                "syslog.ca_file and the files of a client certificate are for a collector: name syslog.address",
            ),
            (
                self.client_cert_file.is_some() != self.client_key_file.is_some(),
                "syslog.client_cert_file and syslog.client_key_file go together: name both files, or none",
            ),
            (
                !(1..=48).contains(&self.name.len()) || !self.name.bytes().all(|byte| byte.is_ascii_graphic()),
                "syslog.name is 1 to 48 visible letters without accents or spaces",
            ),
        ];
        rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, sentence)| Err(sentence.to_owned()))
    }
}

/// The way to the collector that a configuration names.
pub fn sink(config: &Config) -> Result<syslog::Syslog, String> {
    let settings = &config.syslog;
    let (Some(address), Some(ca_file)) = (&settings.address, &settings.ca_file) else { return Ok(syslog::Syslog::off()) };
    let ca_pem = read(ca_file, "syslog.ca_file")?;
    let own = match (&settings.client_cert_file, &settings.client_key_file) {
        (Some(cert), Some(key)) => {
            Some((read(cert, "syslog.client_cert_file")?, zeroize::Zeroizing::new(read(key, "syslog.client_key_file")?)))
        }
        _ => None,
    };
    let host_name = std::fs::read_to_string(HOST_NAME).unwrap_or_default();
    let target = Target {
        address,
        ca_pem: &ca_pem,
        own_pem: own.as_ref().map(|(cert, key)| (cert.as_slice(), key.as_slice())),
        app_name: &settings.name,
        host_name: host_name.trim(),
    };
    syslog::Syslog::new(&target).map_err(|error| error.to_string())
}

fn read(path: &Path, name: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{name}: {}: {error}", path.display()))
}

/// Whether records can be told now, in a sentence that says how to mend it when not.
pub async fn examine(config: &Config) -> Result<String, String> {
    crate::crypto::install_provider();
    let sink = sink(config)?;
    if !sink.is_on() {
        return Ok("is off: records stay in the database and its exports".to_owned());
    }
    match sink.connect().await {
        Ok(_) => Ok("the collector answers, and its certificate is vouched for".to_owned()),
        Err(error) => {
            Err(format!("{error}; check syslog.address, syslog.ca_file, and whether the collector asks for a certificate"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_set_together() {
        let on = || Syslog { address: Some("log.vi-du.vn:6514".to_owned()), ca_file: Some("ca.pem".into()), ..Syslog::default() };
        assert_eq!(Syslog::default().check(), Ok(()), "off");
        assert_eq!(on().check(), Ok(()));
        let table = [
            ("vouches", Syslog { ca_file: None, ..on() }),
            ("are for a collector", Syslog { address: None, ..on() }),
            ("go together", Syslog { client_cert_file: Some("cert.pem".into()), ..on() }),
            ("visible letters", Syslog { name: "một lần".to_owned(), ..on() }),
            ("visible letters", Syslog { name: String::new(), ..on() }),
        ];
        for (says, settings) in table {
            assert!(settings.check().is_err_and(|reason| reason.contains(says)), "{says}");
        }
    }
}
