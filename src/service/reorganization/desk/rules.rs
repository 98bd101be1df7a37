//! The rules of a plan with the words that people read, the units that a new one may tell of, and the seats that rules go by.

use super::by;
use crate::base::id::UnitId;
use crate::model::authority::{ReadPlans, WritePlans};
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::authority::City;
use crate::service::reorganization::choices::{self, NewRule};
use crate::service::reorganization::errors::ReorganizationError;
use crate::service::reorganization::onward::Onward;
use crate::service::reorganization::scene::Scene;
use crate::service::reorganization::seats::{self, SeatsRead};
use crate::store::plan_choices::{self, RuleRow};
use crate::store::plan_seats::SeatRow;

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

/// A seat, and what its unit is called.
#[derive(Debug, Clone)]
pub struct Seated {
    /// The seat.
    pub row: SeatRow,
    /// Code and name of the unit that ends.
    pub unit: String,
}

/// A unit that a plan divides, or after which nothing comes, and where its people may go.
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
    /// What was told of seats, unit by unit.
    pub seats: Vec<Seated>,
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
        let anywhere = outlook.anywhere();
        for unit in outlook.divided() {
            let onward = Onward::named(outlook.candidates(&unit).unwrap_or_default(), &anywhere);
            let candidates = onward.units().iter().map(|unit| (unit.clone(), scene.label_after(unit))).collect();
            divided.push(Divided { label: scene.label_before(&unit), candidates, unit });
        }
    }
    divided.sort_by(|a, b| a.label.cmp(&b.label));
    let seats = seats::list(services, name).await?.into_iter();
    let mut seats: Vec<Seated> = seats.map(|row| Seated { unit: scene.label_before(&row.unit), row }).collect();
    seats.sort_by(|a, b| (&a.unit, &a.row.department).cmp(&(&b.unit, &b.row.department)));
    Ok(Rules { is_open: !scene.pending.is_empty(), title: scene.plan.title, rules, divided, seats })
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

/// Takes the seats of the units that a file names, CSV or a workbook, in place of what was told of them before: all of it, or
/// nothing and all its mistakes.
pub async fn read_seats(
    services: &Services,
    proof: &City<WritePlans>,
    name: &str,
    bytes: Vec<u8>,
) -> Result<SeatsRead, ReorganizationError> {
    // Beside the threads that answer requests: a workbook unpacks its texts first.
    let read = tokio::task::spawn_blocking(move || seats::rows_of(bytes.as_slice())).await;
    let unreadable = |_| Err(vec![RowError::new(1, "", "không đọc được tệp", "the file cannot be read")]);
    let rows = read.unwrap_or_else(unreadable).map_err(ReorganizationError::BadChoice)?;
    seats::read(services, name, &rows, &by(&proof.by)).await
}
