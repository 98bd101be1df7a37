//! The walk that first-timers are taken on: begun, resumed, left, ended.
//!
//! Here belongs how far a person has come. What the steps do is done by the
//! capabilities of methods: adding a passkey or an app, printing a sheet.

use super::audit::{self, Event};
use super::known::KnownPerson;
use super::{Failure, Origin, Services};
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::store::welcomes;
use serde_json::json;

pub use crate::model::welcome::{Need, Said, Step, next};

/// How far a person has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The step that stands next.
    pub step: Step,
    /// They began, and may go on where they left.
    pub begun: bool,
}

impl State {
    /// Nothing is left to do.
    pub fn is_done(self) -> bool {
        self.step == Step::Done
    }
}

/// How far a person has come, as the portal's first page tells it.
pub async fn state(services: &Services, person: &PersonId) -> Result<State, Failure> {
    let Some(known) = services.person(person).await? else { return Ok(State { step: Step::Done, begun: false }) };
    let administers = known.is_administrator(vietnam_date(services.clock.now()));
    state_of(services, &known, if administers { Need::SecondFactor } else { Need::Nothing }).await
}

/// The same of a person who was looked up, and of whom it is known what is asked.
pub async fn state_of(services: &Services, known: &KnownPerson, need: Need) -> Result<State, Failure> {
    let said = welcomes::find(&mut services.store.read().await?, &known.person.id).await?;
    Ok(State { step: next(said, &known.methods, need), begun: said != Said::Nothing })
}

/// The person has seen who they are here: `right` or, as they say, not. Said once.
pub async fn see(services: &Services, person: &PersonId, right: bool, origin: &Origin) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    if !welcomes::add(&mut tx, person, services.clock.now()).await? {
        return Ok(());
    }
    let detail = json!({ "right": right });
    let event = Event { event: "profile.seen", actor: person.0.clone(), person: Some(person), client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    Ok(tx.commit().await?)
}

/// The person wants no more of it, or has all. Nothing is asked of whoever never began.
pub async fn finish(services: &Services, person: &PersonId) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    welcomes::mark_done(&mut tx, person, services.clock.now()).await?;
    Ok(tx.commit().await?)
}
