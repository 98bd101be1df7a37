//! The position that a person acts in, chosen on the portal for the rest of their sign-on.

use crate::base::date::vietnam_date;
use crate::model::position::Position;
use crate::model::sign_on::SignOn;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::position_choices::{self, PORTAL, PositionChoice};
use time::Date;

/// The position that every system is told of: the only one that is held, unless
/// another one handed it to them, or the one chosen on the portal in this sign-on.
/// Without either, each system asks.
pub fn acting<'a>(known: &'a KnownPerson, sign_on: &SignOn, today: Date) -> Option<&'a Position> {
    let held = known.person.positions_on(today);
    if let [only] = held.as_slice()
        && only.delegated_by.is_none()
    {
        return Some(*only);
    }
    let counts =
        |choice: &&PositionChoice| choice.client_id == PORTAL && choice.sign_on.as_ref().is_none_or(|until| *until == sign_on.id);
    let chosen = known.choices.iter().filter(counts).max_by_key(|choice| choice.chosen_at)?;
    known.person.acting_on(&chosen.position, today)
}

/// Acts in a position from now on, at every system, until the sign-on ends;
/// false when the person does not hold it.
pub async fn switch(services: &Services, sign_on: &SignOn, position: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let Some(known) = services.person(&sign_on.person).await? else { return Ok(false) };
    let held = known.person.positions_on(vietnam_date(now));
    let Some(chosen) = held.into_iter().find(|held| held.id.0 == position) else { return Ok(false) };
    let choice = PositionChoice {
        client_id: PORTAL.to_owned(),
        position: chosen.id.clone(),
        sign_on: Some(sign_on.id.clone()),
        chosen_at: now,
    };
    let mut tx = services.store.write().await?;
    position_choices::replace(&mut tx, &sign_on.person, &choice).await?;
    forget(&mut tx, services, Kind::Person, &sign_on.person.0).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, &sign_on.person.0, services.clock.now());
    Ok(true)
}
