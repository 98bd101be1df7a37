//! The city's own networks by name, so that people recognise where a session is. Nobody outside is asked.

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
pub struct Offices(pub Vec<Office>);

impl Offices {
    /// The office behind an address.
    pub fn name_of(&self, address: &str) -> Option<&str> {
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        let holds = |office: &&Office| office.networks.iter().any(|network| network.holds(address));
        self.0.iter().find(holds).map(|office| office.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_known_by_its_networks_and_the_first_one_counts() {
        let office = |name: &str, networks: &[&str]| Office {
            name: name.to_owned(),
            networks: networks.iter().filter_map(|text| Network::parse(text)).collect(),
        };
        let offices = Offices(vec![
            office("Phường Thủ Dầu Một", &["10.20.0.0/16", "2001:db8:20::/48"]),
            office("Thành phố", &["10.0.0.0/8"]),
        ]);
        let table = [
            ("10.20.3.4", Some("Phường Thủ Dầu Một")),
            ("::ffff:10.20.3.4", Some("Phường Thủ Dầu Một")),
            ("2001:db8:20::1", Some("Phường Thủ Dầu Một")),
            ("10.21.3.4", Some("Thành phố")),
            ("203.0.113.7", None),
            ("command-line", None),
            ("", None),
        ];
        for (address, expected) in table {
            assert_eq!(offices.name_of(address), expected, "{address}");
        }
    }
}
