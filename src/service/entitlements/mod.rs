//! Who can enter what, and why: for one person, for one client, and for what ought to be looked at.
//!
//! Here is only read. Roles are given and taken back in `provisioning::roles`, and to groups in `provisioning::group_roles`.
//! A role counts while its days last, its client declares it and is not switched off, its owner may sign in, and the post
//! that it is bound to is held: all of that is said, so that "why can she enter?" and "why can she not?" have one answer.
//! What a role asks of the sign-on is said beside it. Roles of groups stand in the same lists, as rows of their own.

mod asked;
mod groups;
mod held_by_groups;
mod members;
mod on_day;
mod taking;
pub mod uses;

use crate::base::date::{iso, vietnam_date};
use crate::base::id::{PersonId, UnitId};
use crate::base::text::fold;
use crate::model::as_of::AsOf;
use crate::model::authority::{Extent, ReadClients, ReadHistory, ReadPeople, sees};
use crate::model::client::Client;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::authority::{Doer, One, OneClient, People};
use crate::service::known::Known;
use crate::service::{Failure, Services};
use crate::store::role_grants::{self, Wanted};
use crate::store::{clients, group_grants, persons};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use time::{Date, Duration};

pub use crate::service::group_reach::{Member, Reach};
pub use crate::store::role_grants::GrantedRole;
pub use asked::{Asked, RoleHeld, client, list_clients};
pub use groups::GroupRight;
pub use held_by_groups::GroupHeld;
pub use members::{OfGroup, TakingGroup, of_group, take_group_away};
pub use taking::{Taking, take_away};

/// A role whose last day is at most so many days away ends soon.
pub const SOON_DAYS: i64 = 30;
/// A role that was not used for so many days since it was given was never needed.
pub const UNUSED_DAYS: i64 = 30;
/// Lines of one page.
pub const PAGE: usize = 50;
/// Names of one statement.
const NAMES_AT_ONCE: usize = 500;
/// More than this are not looked through for one page of somebody whose bounds are units.
const MOST_LOOKED_THROUGH: usize = 2_000;
/// Everybody: no bounds at all.
static CITY: Extent = Extent::City;

/// Whether a role lets its owner in now, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Counts,
    /// Its first day is still to come.
    NotYet,
    /// Its last day is over.
    Over,
    /// Neither the post that it is bound to nor one that goes on from it is held today.
    NoPost,
    /// The client declares it no more.
    Undeclared,
    /// The client is switched off.
    ClientOff,
    /// The person may not sign in.
    Disabled,
}

/// A role of somebody, with whether it counts.
#[derive(Debug, Clone)]
pub struct Right {
    /// The role, and why it was given.
    pub granted: GrantedRole,
    /// The client's name; its id when there is none any more.
    pub client_name: String,
    /// The post that it is bound to, while the person has or had it; the one that goes on from that, while it is held.
    pub position: Option<Position>,
    /// Whether it counts today.
    pub standing: Standing,
}

/// What somebody can enter.
#[derive(Debug, Clone)]
pub struct OfPerson {
    /// The person.
    pub person: Person,
    /// Their roles, by client.
    pub rights: Vec<Right>,
    /// Roles of the groups that they are of, by client.
    pub groups: Vec<GroupRight>,
    /// Clients that declare no role: whoever may sign in enters them.
    pub open: Vec<(String, String)>,
}

/// A line of a list.
#[derive(Debug, Clone)]
pub struct Line {
    /// The role with its owner.
    pub right: Right,
    /// The owner's full name.
    pub full_name: String,
    /// The units in which the owner has a post on the day.
    pub units: Vec<UnitId>,
}

/// Some lines, and where the next ones begin.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Roles of groups: they come first.
    pub groups: Vec<GroupHeld>,
    /// The lines.
    pub lines: Vec<Line>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List<'a> {
    /// Roles that end soon.
    Expiring,
    /// Roles that were never used.
    Unused,
    /// Everybody who holds a role of one client.
    Client {
        /// Which.
        id: &'a str,
        /// Only one role of it.
        role: Option<&'a str>,
        /// Of another day than today: those that counted on it, also when they were taken back since.
        on: Option<Date>,
    },
}

impl<'a> List<'a> {
    /// What records say of it, and of which client it is.
    fn told(self) -> (Value, Option<&'a str>) {
        match self {
            Self::Expiring => (json!({ "list": "expiring" }), None),
            Self::Unused => (json!({ "list": "unused" }), None),
            Self::Client { id, role, on } => (json!({ "list": "client", "role": role, "on": on.map(iso) }), Some(id)),
        }
    }

