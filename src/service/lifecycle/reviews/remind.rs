//! Letters to those who have rights to answer for: when a round begins, after one week and after two; each once, and
//! one letter for all units of a reader.
//!
//! A unit's own administrators are written to; where it has none, those of the units above it; where there are none
//! either, those who keep the directory of the city.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::access_review::letter_due;
use crate::model::admin_scope::{AdminRole, lies_in};
use crate::model::registry::Registry;
use crate::service::lifecycle::letters::of_review;
use crate::service::{Failure, Services, mails};
use crate::store::access_reviews::{self, Review};
use crate::store::admin_roles::{self, Granted};
use crate::store::persons;
use std::collections::BTreeMap;
use time::Date;

/// Writes the letters that are due.
pub(super) async fn run(services: &Services) -> Result<(), Failure> {
    if !mails::are_on(services) {
        return Ok(());
    }
    let today = vietnam_date(services.clock.now());
    let mut conn = services.store.read().await?;
    let open = access_reviews::find_open(&mut conn).await?;
    let Some(review) = open.filter(|review| review.listed_at.is_some() && today <= review.due_on) else { return Ok(()) };
    let counts = access_reviews::count(&mut conn, &review.id).await?;
    let mut roles = admin_roles::list_all(&mut conn).await?;
    drop(conn);
    roles.retain(|granted| granted.scope.in_force_on(today));
    let registry = services.known.registry();
    let mut waiting: BTreeMap<PersonId, i64> = BTreeMap::new();
    for count in counts {
        let rights = count.all - count.kept - count.removed - count.objected;
        if rights > 0 {
            for reader in readers(&roles, &count.unit, &registry, today) {
                *waiting.entry(reader).or_default() += rights;
            }
        }
    }
    let step = letter_due((today - review.begun_on).whole_days());
    for (person, rights) in waiting {
        write(services, &review, &person, (step, rights)).await?;
    }
    Ok(())
}

/// Who answers for a unit.
fn readers(roles: &[Granted], unit: &UnitId, registry: &Registry, today: Date) -> Vec<PersonId> {
    let of_units = || roles.iter().filter(|granted| granted.scope.role == AdminRole::Unit);
    let own = of_units().filter(|granted| granted.scope.unit.as_ref() == Some(unit));
    let mut found: Vec<PersonId> = own.map(|granted| granted.person.clone()).collect();
    if found.is_empty() {
        let lies = |above: &UnitId| lies_in(unit, above, registry, today);
        let above = of_units().filter(|granted| granted.scope.unit.as_ref().is_some_and(lies));
        found = above.map(|granted| granted.person.clone()).collect();
    }
    if found.is_empty() {
        let keeps = |granted: &&Granted| granted.scope.role == AdminRole::Directory && granted.scope.unit.is_none();
        found = roles.iter().filter(keeps).map(|granted| granted.person.clone()).collect();
    }
    found.sort();
    found.dedup();
    found
}

async fn write(services: &Services, review: &Review, id: &PersonId, (step, rights): (i64, i64)) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    if !access_reviews::mark_written(&mut tx, &review.id, id, step, services.clock.now()).await? {
        return Ok(());
    }
    let person = persons::find(&mut tx, id).await?.filter(|person| person.disabled_at.is_none());
    if let Some(person) = person {
        of_review(&mut tx, services, &person, (&review.id, rights, review.due_on)).await?;
    }
    tx.commit().await?;
    Ok(())
}
