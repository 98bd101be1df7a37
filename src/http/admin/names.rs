//! The names of people and units, as the console's pages show them to this reader.

use super::Desk;
use crate::base::date::shown;
use crate::base::id::{PersonId, UnitId};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::model::admin_scope::AdminScope;
use crate::model::authority::ReadPeople;
use crate::service::{Failure, Services, entitlements};
use axum::response::Response;
use std::collections::HashMap;
use time::Date;

/// Names of people whom the reader may see.
#[derive(Default)]
pub struct Names(HashMap<PersonId, (String, String)>);

impl Names {
    /// Looks names up; of those outside the reader's bounds the id stays.
    pub async fn of(visit: &Visit, desk: &Desk, ids: &[PersonId]) -> Result<Self, Response> {
        Self::read(&visit.app.services, desk, ids).await.map_err(|failure| page::failed(visit, &failure))
    }

    /// The same for a file that is written while it is read.
    pub async fn read(services: &Services, desk: &Desk, ids: &[PersonId]) -> Result<Self, Failure> {
        let Some(proof) = desk.authority.people::<ReadPeople>() else { return Ok(Self::default()) };
        entitlements::names(services, &proof, ids).await.map(Self)
    }

    /// `Nguyễn Văn Kim (kim.nv)`, or whatever the records call them.
    pub fn shown(&self, actor: &str) -> String {
        let found = self.0.get(&PersonId(actor.to_owned()));
        found.map_or_else(|| actor.to_owned(), |(full_name, username)| format!("{full_name} ({username})"))
    }

    /// The full name alone.
    pub fn full(&self, id: &PersonId) -> String {
        self.0.get(id).map_or_else(|| id.0.clone(), |(full_name, _)| full_name.clone())
    }
}

/// The full name of a unit today, its kind included.
pub fn unit_name(desk: &Desk, unit: &UnitId) -> String {
    unit_name_on(desk, unit, desk.authority.today())
}

/// The same as of a day.
pub fn unit_name_on(desk: &Desk, unit: &UnitId, on: Date) -> String {
    let registry = desk.authority.registry();
    registry.unit(unit).map(|unit| registry.name_on(unit, on).to_owned()).unwrap_or_default()
}

/// What a role is bound to: a unit's name, a client, or nothing.
pub fn bound_name(desk: &Desk, scope: &AdminScope) -> String {
    bound_name_on(desk, scope, desk.authority.today())
}

/// The same as of a day.
pub fn bound_name_on(desk: &Desk, scope: &AdminScope, on: Date) -> String {
    let unit = scope.unit.as_ref().map(|unit| unit_name_on(desk, unit, on));
    unit.or_else(|| scope.client.clone()).unwrap_or_default()
}

/// First and last day, as shown; an open end is empty.
pub fn days(first: Option<Date>, last: Option<Date>) -> (String, String) {
    (first.map(shown).unwrap_or_default(), last.map(shown).unwrap_or_default())
}
