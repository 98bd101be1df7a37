//! Who has one role of a group, of the people within somebody's bounds: page by page, and to take away.

use super::{GroupHeld, PAGE, held_by_groups};
use crate::base::id::PersonId;
use crate::model::authority::{ExportPeople, Extent, ReadPeople};
use crate::service::audit::{self, Event};
use crate::service::authority::People;
use crate::service::group_reach::{Member, Seeker};
use crate::service::{Failure, Services};
use serde_json::json;

/// People of one piece of a list that is taken away.
const OF_PIECE: usize = 500;

/// A role of a group, with some of those who are of it today.
#[derive(Debug, Clone)]
pub struct OfGroup {
    /// The role, and whom it is for.
    pub held: GroupHeld,
    /// Some of them.
    pub members: Vec<Member>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// Who is of the group of a role, within somebody's bounds; nothing where the role lies beyond them. That somebody was on the
/// list is on record.
pub async fn of_group(
    services: &Services,
    proof: &People<ReadPeople>,
    id: &str,
    after: Option<&str>,
) -> Result<Option<OfGroup>, Failure> {
    let Some(held) = held_by_groups::one(services, proof.extent(), id).await? else { return Ok(None) };
    let after = PersonId(after.unwrap_or_default().to_owned());
    let mut seeker = Seeker::new(services, proof.extent());
    let found = seeker.some(&mut services.store.read().await?, &held.grant, (&after, PAGE)).await?;
    if !found.members.is_empty() {
        let detail = json!({ "list": "group", "grant": id, "role": held.grant.role, "rights": found.members.len() });
        let event = Event::by(&proof.by, "rights.listed", None, Some(held.grant.client_id.as_str()), detail);
        audit::looked(services, event).await?;
    }
    let next = found.next.map(|last| last.0);
    Ok(Some(OfGroup { held, members: found.members, next }))
}

/// Those of a group who are being taken away.
pub struct TakingGroup {
    services: Services,
    held: GroupHeld,
    extent: Extent,
    /// After whom the next ones come; nothing behind the last.
    after: Option<PersonId>,
}

/// Begins to take those away who are of the group of a role; that they were is on record before. Nothing where the role lies
/// beyond these bounds.
pub async fn take_group_away(
    services: &Services,
    proof: &People<ExportPeople>,
    id: &str,
) -> Result<Option<TakingGroup>, Failure> {
    let Some(held) = held_by_groups::one(services, proof.extent(), id).await? else { return Ok(None) };
    let detail = json!({ "list": "group", "grant": id });
    let event = Event::by(&proof.by, "rights.exported", None, Some(held.grant.client_id.as_str()), detail);
    audit::looked(services, event).await?;
    let after = Some(PersonId(String::new()));
    Ok(Some(TakingGroup { services: services.clone(), held, extent: proof.extent().clone(), after }))
}

impl TakingGroup {
    /// The role, and whom it is for.
    pub fn held(&self) -> &GroupHeld {
        &self.held
    }

    /// Some more of them; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<Member>>, Failure> {
        while let Some(after) = self.after.take() {
            let mut seeker = Seeker::new(&self.services, &self.extent);
            let mut conn = self.services.store.read().await?;
            let found = seeker.some(&mut conn, &self.held.grant, (&after, OF_PIECE)).await?;
            self.after = found.next;
            if !found.members.is_empty() {
                return Ok(Some(found.members));
            }
        }
        Ok(None)
    }
}
