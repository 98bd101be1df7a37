//! Places for connections: so many in all, and so many for one address.

use super::Limits;
use crate::base::network::Network;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The places of a listener.
pub struct Places {
    most: usize,
    most_per_address: usize,
    exempt: Vec<Network>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One place; it is free again when this is dropped.
pub struct Place {
    places: Arc<Places>,
    /// Whom it counts for; nobody when the address is exempt.
    holder: Option<IpAddr>,
}

impl Places {
    /// All of them free.
    pub fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            exempt: limits.exempt.clone(),
            taken: Mutex::default(),
        })
    }

    /// A place for a peer, if there is one.
    pub fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = peer.to_canonical();
        let holder = (!self.exempt.iter().any(|network| network.holds(address))).then(|| holder_of(address));
        if let Err(limit) = self.count(holder) {
            metrics::counter!("motlan_connections_refused_total", "limit" => limit).increment(1);
            tracing::debug!(%address, limit, "a connection was refused");
            return None;
        }
        metrics::gauge!("motlan_connections_open").increment(1.0);
        Some(Place { places: self.clone(), holder })
    }

    /// Counts one more, or names the limit that is reached.
    fn count(&self, holder: Option<IpAddr>) -> Result<(), &'static str> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.most {
            return Err("all");
        }
        if let Some(holder) = holder {
            let count = taken.by_address.entry(holder).or_default();
            if *count >= self.most_per_address {
                return Err("address");
            }
            *count += 1;
        }
        taken.all += 1;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(holder) = self.holder
            && let Some(count) = taken.by_address.get_mut(&holder)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&holder);
            }
        }
        drop(taken);
        metrics::gauge!("motlan_connections_open").decrement(1.0);
    }
}

/// Whoever has one address of an IPv6 /64 has all of it.
fn holder_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_places_and_a_proxy_has_all() {
        let proxies = Network::parse("10.0.0.0/8").expect("a network");
        let limits = Limits { connections: 7, connections_per_address: 2, exempt: vec![proxies], ..Limits::default() };
        let places = Places::new(&limits);
        let take = |text: &str| places.take(address(text));

        let mut held = vec![take("192.0.2.1").expect("the first"), take("::ffff:192.0.2.1").expect("the same address again")];
        assert!(take("192.0.2.1").is_none(), "a third of one address");
        held.push(take("2001:db8::1").expect("another address"));
        held.push(take("2001:db8::2").expect("its neighbour"));
        assert!(take("2001:db8::3").is_none(), "a /64 counts as one address");
        held.extend((0..3).map(|_| take("10.1.2.3").expect("a proxy speaks for many")));
        assert!(take("10.1.2.3").is_none() && take("198.51.100.1").is_none(), "all places are taken");

        drop(held.remove(0));
        let again = take("192.0.2.1").expect("a place that became free");
        drop((again, held));
        let taken = places.taken.lock().expect("the count");
        assert_eq!((taken.all, taken.by_address.len()), (0, 0), "nothing is left behind");
    }
}
