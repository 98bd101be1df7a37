//! Who am I here: the person's own data, each with its source, and their posts.

use crate::base::date::{shown, vietnam_date};
use crate::base::words::words;
use crate::http::extract::account::Account;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::position::former_units;
use crate::http::view::portal::EndedUnit;
use crate::http::view::profile::{FactKind, FactLine, PostLine, ProfilePage, Provenance, Time};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::unit::Unit;
use crate::service::Failure;
use crate::service::account::profile::{self, Fact, Profile, Source};
use crate::service::account::reports;
use axum::http::StatusCode;
use axum::response::Response;
use std::cmp::Reverse;
use time::Date;

/// `GET /account`
pub async fn get(visit: Visit) -> Response {
    let account = match visit.own_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    match view(&visit, &account).await {
        Ok(page) => visit.page(StatusCode::OK, &page, None),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn view(visit: &Visit, account: &Account) -> Result<ProfilePage, Failure> {
    let services = &visit.app.services;
    let person = &account.person.person;
    let profile = profile::look(services, &person.id).await?;
    let reports = reports::list(services, &person.id).await?;
    let today = vietnam_date(services.clock.now());
    let mut posts = Vec::new();
    for position in in_order(&person.positions, today) {
        let delegator = match &position.delegated_by {
            Some(by) => services.person(by).await?.map(|known| known.person.full_name.clone()),
            None => None,
        };
        posts.push(post(visit, &profile, position, delegator, (&account.person.units, today)));
    }
    Ok(ProfilePage {
        chrome: visit.chrome(),
        facts: facts(profile, person.username.clone()),
        posts,
        ended: ended_unit(person, &account.person.units, today),
        open_reports: reports.iter().filter(|report| report.answered_at.is_none()).count(),
    })
}

/// The unit of somebody who has no post any more, because it ended.
pub(super) fn ended_unit(person: &Person, registry: &Registry, today: Date) -> Option<EndedUnit> {
    let unit = person.unit_that_ended(registry, today)?;
    let last = unit.span.to?;
    Some(EndedUnit { name: registry.name_on(unit, last).to_owned(), last: shown(last) })
}

fn provenance(source: &Source) -> Provenance {
    Provenance { origin: source.origin.clone(), day: shown(vietnam_date(source.applied_at)) }
}

fn line(kind: FactKind, fact: Option<Fact<String>>) -> FactLine {
    let provenance = fact.as_ref().map(|fact| provenance(&fact.source));
    FactLine { kind, value: fact.map(|fact| fact.value), provenance }
}

fn facts(profile: Profile, username: String) -> Vec<FactLine> {
    let born = profile.date_of_birth.map(|fact| Fact { value: shown(fact.value), source: fact.source });
    vec![
        line(FactKind::FullName, profile.full_name),
        FactLine { kind: FactKind::Username, value: Some(username), provenance: None },
        line(FactKind::DateOfBirth, born),
        line(FactKind::PersonalNumber, profile.personal_number),
        line(FactKind::Email, profile.email),
        line(FactKind::Phone, profile.phone),
        line(FactKind::EmployeeCode, profile.employee_code),
    ]
}

fn time_of(position: &Position, today: Date) -> Time {
    if position.in_force_on(today) {
        Time::Now
    } else if position.valid_from > today {
        Time::Later
    } else {
        Time::Past
    }
}

/// Those that are held, the main one first; then those to come; then those that are over, the last one first.
fn in_order(positions: &[Position], today: Date) -> Vec<&Position> {
    let place = |position: &Position| match time_of(position, today) {
        Time::Now => 0,
        Time::Later => 1,
        Time::Past => 2,
    };
    let mut ordered: Vec<&Position> = positions.iter().filter(|position| position.was_ever_held()).collect();
    ordered.sort_by_key(|position| (place(position), !position.primary, Reverse(position.valid_from), position.id.clone()));
    ordered
}

fn post(
    visit: &Visit,
    profile: &Profile,
    position: &Position,
    delegated_by: Option<String>,
    (registry, today): (&Registry, Date),
) -> PostLine {
    let unit = registry.unit(&position.unit);
    // A post that is over keeps the name that its unit had then.
    let day = position.valid_to.filter(|last| *last < today).unwrap_or(today);
    PostLine {
        title: position.title.clone(),
        department: position.department.clone(),
        unit_name: unit.map(|unit| registry.name_on(unit, day).to_owned()).unwrap_or_default(),
        kind: position.kind,
        primary: position.primary,
        delegated_by,
        decision_no: position.decision_no.clone(),
        since: shown(position.valid_from),
        until: position.valid_to.map(shown),
        time: time_of(position, today),
        former_units: unit.map(|unit| former_units(registry, unit)).unwrap_or_default(),
        codes: unit.map(|unit| codes(visit, registry, unit, day)).unwrap_or_default(),
        provenance: profile.positions.get(&position.id).map(provenance),
    }
}

/// A code without a date says too little.
fn codes(visit: &Visit, registry: &Registry, unit: &Unit, day: Date) -> Vec<(String, String)> {
    let words = words(visit.locale);
    let dated = |code: &str| match unit.span.from {
        Some(from) => format!("{code} ({} {})", words.portal_code_from, shown(from)),
        None => code.to_owned(),
    };
    let label = |scheme: &str| match scheme {
        "agency" => words.portal_code_agency.clone(),
        "gso" => words.portal_code_gso.clone(),
        other => other.to_owned(),
    };
    registry.codes_on(unit, day).into_iter().map(|(scheme, code)| (label(scheme), dated(code))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PositionId, UnitId};
    use crate::model::position::PositionKind;
    use time::macros::date;

    #[test]
    fn posts_come_as_held_then_to_come_then_over() {
        let position = |id: &str, primary, from, to| Position {
            id: PositionId(id.to_owned()),
            unit: UnitId("u".to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        };
        let positions = [
            position("first", true, date!(2015 - 01 - 01), Some(date!(2019 - 12 - 31))),
            position("later", true, date!(2027 - 01 - 01), None),
            position("beside", false, date!(2025 - 07 - 01), None),
            position("second", true, date!(2020 - 01 - 01), Some(date!(2025 - 06 - 30))),
            position("main", true, date!(2025 - 07 - 01), None),
        ];

        let order: Vec<&str> =
            in_order(&positions, date!(2026 - 11 - 22)).into_iter().map(|position| position.id.0.as_str()).collect();

        assert_eq!(order, ["main", "beside", "later", "second", "first"]);
    }
}