    /// The day that it is of, when that is not today.
    fn then(self, today: Date) -> Option<AsOf> {
        match self {
            Self::Client { on, .. } => on.map(|on| AsOf::of(on, today)),
            Self::Expiring | Self::Unused => None,
        }
    }
}

/// The person of a user name, to ask for a proof of.
pub async fn who(services: &Services, username: &str) -> Result<Option<PersonId>, Failure> {
    Ok(persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?)
}

/// The full name and the user name of those people who lie within somebody's bounds; of others the id stays.
pub async fn names(
    services: &Services,
    proof: &People<ReadPeople>,
    ids: &[PersonId],
) -> Result<HashMap<PersonId, (String, String)>, Failure> {
    let today = today(services);
    let mut conn = services.store.read().await?;
    let ids: BTreeSet<&PersonId> = ids.iter().collect();
    let ids: Vec<PersonId> = ids.into_iter().cloned().collect();
    let mut names = HashMap::new();
    for chunk in ids.chunks(NAMES_AT_ONCE) {
        let found = persons::list_with_positions(&mut conn, chunk).await?;
        let seen = found.into_values().filter(|person| sees(proof.extent(), person, today));
        names.extend(seen.map(|person| (person.id, (person.full_name, person.username))));
    }
    Ok(names)
}

/// What the person of a proof can enter, and why. That it was looked at is on record. When a role was used is told to
/// whoever may read histories.
pub async fn of_person(services: &Services, proof: &One<ReadPeople>) -> Result<OfPerson, Failure> {
    let person = proof.person();
    let looked = Event::by(&proof.by, "rights.looked", Some(&person.id), None, json!({}));
    audit::looked(services, looked).await?;
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let granted = role_grants::list_of_person(&mut conn, &person.id).await?;
    let today = today(services);
    let tells = proof.by.holds::<ReadHistory>();
    let told = |granted: GrantedRole| GrantedRole { used_at: granted.used_at.filter(|_| tells), ..granted };
    let rights = granted.into_iter().map(|granted| right(told(granted), &all, person, today)).collect();
    let of_groups = group_grants::list(&mut conn).await?;
    let registry = services.known.registry();
    // Without what others handed to them and does not count.
    let present = Known::present(&mut conn, &person.id, today).await?;
    let groups = groups::of(present.as_ref().unwrap_or(person), of_groups, &all, (registry.as_ref(), today));
    let open = all.iter().filter(|client| client.disabled_at.is_none() && client.settings.roles.is_empty());
    let open = open.map(|client| (client.id.clone(), client.name.clone())).collect();
    Ok(OfPerson { person: person.clone(), rights, groups, open })
}

/// A page of a list, of the groups and people within somebody's bounds. That somebody was on it is on record.
pub async fn list(
    services: &Services,
    proof: &People<ReadPeople>,
    list: List<'_>,
    after: Option<&str>,
) -> Result<Lines, Failure> {
    let mut found = page(services, list, Some(proof.extent()), after).await?;
    if !proof.by.holds::<ReadHistory>() {
        for line in &mut found.lines {
            line.right.granted.used_at = None;
        }
    }
    listed(services, &proof.by, list, &found).await?;
    Ok(found)
}

/// Records who was shown: a client and a role that nobody holds are words that somebody typed.
async fn listed(services: &Services, by: &Doer, list: List<'_>, found: &Lines) -> Result<(), Failure> {
    if found.lines.is_empty() && found.groups.is_empty() {
        return Ok(());
    }
    let (mut detail, client) = list.told();
    detail["rights"] = json!(found.lines.len());
    detail["groups"] = json!(found.groups.len());
    audit::looked(services, Event::by(by, "rights.listed", None, client, detail)).await
}

/// Who holds a role of the client of a proof, or held it on another day. That somebody was on the list is on record.
pub async fn of_client(
    services: &Services,
    proof: &OneClient<ReadClients>,
    role: Option<&str>,
    on: Option<Date>,
    after: Option<&str>,
) -> Result<Lines, Failure> {
    let list = List::Client { id: proof.client(), role, on };
    let found = page(services, list, None, after).await?;
    listed(services, &proof.by, list, &found).await?;
    Ok(found)
}

fn today(services: &Services) -> Date {
    vietnam_date(services.clock.now())
}

/// Roles of groups, and when all of them were told, those of people.
async fn page(services: &Services, list: List<'_>, extent: Option<&Extent>, after: Option<&str>) -> Result<Lines, Failure> {
    let Some(at) = held_by_groups::place_of(after) else { return page_of_people(services, list, extent, after).await };
    let (groups, next) = held_by_groups::some(services, list, extent.unwrap_or(&CITY), at).await?;
    if next.is_some() {
        return Ok(Lines { groups, lines: Vec::new(), next });
    }
    let people = page_of_people(services, list, extent, None).await?;
    Ok(Lines { groups, ..people })
}

