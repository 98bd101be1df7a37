//! `motlan bench-merged`: whether units and people are as the merger of 2025 leaves them, or as they were before it.
//!
//! Every row of the mapping is looked up on the last day of the districts and on the first day after them; so is everybody
//! of the crowd that `tests/long merger` brings in. What is expected is told from the files, not from the registry. Before
//! that, the crowd may be given rights, as on the last day of the districts.

mod rights;

use crate::app::cli::{CliError, Output};
use crate::base::id::{PersonId, UnitId};
use crate::model::person::Person;
use crate::model::registry::{LookUp, Registry};
use crate::model::succession::Relation;
use crate::model::unit::Unit;
use crate::model::unit_code::GSO;
use crate::service::Services;
use crate::service::registry::document;
use crate::store::{person_names, persons};
use clap::Args;
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use time::Date;
use time::macros::date;

/// The last day of the districts.
const LAST_DAY: Date = date!(2025 - 06 - 30);
/// The first day after them.
const FIRST_DAY: Date = date!(2025 - 07 - 01);
/// People that are read together.
const TOGETHER: usize = 500;
/// Mistakes that are told.
const TOLD: usize = 20;

/// What is looked at.
#[derive(Debug, Args)]
pub struct MergedArgs {
    /// The folder of the registry's files.
    #[arg(long, default_value = "data/units")]
    units: PathBuf,
    /// People of the crowd: number N works in the unit on row N of the legacy units, around and around.
    #[arg(long, default_value_t = 0)]
    people: usize,
    /// Nothing of the merger is to be there: it was rolled back, or not applied yet.
    #[arg(long)]
    before: bool,
    /// Looks at nothing: gives every fourth of the crowd a role, each unit an administrator, groups their roles, and hands
    /// some posts to others.
    #[arg(long, conflicts_with = "before")]
    give: bool,
}

/// A row of a file, by column.
type Line = HashMap<String, String>;

/// Where somebody of a legacy unit is on both days.
struct Place {
    legacy: UnitId,
    /// The unit that went on from it, where one did.
    next: Option<UnitId>,
}

/// Looks at everything, and fails when anything is otherwise.
pub async fn run(args: &MergedArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let registry = document::load(services).await?;
    let (units, mapping) = (lines(&args.units, "units_legacy.csv")?, lines(&args.units, "mapping_2025.csv")?);
    if args.give {
        return rights::give(services, args.people, (units.as_slice(), &registry), output).await;
    }
    let mut wrong: Vec<String> = mapping.iter().filter_map(|row| pair_wrong(&registry, row, args.before)).collect();
    let mut places = Vec::with_capacity(units.len());
    for unit in &units {
        match place(&registry, unit, &mapping, args.before) {
            Some(place) => places.push(place),
            None => wrong.push(format!("{}: the unit or its successor is not there", cell(unit, "gso_code"))),
        }
    }
    if places.len() == units.len() {
        wrong.extend(people_wrong(services, args, &places).await?);
    }
    if !wrong.is_empty() {
        let (count, all) = (wrong.len(), wrong.iter().take(TOLD).map(|sentence| json!({ "message": sentence })).collect());
        return Err(CliError::Refusals(all, format!("{count} things are otherwise than they should be")));
    }
    output.line(&format!("{} rows of the mapping on both days, {} people: all as it should be", mapping.len(), args.people));
    if output.json {
        output.document(&json!({ "rows": mapping.len(), "people": args.people }));
    }
    Ok(())
}

fn lines(folder: &Path, name: &str) -> Result<Vec<Line>, CliError> {
    let path = folder.join(name);
    let trouble = |error: csv::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let reader = csv::Reader::from_path(&path).map_err(trouble)?;
    reader.into_deserialize::<Line>().collect::<Result<Vec<Line>, _>>().map_err(trouble)
}

fn cell<'a>(line: &'a Line, column: &str) -> &'a str {
    line.get(column).map_or("", String::as_str)
}

/// What is otherwise about a row of the mapping; nothing when it is as it should be.
fn pair_wrong(registry: &Registry, row: &Line, before: bool) -> Option<String> {
    let (code, name, next) = (cell(row, "legacy_code"), cell(row, "legacy_name"), cell(row, "new_code"));
    let wrong = |what: &str| Some(format!("{code} -> {next}: {what}"));
    let Some(old) = registry.look_up(GSO, code, LAST_DAY).one().filter(|unit| registry.name_on(unit, LAST_DAY) == name) else {
        return wrong("the legacy unit is not there on its last day");
    };
    let successors = registry.successors(&old.id);
    if before {
        if registry.look_up(GSO, next, FIRST_DAY) != LookUp::None {
            return wrong("the new unit is there");
        }
        let any = successors.iter().any(|(_, pair)| pair.relation != Relation::Earlier);
        return if any { wrong("a pair is there") } else { None };
    }
    let is_named = |unit: &&Unit| registry.name_on(unit, FIRST_DAY) == cell(row, "new_name");
    let Some(new) = registry.look_up(GSO, next, FIRST_DAY).one().filter(is_named) else {
        return wrong("the new unit is not there on its first day");
    };
    if new.id == old.id || registry.look_up(GSO, next, LAST_DAY).one().is_some_and(|unit| unit.id == new.id) {
        return wrong("the new unit was there before its first day");
    }
    let Some((_, pair)) = successors.iter().find(|(unit, _)| unit.id == new.id) else { return wrong("the pair is not there") };
    let back = registry.predecessors(&new.id).iter().any(|(unit, _)| unit.id == old.id);
    let as_told = pair.relation.as_str() == cell(row, "relation") && pair.effective == Some(FIRST_DAY) && back;
    if as_told { None } else { wrong("the pair is told otherwise") }
}

