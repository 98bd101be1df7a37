//! What is counted: under which name, from where, how many and for how long.

use super::Throttle;
use crate::service::audit::network_of;
use std::net::IpAddr;

/// Whose secret somebody guesses at, and on what.
#[derive(Debug, Clone, Copy)]
pub struct Guess<'a> {
    /// The user name, folded. Perhaps nobody has it.
    pub name: &'a str,
    /// The number of a device that its person has used before, when this is one.
    pub device: Option<&'a str>,
}

impl<'a> From<&'a str> for Guess<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, device: None }
    }
}

impl<'a> From<&'a String> for Guess<'a> {
    fn from(name: &'a String) -> Self {
        Self { name, device: None }
    }
}

/// What a count of failures is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// One person on one device of theirs.
    Device,
    /// One name, on all devices that its person never used.
    Name,
    /// One address, whatever name.
    Address,
    /// The network around it.
    Network,
}

impl Limit {
    /// A fixed word, for records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Name => "name",
            Self::Address => "address",
            Self::Network => "network",
        }
    }

    /// True when the failures of one person are counted, not those of an address.
    pub(super) fn is_of_a_person(self) -> bool {
        match self {
            Self::Device | Self::Name => true,
            Self::Address | Self::Network => false,
        }
    }
}

/// One count of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    /// What it is about.
    pub limit: Limit,
    /// Which one of them.
    pub name: String,
    /// It is full with so many.
    pub most: i64,
    /// It counts for so long, and stays full for so long.
    pub window_ms: i64,
}

impl Bucket {
    /// The failures under a name.
    pub(super) fn of_name(limits: Throttle, name: &str) -> Self {
        Self { limit: Limit::Name, name: name.to_owned(), most: limits.failures, window_ms: limits.lock_seconds * 1_000 }
    }
}

/// The buckets of a guess, the narrowest first.
pub(super) fn of(limits: Throttle, guess: Guess<'_>, address: &str) -> Vec<Bucket> {
    let window_ms = limits.window_seconds * 1_000;
    if let Some(device) = guess.device {
        return vec![Bucket { limit: Limit::Device, name: device.to_owned(), most: limits.failures, window_ms }];
    }
    vec![
        Bucket::of_name(limits, guess.name),
        Bucket { limit: Limit::Address, name: network_of(address), most: limits.failures_per_address, window_ms },
        Bucket { limit: Limit::Network, name: wider(address), most: limits.failures_per_network, window_ms },
    ]
}

/// The network that an address is let out of, as far as anybody can tell from outside: /24, or /48 (IPv6).
fn wider(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits_of(guess: Guess<'_>) -> Vec<(Limit, String, i64, i64)> {
        let buckets = of(Throttle::default(), guess, "203.0.113.7");
        buckets.into_iter().map(|bucket| (bucket.limit, bucket.name, bucket.most, bucket.window_ms)).collect()
    }

    #[test]
    fn failures_on_a_known_device_count_there_and_nowhere_else() {
        let guess = Guess { name: "kim", device: Some("d1") };

        assert_eq!(limits_of(guess), [(Limit::Device, "d1".to_owned(), 5, 900_000)]);
    }

    #[test]
    fn failures_elsewhere_count_under_the_name_the_address_and_its_network() {
        let expected = [
            (Limit::Name, "kim".to_owned(), 5, 43_200_000),
            (Limit::Address, "203.0.113.7".to_owned(), 100, 900_000),
            (Limit::Network, "203.0.113.0/24".to_owned(), 1_000, 900_000),
        ];

        assert_eq!(limits_of("kim".into()), expected);
    }

    #[test]
    fn a_network_is_what_one_office_or_one_customer_has() {
        let table =
            [("203.0.113.7", "203.0.113.0/24"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"), ("command-line", "command-line")];
        for (address, network) in table {
            assert_eq!(wider(address), network, "{address}");
        }
    }
}
