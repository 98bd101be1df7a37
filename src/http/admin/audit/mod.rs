//! The records: searching them, one of them, and what is found to take away.

pub mod export;
mod filter;
pub mod list;
pub mod one;

use super::Desk;
use super::names::Names;
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, is_uuid};
use crate::http::extract::visit::Visit;
use crate::http::view::console::audit::{EntryLine, Who};
use crate::model::audit_entry::Entry;
use crate::service::trail::told::Told;
use axum::response::Response;

/// Where it begins.
pub const HERE: &str = "/admin/audit";

/// The names of those whom some entries are about, as far as the reader may know them.
async fn names(visit: &Visit, desk: &Desk, entries: &[&Entry]) -> Result<Names, Response> {
    let ids = entries.iter().flat_map(|entry| [entry.actor.as_deref(), entry.person.as_deref()]).flatten();
    let mut ids: Vec<PersonId> = ids.filter(|id| is_uuid(id)).map(|id| PersonId(id.to_owned())).collect();
    ids.sort_unstable();
    ids.dedup();
    Names::of(visit, desk, &ids).await
}

/// Somebody: the id always, and the name where it is known to the reader.
fn who(names: &Names, id: Option<&str>) -> Who {
    let id = id.unwrap_or_default();
    let shown = names.shown(id);
    Who { name: (shown != id).then_some(shown), id: id.to_owned() }
}

/// An entry, as pages show it.
fn shown(names: &Names, entry: &Entry, seq: Option<i64>) -> EntryLine {
    EntryLine {
        id: entry.id.clone(),
        seq,
        when: shown_moment(Millis(entry.at)),
        event: entry.event.clone(),
        actor: who(names, entry.actor.as_deref()),
        person: who(names, entry.person.as_deref()),
        client: entry.client.clone().unwrap_or_default(),
        address: entry.address.clone().unwrap_or_default(),
        request: entry.request_id.clone().unwrap_or_default(),
        told: Told::of(&entry.detail),
    }
}
