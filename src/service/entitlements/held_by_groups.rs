//! Roles of groups in the lists of who holds what: as rows of their own, before those of people.
//!
//! Whoever looks after units sees what is of their units, what reaches into them from above, and what whoever works there has
//! kept since another unit went into theirs; and is told how many of their own people have it.

use super::{CITY, List, PAGE, SOON_DAYS, Standing, UNUSED_DAYS};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::authority::Extent;
use crate::model::client::Client;
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::group_reach::{Lies, lies};
use crate::model::registry::Registry;
use crate::service::group_reach::{Reach, Seeker};
use crate::service::{Failure, Services};
use crate::store::group_grants::{self, Stored};
use crate::store::{Conn, StoreError, clients};
use std::sync::Arc;
use time::{Date, Duration};

/// Begins the place of such a row in a list: no user name does.
const MARK: char = '~';
/// More than so many are not looked at for one page.
const MOST_LOOKED_AT: usize = 200;

/// A role of a group in a list of who holds what.
#[derive(Debug, Clone)]
pub struct GroupHeld {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// Why it was given.
    pub reason: String,
    /// Who gave it.
    pub granted_by: String,
    /// When.
    pub granted_at: Millis,
    /// The client's name; its id when there is none any more.
    pub client_name: String,
    /// Whether it counts today for whoever is of the group.
    pub standing: Standing,
    /// How many people have it now, within the reader's bounds; nothing where that was not counted.
    pub reach: Option<Reach>,
}

/// The row that a page begins with; nothing where it begins behind them.
pub(super) fn first_of(after: Option<&str>) -> Option<usize> {
    match after {
        None => Some(0),
        Some(after) => after.strip_prefix(MARK)?.parse().ok(),
    }
}

/// Some rows of a list, from one on, within these bounds; and where the next ones begin.
pub(super) async fn some(
    services: &Services,
    list: List<'_>,
    extent: &Extent,
    from: usize,
) -> Result<(Vec<GroupHeld>, Option<String>), Failure> {
    let now = services.clock.now();
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let mut stored = match list {
        List::Client { id, .. } => group_grants::list_of(&mut conn, id).await?,
        List::Expiring | List::Unused => group_grants::list(&mut conn).await?,
    };
    stored.retain(|stored| is_of(list, stored, now));
    let mut look = Look::new(services, list, extent);
    let mut rows = Vec::new();
    for (place, stored) in stored.into_iter().enumerate().skip(from) {
        if rows.len() == PAGE || place - from == MOST_LOOKED_AT {
            return Ok((rows, Some(format!("{MARK}{place}"))));
        }
        if look.shows(&mut conn, &stored.grant).await? {
            let client = all.iter().find(|client| client.id == stored.grant.client_id);
            rows.push(look.row(&mut conn, stored, client).await?);
        }
    }
    Ok((rows, None))
}

/// One row, where it lies within these bounds.
pub(super) async fn one(services: &Services, extent: &Extent, id: &str) -> Result<Option<GroupHeld>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(stored) = group_grants::find(&mut conn, id).await? else { return Ok(None) };
    let client = clients::find(&mut conn, &stored.grant.client_id).await?;
    let list = List::Client { id: &stored.grant.client_id, role: None };
    let mut look = Look::new(services, list, extent);
    if !look.shows(&mut conn, &stored.grant).await? {
        return Ok(None);
    }
    let client_name = client.as_ref().map_or_else(|| stored.grant.client_id.clone(), |client| client.name.clone());
    let standing = standing(&stored.grant, client.as_ref(), look.today);
    Ok(Some(held(stored, client_name, standing, None)))
}

/// Whether a role is one of those that a list is of, wherever it is.
fn is_of(list: List<'_>, stored: &Stored, now: Millis) -> bool {
    let (grant, today) = (&stored.grant, vietnam_date(now));
    match list {
        List::Expiring => {
            let last = today.checked_add(Duration::days(SOON_DAYS)).unwrap_or(Date::MAX);
            grant.in_force_on(today) && grant.valid_to.is_some_and(|to| to <= last)
        }
        List::Unused => grant.in_force_on(today) && stored.granted_at < now.plus_seconds(-UNUSED_DAYS * 86_400),
        List::Client { role, .. } => role.is_none_or(|role| grant.role == role),
    }
}

/// Looks at roles for one page.
struct Look<'a> {
    /// It is of those that nobody has.
    unused: bool,
    extent: &'a Extent,
    registry: Arc<Registry>,
    today: Date,
    seeker: Seeker<'a>,
}

impl<'a> Look<'a> {
    fn new(services: &Services, list: List<'_>, extent: &'a Extent) -> Self {
        let unused = list == List::Unused;
        // What nobody has, nobody has anywhere.
        let seeker = Seeker::new(services, if unused { &CITY } else { extent });
        let today = vietnam_date(services.clock.now());
        Self { unused, extent, registry: services.known.registry(), today, seeker }
    }

    /// Whether a role is shown within the bounds.
    async fn shows(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<bool, StoreError> {
        if self.unused {
            return Ok(self.is_theirs(grant) && self.seeker.is_anybodys(conn, grant).await? == Some(false));
        }
        match lies(grant, self.extent, &self.registry, self.today) {
            Lies::Within => Ok(true),
            Lies::Perhaps => Ok(self.seeker.is_anybodys(conn, grant).await? == Some(true)),
            Lies::Beyond => Ok(false),
        }
    }

    /// Whether it is of a unit of theirs: what is given above them is not theirs to call unused.
    fn is_theirs(&self, grant: &GroupGrant) -> bool {
        standing_for(&self.registry, &grant.unit, self.today).into_iter().any(|unit| self.extent.holds(unit))
    }

    async fn row(&mut self, conn: &mut Conn, stored: Stored, client: Option<&Client>) -> Result<GroupHeld, StoreError> {
        let standing = standing(&stored.grant, client, self.today);
        let is_somebodys = standing == Standing::Counts && !self.unused;
        let reach = if is_somebodys { self.seeker.reach(conn, &stored.grant).await? } else { Some(Reach::NOBODY) };
        let client_name = client.map_or_else(|| stored.grant.client_id.clone(), |client| client.name.clone());
        Ok(held(stored, client_name, standing, reach))
    }
}

fn held(stored: Stored, client_name: String, standing: Standing, reach: Option<Reach>) -> GroupHeld {
    GroupHeld {
        grant: stored.grant,
        reason: stored.reason,
        granted_by: stored.granted_by,
        granted_at: stored.granted_at,
        client_name,
        standing,
        reach,
    }
}

/// Whether a role counts today for whoever is of its group, whatever it asks of the sign-on.
fn standing(grant: &GroupGrant, client: Option<&Client>, today: Date) -> Standing {
    let declared = client.is_some_and(|client| client.settings.roles.contains(&grant.role));
    if client.is_none_or(|client| client.disabled_at.is_some()) {
        Standing::ClientOff
    } else if grant.is_over_on(today) {
        Standing::Over
    } else if !grant.in_force_on(today) {
        Standing::NotYet
    } else if declared {
        Standing::Counts
    } else {
        Standing::Undeclared
    }
}
