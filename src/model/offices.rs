//! The city's own networks by name: people recognise where a session is, and roles may count from there only. Nobody outside
//! is asked.

use crate::base::network::Network;
use std::net::IpAddr;

/// The networks of one office.
#[derive(Debug, Clone)]
pub struct Office {
    /// As people call it.
    pub name: String,
    /// Its networks.
    pub networks: Vec<Network>,
}

/// All of them. Where networks overlap, the first office that is named counts.
#[derive(Debug, Clone, Default)]
pub struct Offices {
    /// The offices.
    pub list: Vec<Office>,
    /// Trusted proxies: what comes from one of them and does not tell whom it speaks for comes from nowhere.
    pub proxies: Vec<Network>,
}

impl Offices {
    /// The office behind an address. The address of a trusted proxy is that of no office: it says nothing of the caller.
    pub fn name_of(&self, address: &str) -> Option<&str> {
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        let among = |networks: &[Network]| networks.iter().any(|network| network.holds(address));
        let office = self.list.iter().find(|office| among(&office.networks))?;
        (!among(&self.proxies)).then_some(office.name.as_str())
    }

    /// True for the address of an office.
    pub fn holds(&self, address: &str) -> bool {
        self.name_of(address).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_known_by_its_networks_the_first_one_counts_and_a_proxy_is_none() {
        let office = |name: &str, networks: &[&str]| Office {
            name: name.to_owned(),
            networks: networks.iter().filter_map(|text| Network::parse(text)).collect(),
        };
        let list =
            vec![office("Phường Thủ Dầu Một", &["10.20.0.0/16", "2001:db8:20::/48"]), office("Thành phố", &["10.0.0.0/8"])];
        let offices = Offices { list, proxies: Network::parse("10.20.9.9/32").into_iter().collect() };
        let table = [
            ("10.20.3.4", Some("Phường Thủ Dầu Một")),
            ("::ffff:10.20.3.4", Some("Phường Thủ Dầu Một")),
            ("2001:db8:20::1", Some("Phường Thủ Dầu Một")),
            ("10.21.3.4", Some("Thành phố")),
            ("10.20.9.9", None),
            ("::ffff:10.20.9.9", None),
            ("203.0.113.7", None),
            ("command-line", None),
            ("", None),
        ];
        for (address, expected) in table {
            assert_eq!(offices.name_of(address), expected, "{address}");
        }
    }
}