async fn page_of_people(
    services: &Services,
    list: List<'_>,
    extent: Option<&Extent>,
    after: Option<&str>,
) -> Result<Lines, Failure> {
    let today = today(services);
    let then = list.then(today);
    let on = then.map_or(today, |day| day.on);
    let mut wanted = wanted(services, list, today);
    wanted.units = match extent {
        Some(Extent::Units(units)) => Some(units),
        Some(Extent::City) | None => None,
    };
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let mut from: Option<(String, String)> = after.and_then(|after| after.rsplit_once(' ')).map(owned);
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let (mut lines, mut looked_through) = (Vec::new(), 0);
    loop {
        let place = from.as_ref().map(|(username, id)| (username.as_str(), id.as_str()));
        let some = role_grants::list_some(&mut conn, &Wanted { after: place, ..wanted }, most).await?;
        let (came, asked) = (some.len(), PAGE + 1);
        let people: BTreeSet<PersonId> = some.iter().map(|granted| granted.person.clone()).collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        let people = persons::list_with_positions(&mut conn, &people).await?;
        for granted in some {
            if lines.len() == PAGE || looked_through >= MOST_LOOKED_THROUGH {
                let next = from.map(|(username, id)| format!("{username} {id}"));
                return Ok(Lines { groups: Vec::new(), lines, next });
            }
            looked_through += 1;
            from = Some((fold(&granted.username), granted.id.clone()));
            let Some(person) = people.get(&granted.person) else { continue };
            // Whom a reader may see is a matter of today, whatever the day.
            let is_seen = extent.is_none_or(|extent| sees(extent, person, today));
            if !is_seen || then.is_some_and(|day| !on_day::counted(&granted, person, day)) {
                continue;
            }
            let units = person.positions_on(on).into_iter().map(|held| held.unit.clone()).collect();
            let right = on_day::told(right(granted, &all, person, on), &all, then);
            lines.push(Line { right, full_name: person.full_name.clone(), units });
        }
        if came < asked {
            return Ok(Lines { groups: Vec::new(), lines, next: None });
        }
    }
}

fn owned((username, id): (&str, &str)) -> (String, String) {
    (username.to_owned(), id.to_owned())
}

fn wanted<'a>(services: &Services, list: List<'a>, today: Date) -> Wanted<'a> {
    let none = Wanted::default();
    match list {
        List::Expiring => {
            let last = today.checked_add(Duration::days(SOON_DAYS)).unwrap_or(Date::MAX);
            Wanted { in_force_on: Some(today), ends_by: Some(last), ..none }
        }
        List::Unused => {
            let before = services.clock.now().plus_seconds(-UNUSED_DAYS * 86_400);
            Wanted { in_force_on: Some(today), unused_since: Some(before), ..none }
        }
        List::Client { id, role, .. } => Wanted { client: Some(id), role, as_of: list.then(today), ..none },
    }
}

/// Why a role counts, or does not.
fn right(granted: GrantedRole, all: &[Client], person: &Person, today: Date) -> Right {
    let client = all.iter().find(|client| client.id == granted.grant.client_id);
    let post = granted.grant.position.as_ref();
    let acting = post.and_then(|id| person.acting_on(id, today));
    let bound = || post.and_then(|id| person.positions.iter().find(|held| held.id == *id));
    let held = post.is_none() || acting.is_some();
    let position = acting.or_else(bound).cloned();
    let (in_force, over) = (granted.in_force_on(today), granted.is_over_on(today));
    let standing = standing(person, client, &Facts { role: &granted.grant.role, in_force, over, held });
    let client_name = client.map_or_else(|| granted.grant.client_id.clone(), |client| client.name.clone());
    Right { granted, client_name, position, standing }
}

/// What is known of a role, for whether it counts.
struct Facts<'a> {
    /// The role.
    role: &'a String,
    /// Today is one of its days.
    in_force: bool,
    /// Its days are over.
    over: bool,
    /// A post by which it counts is held, or none is asked for.
    held: bool,
}

fn standing(person: &Person, client: Option<&Client>, facts: &Facts<'_>) -> Standing {
    let declared = client.is_some_and(|client| client.settings.roles.contains(facts.role));
    if person.disabled_at.is_some() {
        Standing::Disabled
    } else if client.is_none_or(|client| client.disabled_at.is_some()) {
        Standing::ClientOff
    } else if facts.over {
        Standing::Over
    } else if !facts.in_force {
        Standing::NotYet
    } else if !declared {
        Standing::Undeclared
    } else if !facts.held {
        Standing::NoPost
    } else {
        Standing::Counts
    }
}
