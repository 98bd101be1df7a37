//! Roles of groups in the lists of who holds what: as rows of their own, before those of people.
//!
//! Whoever looks after units sees what is of their units, what reaches into them from above, and what whoever works there has
//! kept since another unit went into theirs; and is told how many of their own people have it.

use super::{CITY, List, PAGE, SOON_DAYS, Standing, UNUSED_DAYS, on_day};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::as_of::AsOf;
use crate::model::authority::Extent;
use crate::model::client::Client;
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::group_reach::{Lies, lies};
use crate::model::registry::Registry;
use crate::service::group_reach::{Reach, Seeker};
use crate::service::{Failure, Services, then};
use crate::store::group_grants::{self, Stored};
use crate::store::{Conn, StoreError, clients};
use std::sync::Arc;
use time::{Date, Duration};

/// Begins the place of such a row in a list, as it is written: no user name does.
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
    /// How many people have it now, within the reader's bounds; nothing where that was not counted, and of another day.
    pub reach: Option<Reach>,
}

/// Where a role of a group stands in a list: by what it is and not by how many stand before it, so that one which is given or
/// ends between two pages moves none of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    client: String,
    role: String,
    id: String,
}

impl Place {
    fn of(grant: &GroupGrant) -> Self {
        Self { client: grant.client_id.clone(), role: grant.role.clone(), id: grant.id.clone() }
    }

    /// Neither an id nor a client's has a space.
    fn written(&self) -> String {
        format!("{MARK}{} {} {}", self.id, self.client, self.role)
    }

    fn read(text: &str) -> Option<Self> {
        let (id, rest) = text.strip_prefix(MARK)?.split_once(' ')?;
        let (client, role) = rest.split_once(' ')?;
        Some(Self { client: client.to_owned(), role: role.to_owned(), id: id.to_owned() })
    }
}

/// Behind which row a page begins; nothing where it begins behind all of them.
pub(super) fn place_of(after: Option<&str>) -> Option<Place> {
    match after {
        None => Some(Place::default()),
        Some(after) => Place::read(after),
    }
}

/// Some rows of a list, behind one, within these bounds; and where the next ones begin.
pub(super) async fn some(
    services: &Services,
    list: List<'_>,
    extent: &Extent,
    mut at: Place,
) -> Result<(Vec<GroupHeld>, Option<String>), Failure> {
    let now = services.clock.now();
    let mut stored = given(services, list).await?;
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    stored.retain(|stored| is_of(list, stored, now) && Place::of(&stored.grant) > at);
    // Engines order words each in its own way.
    stored.sort_by_cached_key(|stored| Place::of(&stored.grant));
    let mut look = Look::new(services, list, extent);
    let mut rows = Vec::new();
    for (looked_at, stored) in stored.into_iter().enumerate() {
        if rows.len() == PAGE || looked_at == MOST_LOOKED_AT {
            return Ok((rows, Some(at.written())));
        }
        // For the first of a page this can always be said.
        let Some(is_shown) = look.shows(&mut conn, &stored.grant).await? else { return Ok((rows, Some(at.written()))) };
        at = Place::of(&stored.grant);
        if is_shown {
            let client = all.iter().find(|client| client.id == stored.grant.client_id);
            rows.push(look.row(&mut conn, stored, client).await?);
        }
    }
    Ok((rows, None))
}

/// The roles that a list may be of, wherever they are.
async fn given(services: &Services, list: List<'_>) -> Result<Vec<Stored>, Failure> {
    if let List::Client { id, on: Some(on), .. } = list {
        return then::groups(services, Some(id), on).await;
    }
    let mut conn = services.store.read().await?;
    Ok(match list {
        List::Client { id, .. } => group_grants::list_of(&mut conn, id).await?,
        List::Expiring | List::Unused => group_grants::list(&mut conn).await?,
    })
}

/// One row, where it lies within these bounds.
pub(super) async fn one(services: &Services, extent: &Extent, id: &str) -> Result<Option<GroupHeld>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(stored) = group_grants::find(&mut conn, id).await? else { return Ok(None) };
    let client = clients::find(&mut conn, &stored.grant.client_id).await?;
    let list = List::Client { id: &stored.grant.client_id, role: None, on: None };
    let mut look = Look::new(services, list, extent);
    if look.shows(&mut conn, &stored.grant).await? != Some(true) {
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
    /// The day that the list is of, when that is not today.
    then: Option<AsOf>,
    seeker: Seeker<'a>,
}

impl<'a> Look<'a> {
    fn new(services: &Services, list: List<'_>, extent: &'a Extent) -> Self {
        let unused = list == List::Unused;
        // What nobody has, nobody has anywhere.
        let seeker = Seeker::new(services, if unused { &CITY } else { extent });
        let today = vietnam_date(services.clock.now());
        Self { unused, extent, registry: services.known.registry(), today, then: list.then(today), seeker }
    }

    /// Whether a role is shown within the bounds; nothing when so many were looked at for this page that it goes on with the
    /// next one.
    async fn shows(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<Option<bool>, StoreError> {
        let lies = if self.unused { None } else { Some(lies(grant, self.extent, &self.registry, self.today)) };
        let is_anybodys = match lies {
            Some(Lies::Within) => return Ok(Some(true)),
            Some(Lies::Perhaps) => true,
            None if self.is_theirs(grant) => false,
            Some(Lies::Beyond) | None => return Ok(Some(false)),
        };
        if !self.seeker.may_look() {
            return Ok(None);
        }
        Ok(Some(self.seeker.is_anybodys(conn, grant).await? == Some(is_anybodys)))
    }

    /// Whether it is of a unit of theirs: what is given above them is not theirs to call unused.
    fn is_theirs(&self, grant: &GroupGrant) -> bool {
        standing_for(&self.registry, &grant.unit, self.today).into_iter().any(|unit| self.extent.holds(unit))
    }

    async fn row(&mut self, conn: &mut Conn, stored: Stored, client: Option<&Client>) -> Result<GroupHeld, StoreError> {
        let standing = match self.then {
            Some(day) if day.is_over() => on_day::standing(client, day),
            then => standing(&stored.grant, client, then.map_or(self.today, |day| day.on)),
        };
        let is_somebodys = standing == Standing::Counts && !self.unused;
        let reach = match (self.then, is_somebodys) {
            (Some(_), _) => None,
            (None, true) => self.seeker.reach(conn, &stored.grant).await?,
            (None, false) => Some(Reach::NOBODY),
        };
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

/// Whether a role counts on a day for whoever is of its group, whatever it asks of the sign-on.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(client: &str, role: &str, id: &str) -> Place {
        Place { client: client.to_owned(), role: role.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_a_list_begins_before_all_of_them() {
        let table = [place("tthc", "lanh-dao", "0198"), place("a~b", "cán bộ  một cửa", "0199"), place("tthc", "", "1")];
        for place in table {
            assert_eq!(place_of(Some(&place.written())), Some(place.clone()));
            assert!(place_of(None).is_some_and(|first| first < place), "{place:?}");
        }
        for behind in ["kim 0198", "kim", "", "~", "~50", "~0198 tthc"] {
            assert_eq!(place_of(Some(behind)), None, "{behind}: no role of a group stands there");
        }
    }

    #[test]
    fn roles_stand_by_client_and_role_and_then_in_the_order_in_which_they_were_given() {
        let ordered = [place("a", "b", "2"), place("a", "c", "1"), place("a", "c", "3"), place("b", "a", "0")];
        assert!(ordered.is_sorted(), "{ordered:?}");
    }
}
