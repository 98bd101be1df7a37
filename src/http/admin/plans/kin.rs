//! Units as a plan names them: those that it brings, and those that the registry knows on its last day before.

use crate::base::id::UnitId;
use crate::model::plan::{Plan, Ref, Step};
use crate::model::registry::Registry;
use crate::model::unit::Unit;
use crate::model::unit_code::GSO;
use std::collections::HashMap;
use time::Date;

/// A unit, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: UnitId,
    /// Its code of the statistics office.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// The units of a plan.
pub struct Kin<'a> {
    registry: &'a Registry,
    day_before: Date,
    begun: HashMap<&'a str, Place>,
}

impl<'a> Kin<'a> {
    /// Those of a plan over a registry.
    pub fn of(plan: &'a Plan, registry: &'a Registry) -> Self {
        let created = plan.steps.iter().filter_map(|row| match &row.step {
            Step::Create { key, name, code, .. } => {
                let place = Place { id: plan.unit_id(key), code: code.clone(), name: name.clone() };
                Some((key.as_str(), place))
            }
            _ => None,
        });
        Self { registry, day_before: plan.day_before(), begun: created.collect() }
    }

    /// A unit as a step names it. What nobody knows keeps its code for a name.
    pub fn place(&self, named: &Ref) -> Place {
        let known = match named {
            Ref::New(key) => self.begun.get(key.as_str()).cloned(),
            Ref::Known(code) => self.registry.look_up(GSO, code, self.day_before).one().map(|unit| self.known(unit)),
        };
        known.unwrap_or_else(|| Place { id: UnitId(String::new()), code: named.to_string(), name: named.to_string() })
    }

    /// A unit by its id; none that neither the plan nor the registry knows.
    pub fn by_id(&self, id: &UnitId) -> Option<Place> {
        let begun = self.begun.values().find(|place| place.id == *id).cloned();
        begun.or_else(|| self.registry.unit(id).map(|unit| self.known(unit)))
    }

    fn known(&self, unit: &Unit) -> Place {
        let registry = self.registry;
        let code = registry.code_on(unit, GSO, self.day_before).or_else(|| registry.last_code(unit, GSO));
        Place {
            id: unit.id.clone(),
            code: code.unwrap_or_default().to_owned(),
            name: registry.name_on(unit, self.day_before).to_owned(),
        }
    }

    /// The province and the district that a unit lay in, or was.
    pub fn above(&self, id: &UnitId) -> (Option<Place>, Option<Place>) {
        let Some(unit) = self.registry.unit(id) else { return (None, None) };
        let path = self.registry.path_on(unit, self.day_before);
        let of_level = |level: u8| {
            let found = path.iter().copied().chain([unit]).find(|above| above.kind.level() == level);
            found.map(|above| self.known(above))
        };
        (of_level(1), of_level(2))
    }
}