/// Where somebody of a legacy unit belongs; nothing when one of its units is not there.
fn place(registry: &Registry, unit: &Line, mapping: &[Line], before: bool) -> Option<Place> {
    let code = cell(unit, "gso_code");
    let legacy = registry.look_up(GSO, code, LAST_DAY).one()?.id.clone();
    let mut whole = mapping.iter().filter(|row| cell(row, "legacy_code") == code && cell(row, "relation") == "whole");
    // The three provinces went into the city.
    let next = match (cell(unit, "kind"), whole.next()) {
        ("tinh" | "thanh_pho_tw", _) => Some("79"),
        (_, row) => row.map(|row| cell(row, "new_code")),
    };
    let next = match next.filter(|_| !before) {
        Some(code) => Some(registry.look_up(GSO, code, FIRST_DAY).one()?.id.clone()),
        None => None,
    };
    Some(Place { legacy, next })
}

async fn people_wrong(services: &Services, args: &MergedArgs, places: &[Place]) -> Result<Vec<String>, CliError> {
    let mut wrong = Vec::new();
    let numbers: Vec<usize> = (1..=args.people).collect();
    for some in numbers.chunks(TOGETHER) {
        let people = crowd(services, some).await?;
        for number in some {
            let theirs: Vec<&Place> = rows_of(*number, places.len()).map(|row| &places[row]).collect();
            if !people.get(number).is_some_and(|person| is_placed(person, &theirs, args.before)) {
                wrong.push(format!("{} is not in the units in which they should be", name_of(*number)));
            }
        }
    }
    Ok(wrong)
}

fn name_of(number: usize) -> String {
    format!("can.bo.{number:06}")
}

/// The rows of the units in which somebody works, of so many: one of twenty has a second post half a round further on.
fn rows_of(number: usize, rows: usize) -> impl Iterator<Item = usize> {
    let first = (number - 1) % rows;
    let second = (number % 20 == 7).then_some((number - 1 + rows / 2) % rows);
    std::iter::once(first).chain(second)
}

/// Those of the crowd with these numbers who are there, with their posts.
async fn crowd(services: &Services, numbers: &[usize]) -> Result<HashMap<usize, Person>, CliError> {
    let names: Vec<String> = numbers.iter().map(|number| name_of(*number)).collect();
    let mut conn = services.store.read().await?;
    let owners = person_names::list_owners(&mut conn, &names).await?;
    let ids: Vec<PersonId> = owners.values().map(|owner| PersonId(owner.id.clone())).collect();
    let mut people = persons::list_with_positions(&mut conn, &ids).await?;
    let named = numbers.iter().zip(&names);
    let found = named.filter_map(|(number, name)| Some((*number, people.remove(&PersonId(owners.get(name)?.id.clone()))?)));
    Ok(found.collect())
}

/// Whether somebody is in their units on the last day, and on the first day after it where these went on, or nowhere.
fn is_placed(person: &Person, places: &[&Place], before: bool) -> bool {
    let own = |on| person.positions_on(on).into_iter().filter(|held| held.delegated_by.is_none());
    let units = |on| own(on).map(|held| &held.unit).collect::<Vec<_>>();
    let was: Vec<&UnitId> = places.iter().map(|place| &place.legacy).collect();
    let goes_on = own(FIRST_DAY).all(|held| before || held.follows.is_some());
    let next = places.iter().filter_map(|place| place.next.as_ref());
    let after: Vec<&UnitId> = if before { was.clone() } else { next.collect() };
    units(LAST_DAY) == was && units(FIRST_DAY) == after && goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_twenty_works_in_two_units() {
        let rows = |number| rows_of(number, 482).collect::<Vec<_>>();
        assert_eq!((rows(1), rows(7), rows(482), rows(483)), (vec![0], vec![6, 247], vec![481], vec![0]));
        assert_eq!(rows(487), [4, 245], "around and around");
        assert_eq!((1..=1_000).filter(|number| rows(*number).len() == 2).count(), 50);
    }
}
