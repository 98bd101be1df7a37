//! What a configuration must be, in sentences that say how to mend it.

use super::Config;
use crate::outbound::http::Network;
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
        networks(&self.server.trusted_proxies, "server.trusted_proxies")?;
        if let Some(reason) = self.lifetimes.refuse() {
            return Err(reason.to_owned());
        }
        if self.password.memory_kib < 8_192 || self.password.passes == 0 {
            return Err("password.memory_kib is at least 8192 and password.passes at least 1".to_owned());
        }
        Ok(())
    }
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
}
