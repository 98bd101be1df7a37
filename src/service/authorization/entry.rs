//! Who may enter a client at all, and what whoever may not is told: what stands in the way, and whom they can ask.

use super::posts::choose;
use super::{Acting, Pending, Visitor, waiting};
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::AdminRole;
use crate::model::client::Client;
use crate::model::entitlement::{Circumstances, Condition};
use crate::model::methods::TWO_FACTORS;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, policies};
use crate::store::admin_roles;
use serde_json::json;
use std::collections::BTreeSet;
use time::Date;

/// So many administrators of the unit are named.
const MOST_NAMED: usize = 3;

/// What a role asks for that a sign-on lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// The level that is to be reached.
    pub level: Option<i64>,
    /// The network of an office.
    pub office: bool,
}

impl Lack {
    fn of(condition: Condition, circumstances: Circumstances) -> Self {
        Self {
            level: condition.least_level.filter(|least| circumstances.level < *least),
            office: condition.office_only && !circumstances.office,
        }
    }

    /// A second factor is all that is missing.
    fn is_mended_by_a_factor(self) -> bool {
        !self.office && self.level.is_some_and(|level| level <= TWO_FACTORS)
    }
}

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Full name.
    pub name: String,
    /// Their address at work.
    pub email: Option<String>,
}

/// Why somebody may not enter, and whom they can ask.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The post in which they act, and the name of its unit.
    pub post: Option<(Position, String)>,
    /// What roles of theirs ask for; nothing when they have none.
    pub lacks: Vec<Lack>,
    /// A second factor would open it.
    pub by_factor: bool,
    /// Whom the client names, a line each.
    pub contacts: Vec<String>,
    /// Administrators of the unit.
    pub helpers: Vec<Helper>,
    /// There is another post to choose.
    pub several: bool,
}

/// How somebody comes, as far as roles ask for it.
pub(super) fn circumstances(services: &Services, level: i64, address: &str) -> Circumstances {
    Circumstances { level, office: services.settings.offices.holds(address) }
}

/// What keeps a signed-on person out of the client that waits; nothing when nothing does, or when something else comes first.
pub async fn look(services: &Services, pending: &Pending, sign_on: &SignOn, origin: &Origin) -> Result<Option<Refused>, Failure> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let Some(request) = &pending.request else { return Ok(None) };
    let Some(client) = services.known.client(&services.store, &request.client_id, now).await? else { return Ok(None) };
    let Some(known) = services.known.person(&services.store, &sign_on.person, now).await? else { return Ok(None) };
    let Some(Acting(acting)) = choose(&client, pending, request, sign_on, &known, now) else { return Ok(None) };
    let asked = policies::Asked { person: Some(&known), client: Some(&client.id), address: &origin.address };
    let demands = policies::demands(services, &asked).await?;
    let circumstances = circumstances(services, policies::reached(sign_on, &demands), &origin.address);
    let holder = known.holder(acting.as_ref(), today);
    if holder.enters(&client, circumstances) {
        return Ok(None);
    }
    let missing = holder.missing(&client, circumstances).into_iter().map(|condition| Lack::of(condition, circumstances));
    let lacks: BTreeSet<Lack> = missing.collect();
    let post = holder.acting.cloned();
    let helpers = match &post {
        Some(post) => helpers(services, &known.units, &post.unit, today).await?,
        None => Vec::new(),
    };
    Ok(Some(Refused {
        post: post.map(|post| {
            let unit = known.units.unit(&post.unit).map(|unit| known.units.name_on(unit, today).to_owned());
            (post, unit.unwrap_or_default())
        }),
        by_factor: lacks.iter().any(|lack| lack.is_mended_by_a_factor()),
        lacks: lacks.into_iter().collect(),
        contacts: contacts(&client),
        helpers,
        several: known.person.positions_on(today).len() > 1,
    }))
}

/// What the client says to whoever may not enter; or else who answers for it.
fn contacts(client: &Client) -> Vec<String> {
    match &client.settings.entry_contact {
        Some(line) => vec![line.clone()],
        None => client.settings.contacts.clone(),
    }
}

/// Those who administer a unit by a role in it, or in one above it: the nearest first.
async fn helpers(services: &Services, registry: &Registry, unit: &UnitId, today: Date) -> Result<Vec<Helper>, Failure> {
    let mut units = vec![unit.clone()];
    if let Some(unit) = registry.unit(unit) {
        units.extend(registry.path_on(unit, today).into_iter().rev().map(|above| above.id.clone()));
    }
    let mut conn = services.store.read().await?;
    let mut bound = admin_roles::list_bound_to(&mut conn, &units).await?;
    drop(conn);
    bound.retain(|granted| granted.scope.role == AdminRole::Unit && granted.scope.in_force_on(today));
    bound.sort_by_key(|granted| units.iter().position(|unit| granted.scope.unit.as_ref() == Some(unit)));
    let mut seen: BTreeSet<PersonId> = BTreeSet::new();
    let mut named = Vec::new();
    for granted in bound {
        if named.len() == MOST_NAMED {
            break;
        }
        if !seen.insert(granted.person.clone()) {
            continue;
        }
        // Whoever may not sign in helps nobody.
        if let Some(known) = services.person(&granted.person).await? {
            named.push(Helper { name: known.person.full_name.clone(), email: known.person.email.clone() });
        }
    }
    Ok(named)
}

/// Goes on to a second factor, which a role asks for that would let the person in.
pub async fn raise(services: &Services, id: &str, pending: &mut Pending) -> Result<(), Failure> {
    pending.least_level = Some(TWO_FACTORS);
    waiting::keep(services, id, pending, services.clock.now()).await
}

/// Records that somebody is told that they may not enter: once for this request, them and their post.
pub(super) async fn note(
    services: &Services,
    client: &Client,
    pending: &mut Pending,
    visitor: &Visitor<'_>,
    acting: Option<&Acting>,
) -> Result<(), Failure> {
    let Some(sign_on) = &visitor.sign_on else { return Ok(()) };
    let post = acting.and_then(|acting| acting.0.as_ref()).map(|post| post.0.as_str());
    let who = format!("{} {}", sign_on.person.0, post.unwrap_or_default());
    if pending.refused.as_ref() == Some(&who) {
        return Ok(());
    }
    let event = Event {
        event: "entry.refused",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: Some(&client.id),
        origin: visitor.origin,
        detail: json!({ "position": post }),
    };
    services.writer.record(audit::row(services, event)).await?;
    pending.refused = Some(who);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_role_asks_for_is_told_as_far_as_it_is_missing() {
        let condition = |least_level: Option<i64>, office_only: bool| Condition { least_level, office_only };
        let at = |level: i64, office: bool| Circumstances { level, office };
        let lack = |level: Option<i64>, office: bool| Lack { level, office };
        let table = [
            (condition(Some(2), false), at(1, false), lack(Some(2), false), true),
            (condition(Some(2), true), at(1, true), lack(Some(2), false), true),
            (condition(Some(2), true), at(1, false), lack(Some(2), true), false),
            (condition(Some(2), true), at(2, false), lack(None, true), false),
            (condition(None, true), at(1, false), lack(None, true), false),
            // No sign-in here reaches it.
            (condition(Some(3), false), at(1, true), lack(Some(3), false), false),
        ];
        for (condition, circumstances, expected, by_factor) in table {
            let lack = Lack::of(condition, circumstances);
            assert_eq!(lack, expected, "{condition:?} {circumstances:?}");
            assert_eq!(lack.is_mended_by_a_factor(), by_factor, "{condition:?} {circumstances:?}");
        }
    }
}
