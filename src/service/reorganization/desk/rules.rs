//! The rules of a plan with the words that people read, and the units that a new one may tell of.

use super::by;
use crate::base::id::UnitId;
use crate::model::authority::{ReadPlans, WritePlans};
use crate::service::Services;
use crate::service::authority::City;
use crate::service::reorganization::choices::{self, NewRule};
use crate::service::reorganization::errors::ReorganizationError;
use crate::service::reorganization::scene::Scene;
use crate::store::plan_choices::{self, RuleRow};

/// A rule, and what its units are called.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The rule.
    pub row: RuleRow,
    /// Code and name of the unit that ends.
    pub from_unit: String,
    /// Code and name of the unit in which its people go on.
    pub to_unit: String,
}

/// A unit that a plan divides, and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divided {
    /// The unit.
    pub unit: UnitId,
    /// Its code and name.
    pub label: String,
    /// The units among which somebody has to choose, with their codes and names.
    pub candidates: Vec<(UnitId, String)>,
}

/// The rules of a plan.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What the plan is called.
    pub title: String,
    /// In the order in which they count.
    pub rules: Vec<Rule>,
    /// What rules may tell of: nothing once all of the plan is applied.
    pub divided: Vec<Divided>,
    /// True while something of the plan is not applied.
    pub is_open: bool,
}

/// The rules of a plan, in the order in which they count.
pub async fn rules(services: &Services, _proof: &City<ReadPlans>, name: &str) -> Result<Rules, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let rows = plan_choices::list_rules(&mut services.store.read().await?, name).await?;
    let told = |row: RuleRow| Rule { from_unit: scene.label_before(&row.from), to_unit: scene.label_after(&row.to), row };
    let rules = rows.into_iter().map(told).collect();
    let mut divided = Vec::new();
    for outlook in &scene.pending {
        for unit in outlook.divided() {
            let candidates = outlook.candidates(&unit).unwrap_or_default().iter();
            let candidates = candidates.map(|unit| (unit.clone(), scene.label_after(unit))).collect();
            divided.push(Divided { label: scene.label_before(&unit), candidates, unit });
        }
    }
    divided.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(Rules { is_open: !scene.pending.is_empty(), title: scene.plan.title, rules, divided })
}

/// Makes a rule, after those that are there; answers its id.
pub async fn add_rule(
    services: &Services,
    proof: &City<WritePlans>,
    name: &str,
    rule: &NewRule<'_>,
) -> Result<String, ReorganizationError> {
    choices::add_rule(services, name, rule, &by(&proof.by)).await
}

/// Takes a rule back; false when that was done before, or there is none.
pub async fn remove_rule(
    services: &Services,
    proof: &City<WritePlans>,
    name: &str,
    id: &str,
) -> Result<bool, ReorganizationError> {
    choices::remove_rule(services, name, id, &by(&proof.by)).await
}
