//! The chain as it lies in the database, some entries at a time.

use super::rows::{of_audit, of_grant};
use crate::model::audit_entry::{Entry, Kind, Place};
use crate::store::audit_chain::{self, StoredPlace};
use crate::store::audit_seals::{self, StoredSeal};
use crate::store::{AsEx, StoreError};
use std::collections::HashMap;

/// Entries at a time.
pub const AT_ONCE: i64 = 500;

/// A place, and the entry that it is of.
pub struct Item {
    /// As it is stored.
    pub place: StoredPlace,
    /// None when its row is gone.
    pub entry: Option<Entry>,
}

/// Some entries in order, and the seals over them.
pub struct Page {
    /// In the order of their numbers.
    pub items: Vec<Item>,
    /// By number.
    pub seals: HashMap<i64, StoredSeal>,
}

/// Entries after a number and up to another.
pub async fn read(conn: &mut impl AsEx, after: i64, until: i64, most: i64) -> Result<Page, StoreError> {
    let places = audit_chain::list_after(conn, after, until, most).await?;
    let (Some(first), Some(last)) = (places.first().map(|place| place.seq), places.last().map(|place| place.seq)) else {
        return Ok(Page { items: Vec::new(), seals: HashMap::new() });
    };
    let mut rows: HashMap<(String, String), Entry> = HashMap::with_capacity(places.len());
    for row in audit_chain::audit_rows(conn, first, last).await? {
        rows.insert((Kind::Audit.as_str().to_owned(), row.id.clone()), of_audit(&row));
    }
    for row in audit_chain::grant_rows(conn, first, last).await? {
        rows.insert((Kind::Grant.as_str().to_owned(), row.id.clone()), of_grant(&row));
    }
    let seals = audit_seals::list_between(conn, after, last).await?.into_iter().map(|seal| (seal.seq, seal)).collect();
    let items =
        places.into_iter().map(|place| Item { entry: rows.remove(&(place.kind.clone(), place.row_id.clone())), place }).collect();
    Ok(Page { items, seals })
}

/// A stored place, when it can be read.
pub fn place(stored: &StoredPlace) -> Option<Place> {
    Some(Place {
        seq: stored.seq,
        kind: Kind::parse(&stored.kind)?,
        row_id: stored.row_id.clone(),
        at: stored.at,
        digest: stored.digest.as_slice().try_into().ok()?,
        link: stored.link.as_slice().try_into().ok()?,
        mac: stored.mac.clone(),
    })
}
