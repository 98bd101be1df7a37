//! What a configuration must be, in sentences that say how to mend it.

use super::{Config, Tls};
use crate::base::network::Network;
use crate::crypto::passkey::Passkeys;
use crate::protocol::redirect_uri::is_loopback;
use url::Url;

impl Config {
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        check_issuer(&self.server.issuer)?;
        for (name, address) in [("server.listen", &self.server.listen), ("server.ops_listen", &self.server.ops_listen)] {
            if !address.contains(':') {
                return Err(format!("{name}: {address:?} is not ADDRESS:PORT"));
            }
        }
        if !["text", "json"].contains(&self.server.log_format.as_str()) {
            return Err("server.log_format is text or json".to_owned());
        }
        networks(&self.outbound.allow_networks, "outbound.allow_networks")?;
        for office in &self.site.office_networks {
            if office.name.trim().is_empty() {
                return Err("site.office_networks: an office needs a name".to_owned());
            }
            networks(&office.networks, "site.office_networks")?;
        }
        let proxies = networks(&self.server.trusted_proxies, "server.trusted_proxies")?;
        check_tls(&self.tls, &self.server.issuer, !proxies.is_empty())?;
        if let Some(reason) = self.lifetimes.refuse() {
            return Err(reason.to_owned());
        }
        if let Some(reason) = self.lifecycle.refuse() {
            return Err(reason.to_owned());
        }
        if self.password.memory_kib < 8_192 || self.password.passes == 0 {
            return Err("password.memory_kib is at least 8192 and password.passes at least 1".to_owned());
        }
        if let Some(reason) = self.password_policy.refuse() {
            return Err(reason.to_owned());
        }
        if let Some(reason) = self.throttle.refuse() {
            return Err(reason.to_owned());
        }
        if !(1..=1_200).contains(&self.audit.keep_months) {
            return Err("audit.keep_months is at least 1 and at most 1200".to_owned());
        }
        self.mail.check()?;
        self.syslog.check()?;
        passkeys(self)?;
        Ok(())
    }
}

/// The passkeys of this issuer; none where its address is made of digits.
pub fn passkeys(config: &Config) -> Result<Option<Passkeys>, String> {
    let passkeys = Passkeys::new(&config.server.issuer, config.passkeys.rp_id.as_deref(), &config.site.owner_vi)
        .map_err(|error| format!("{error}, such as example.vn for https://id.example.vn"))?;
    let Some(file) = &config.passkeys.administrators_ca_file else { return Ok(passkeys) };
    let unread = |why: &str| format!("passkeys.administrators_ca_file: {}: {why}", file.display());
    let bundle = std::fs::read_to_string(file).map_err(|error| unread(&error.to_string()))?;
    let trusting = passkeys.map(|passkeys| passkeys.trusting(&bundle)).transpose();
    trusting.map_err(|_| unread("no certificates (PEM) that can be read"))
}

/// An issuer is https, without a slash at its end, query or fragment; http only on loopback.
fn check_issuer(issuer: &str) -> Result<(), String> {
    let url = Url::parse(issuer).map_err(|_| format!("server.issuer: {issuer:?} is not an address"))?;
    if issuer.ends_with('/')
        || url.query().is_some()
        || url.fragment().is_some()
        || url.path() != "/"
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err("server.issuer is a scheme and a host, such as https://id.example.vn, without a slash at its end".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        _ => Err("server.issuer uses https; http is accepted on a loopback address only".to_owned()),
    }
}

/// What belongs together is set together. The files are looked at by those who read them: most commands do not.
fn check_tls(tls: &Tls, issuer: &str, proxied: bool) -> Result<(), String> {
    let own = tls.cert_file.is_some() && tls.key_file.is_some();
    let rules = [
        (
            tls.cert_file.is_some() != tls.key_file.is_some(),
            "tls.cert_file and tls.key_file go together: name both files, or none",
        ),
        (own && !issuer.starts_with("https://"), "server.issuer begins with https where tls.cert_file is named"),
        (
            !own && (tls.client_ca_file.is_some() || tls.client_certificate_host.is_some()),
            "tls.client_ca_file and tls.client_certificate_host are for our own TLS: name tls.cert_file and tls.key_file",
        ),
        (
            tls.client_certificate_host.as_ref().is_some_and(|host| host.is_empty() || host.contains(['/', ':'])),
            "tls.client_certificate_host is a host name only, such as mtls.id.example.vn",
        ),
        (
            tls.client_certificate_header.is_some() && !proxied,
            "tls.client_certificate_header is believed of a trusted proxy only: name it in server.trusted_proxies",
        ),
        (
            tls.client_certificate_verified && tls.client_certificate_header.is_none(),
            "tls.client_certificate_verified is about the certificate in tls.client_certificate_header: name the header",
        ),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, sentence)| Err(sentence.to_owned()))
}

/// Reads a comma-separated list of networks.
pub fn networks(list: &str, name: &str) -> Result<Vec<Network>, String> {
    list.split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| Network::parse(text).ok_or_else(|| format!("{name}: {text:?} is not a network such as 10.0.0.0/8")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_issuer_is_accepted_on_loopback_only() {
        let table = [
            ("https://id.example.vn", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://id.example.vn", false),
            ("http://10.0.0.1", false),
            ("https://id.example.vn/", false),
            ("https://id.example.vn/sso", false),
            ("https://id.example.vn?x=1", false),
            ("id.example.vn", false),
        ];
        for (issuer, fine) in table {
            assert_eq!(check_issuer(issuer).is_ok(), fine, "{issuer}");
        }
    }

    #[test]
    fn settings_of_tls_go_together() {
        const HTTPS: &str = "https://id.example.vn";
        let both = || Tls { cert_file: Some("cert.pem".into()), key_file: Some("key.pem".into()), ..Tls::default() };
        let header = || Tls { client_certificate_header: Some("client-cert".to_owned()), ..Tls::default() };
        let hosted = |host: &str| Tls { client_certificate_host: Some(host.to_owned()), ..both() };
        let table = [
            ("nothing", Tls::default(), HTTPS, false, true),
            ("both files", both(), HTTPS, false, true),
            ("both files behind a proxy", both(), HTTPS, true, true),
            ("both files for an http issuer", both(), "http://localhost:8080", false, false),
            ("no key", Tls { key_file: None, ..both() }, HTTPS, false, false),
            ("no certificate", Tls { cert_file: None, ..both() }, HTTPS, false, false),
            ("authorities", Tls { client_ca_file: Some("ca.pem".into()), ..both() }, HTTPS, false, true),
            ("authorities alone", Tls { client_ca_file: Some("ca.pem".into()), ..Tls::default() }, HTTPS, false, false),
            ("a host", hosted("mtls.id.example.vn"), HTTPS, false, true),
            ("an address for a host", hosted("https://mtls.id.example.vn"), HTTPS, false, false),
            ("a host alone", Tls { cert_file: None, key_file: None, ..hosted("mtls.id.example.vn") }, HTTPS, false, false),
            ("a proxy's header", header(), HTTPS, true, true),
            ("a header of nobody", header(), HTTPS, false, false),
            ("a proxy that verifies", Tls { client_certificate_verified: true, ..header() }, HTTPS, true, true),
            ("nothing to verify", Tls { client_certificate_verified: true, ..Tls::default() }, HTTPS, true, false),
        ];
        for (case, tls, issuer, proxied, fine) in table {
            assert_eq!(check_tls(&tls, issuer, proxied).is_ok(), fine, "{case}");
        }
    }
}
